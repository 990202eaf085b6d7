"""POST /roadmaps/<roadmap>/<step>/: the private note"""

import re

import pytest
from django.test import Client

from progress.notes import MAX_NOTE_LENGTH, Note
from roadmaps.markdown import HTML_VERSION
from tests.factories import NoteFactory, StepFactory, UserFactory
from tests.html import read_html
from tests.progress.test_mark import HTMX


@pytest.fixture
def step(db):
    return StepFactory(slug="caching", title="Caching")


@pytest.fixture
def open_page(signed_in, step):
    """Returns a function that opens the page, and returns one that saves a note."""

    def open_page(client=signed_in):
        html = read_html(client.get(step.get_absolute_url()))
        fields = {
            name: re.search(f'name="{name}" value="([^"]*)"', html)[1]
            for name in ("page", "base")
        }

        def save(text, headers=HTMX, **more):
            data = {**fields, "text": text, **more}
            return client.post(step.get_absolute_url(), data, headers=headers)

        save.html = html
        return save

    return open_page


def text():
    return Note.objects.values_list("text", flat=True).first()


class TestSaving:
    def test_it_is_saved_and_shown(self, open_page):
        response = open_page()("Read **RFC 9111**")
        assert "Saved at" in read_html(response)
        assert text() == "Read **RFC 9111**"
        assert "Read **RFC 9111**" in open_page().html

    def test_a_plain_form_returns_to_the_note(self, open_page, signed_in, step):
        response = open_page()("Read", headers={})
        assert response.url == f"{step.get_absolute_url()}?saved=1#step_note"
        assert ">Saved</p>" in read_html(signed_in.get(response.url))
        assert text() == "Read"

    def test_one_page_may_save_many_times(self, open_page):
        save = open_page()
        for words in ("R", "Re", "Read"):
            assert save(words).status_code == 200
        assert text() == "Read"

    @pytest.mark.parametrize("empty", [" \n", "\u200b\u3164"])
    def test_an_empty_note_is_deleted(self, open_page, empty):
        save = open_page()
        save("Read")
        assert save(empty).status_code == 200
        assert not Note.objects.exists()

    def test_a_line_break_counts_as_one_character(self, open_page):
        open_page()("\r\n" * MAX_NOTE_LENGTH)
        save = open_page()
        assert save("a\r\n" * (MAX_NOTE_LENGTH // 2)).status_code == 200
        assert text().startswith("a\na")

    def test_it_is_private(self, open_page, step, user):
        open_page()("Mine")
        stranger = Client()
        stranger.force_login(UserFactory())
        assert "Mine" not in open_page(stranger).html
        open_page(stranger)("Theirs")
        assert Note.objects.get(user=user).text == "Mine"


class TestRendering:
    TEXT = "one\ntwo\n\n- [x] https://example.org"

    def test_it_is_converted_when_it_is_saved(self, open_page):
        open_page()(self.TEXT)
        note = Note.objects.get()
        assert note.html_version == HTML_VERSION
        assert "<p>one<br>\ntwo</p>" in note.html
        assert "☑</span> <a" in note.html

    def test_the_stored_html_is_shown(self, open_page, signed_in):
        open_page()(self.TEXT)
        Note.objects.update(html="<p>stored</p>")
        assert "<p>stored</p>" in read_html(signed_in.get("/progress/"))

    @pytest.mark.parametrize("path", ["/progress/", "{roadmap}?notes=1"])
    def test_html_of_another_version_is_replaced(
        self, open_page, signed_in, step, path
    ):
        open_page()(self.TEXT)
        before = Note.objects.get()
        Note.objects.update(html="<p>old</p>", html_version=HTML_VERSION + 1)
        page = signed_in.get(path.format(roadmap=step.roadmap.get_absolute_url()))
        assert "<p>old</p>" not in read_html(page)
        assert "<p>one<br>" in read_html(page)
        after = Note.objects.get()
        assert (after.html, after.html_version) == (before.html, HTML_VERSION)
        assert after.saved_at == before.saved_at

    def test_html_of_a_text_that_was_replaced_meanwhile_is_not_stored(self, user, step):
        old = NoteFactory(user=user, step=step, text="old")
        old.html_version = 0
        Note.objects.write(user, step.pk, "new", "a page", old.version)
        assert old.get_html() == "<p>old</p>\n"
        assert Note.objects.get().get_html() == "<p>new</p>\n"

    def test_a_note_that_is_too_complex_is_shown_as_it_was_typed(
        self, open_page, signed_in
    ):
        open_page()("| a |\n| - |\n" * 1_500)
        assert "| a |<br>| - |<br>" in read_html(signed_in.get("/progress/"))


class TestTwoPages:
    def test_the_second_page_gets_both_texts_and_overwrites_nothing(self, open_page):
        here, there = open_page(), open_page()
        there("Written there")
        response = here("Written here")
        assert response.status_code == 409
        assert "Written there" in read_html(response)
        assert text() == "Written there"

    def test_it_asks_again_until_the_person_has_chosen(self, open_page):
        here, there = open_page(), open_page()
        there("Written there")
        here("Written here")
        assert here("Written here, too").status_code == 409

    def test_the_person_may_overwrite_the_other_text(self, open_page):
        here, there = open_page(), open_page()
        there("Written there")
        html = read_html(here("Written here"))
        version = re.search('name="over" value="([^"]+)"', html)[1]
        assert here("Both", over=version).status_code == 200
        assert text() == "Both"

    def test_without_javascript_both_texts_are_on_the_page(self, open_page):
        here, there = open_page(), open_page()
        there("Written there")
        response = here("Written here", headers={})
        html = read_html(response)
        assert response.status_code == 409
        assert "Written here</textarea>" in html
        assert "<pre>Written there</pre>" in html


class TestRefusal:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize(
        ("text", "reason"),
        [("a" * (MAX_NOTE_LENGTH + 1), "at most 20000"), ("a\x00b", "Null characters")],
    )
    def test_it_says_why_and_shows_the_text_again(
        self, open_page, text, reason, headers
    ):
        response = open_page()(text, headers=headers)
        html = read_html(response)
        assert response.status_code == 422
        assert "Not saved." in html
        assert reason in html
        assert not Note.objects.exists()
        if not headers:
            assert "a" in re.search("<textarea.*?>(.*?)</textarea>", html, re.S)[1]

    def test_a_request_without_a_page_is_422(self, signed_in, step):
        response = signed_in.post(step.get_absolute_url(), {"text": "x"}, headers=HTMX)
        assert response.status_code == 422

    def test_a_person_who_signed_out_is_sent_to_sign_in(self, client, step):
        path = step.get_absolute_url()
        assert client.post(path, {"text": "x"}, headers=HTMX).status_code == 401
        assert client.post(path, {"text": "x"}).url.startswith("/accounts/login/")

    def test_a_page_opened_by_another_person_cannot_write(self, open_page, user):
        save = open_page()
        assert save("Mine", owner=user.pk).status_code == 200
        assert save("Theirs", owner=UserFactory().pk).status_code == 403
        assert text() == "Mine"

    def test_another_site_cannot_write(self, user, step):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        response = client.post(step.get_absolute_url(), {"text": "x", "page": "p"})
        assert response.status_code == 403
