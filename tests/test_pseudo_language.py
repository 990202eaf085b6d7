"""The pseudo-language shows what is translated, and finds what is not."""

import pytest
from django.http import HttpResponse
from django.utils.translation import gettext, ngettext, pgettext

from tests.pseudo_language import assert_page_is_translated, pseudo_language


def test_translated_strings_come_in_brackets_and_with_accents():
    with pseudo_language():
        assert gettext("Mark %(title)s done") == "⟦Ɱåřķ %(title)s đöñé⟧"
        assert ngettext("%(n)s step", "%(n)s steps", 2) == "⟦%(n)s šţéþš⟧"
        assert pgettext("verb", "Open") == "⟦Öþéñ⟧"
    assert gettext("Mark %(title)s done") == "Mark %(title)s done"


@pytest.mark.parametrize(
    "html",
    [
        "<p>⟦Ñö⟧ <b>step</b></p>",
        "<p>⟦Ñö šţéþ⟧s</p>",
        '<p aria-label="Next">⟦Ñö⟧</p>',
        '<p data-message="Not saved.">⟦Ñö⟧</p>',
        '<input type="submit" value="Save">⟦Ñö⟧',
        '<meta name="description" content="All roadmaps">⟦Ñö⟧',
        "<p>Βήμα</p>",
    ],
)
def test_a_bare_string_is_found(html):
    with pytest.raises(AssertionError):
        assert_page_is_translated(HttpResponse(html))


def test_code_addresses_and_expected_names_may_stay():
    html = '<a title="⟦Ñö⟧" data-state="done">GitHub</a> <code>git</code> a@example.org'
    assert_page_is_translated(HttpResponse(html), "GitHub")
