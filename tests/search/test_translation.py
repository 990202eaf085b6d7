"""No English is left in the search page when another language is active."""

import re

import pytest
from django.urls import reverse

from tests.factories import StepFactory, add_greek_parts
from tests.pseudo_language import (
    ACCENTED,
    assert_page_is_translated,
    pseudo_language,
)


def get(client, name, query):
    with pseudo_language():
        response = client.get(reverse(name), query)
    # The frame around it is the same on every page.
    if main := re.search(b"<main.*</main>", response.content, re.DOTALL):
        response.content = main[0]
    return response


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "ξ"},
        {"q": "ζέπελιν"},
        {"q": "οδός"},
        {"q": "βημα"},
        {"q": "βιμα"},  # a typo
        {"q": "σημείωση"},
        {"q": "νερό", "type": "resource"},
        {"q": "νερό", "type": "note"},
        {"q": "θεμα"},
        {"q": "γιατί", "type": "question"},
    ],
)
def test_the_search_page(client, greek_learner, greek, query):
    add_greek_parts(greek.steps.first())
    for who in (client, greek_learner):
        assert_page_is_translated(get(who, "search:search", query))


@pytest.mark.parametrize("kind", ["", "step"])
def test_truncated_results(greek_learner, greek, kind):
    for position in range(5, 50):
        StepFactory(roadmap=greek, position=position, title="Νερό", summary="Νερό")
    query = {"q": "νερό", "type": kind}
    response = get(greek_learner, "search:search", query)
    assert "Showing".translate(ACCENTED) in response.content.decode()
    assert_page_is_translated(response)


@pytest.mark.parametrize("text", ["", "βημα", "ζέπελιν"])
def test_the_options(greek_learner, text):
    assert_page_is_translated(get(greek_learner, "search:options", {"q": text}))
