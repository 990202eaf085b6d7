"""Two editors at once, on a roadmap's page and on a step's."""

import re

import pytest

from roadmaps.models import Resource
from tests.editing.editor import (
    everything,
    order,
    page_of,
    resource_row,
    roadmap_form,
    send,
    step_form,
)
from tests.html import read_html

OILS = {"title": "Oils", "url": "https://example.org/oils", "kind": "docs"}


@pytest.fixture
def other(sign_in_staff):
    return sign_in_staff("Editors")


class TestStepConflict:
    def test_the_second_save_shows_what_the_first_changed(
        self, admin_client, other, fry
    ):
        opened = step_form(fry, title="Mine")
        send(other, fry, title="Theirs", body="Hot oil.")
        before = everything()
        answer = admin_client.post(page_of(fry), opened)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert "Your changes are not saved yet" in html
        assert "Please correct the error" not in html
        assert fry.history.first().history_user.email in html
        assert "<del>Theirs</del>" in html
        assert "<ins>Mine</ins>" in html
        assert "<del>Hot oil.</del>" in html
        assert 'value="Mine"' in html
        assert everything() == before

    def test_saving_again_overwrites_the_other_save(self, admin_client, other, fry):
        opened = step_form(fry, title="Mine")
        send(other, fry, title="Theirs")
        form = admin_client.post(page_of(fry), opened).context["adminform"].form
        again = opened | {"version": form["version"].value()}
        assert admin_client.post(page_of(fry), again).status_code == 302
        fry.refresh_from_db()
        assert fry.title == "Mine"
        assert [v.title for v in fry.history.all()] == ["Mine", "Theirs", "Fry"]

    def test_another_save_before_the_second_attempt_is_reported_too(
        self, admin_client, other, fry
    ):
        opened = step_form(fry, title="Mine")
        send(other, fry, title="Theirs")
        form = admin_client.post(page_of(fry), opened).context["adminform"].form
        again = opened | {"version": form["version"].value()}
        send(other, fry, title="Theirs again")
        assert "Theirs again" in admin_client.post(page_of(fry), again).content.decode()
        fry.refresh_from_db()
        assert fry.title == "Theirs again"

    @pytest.mark.parametrize("version", ["", "0", "-1", "99999999999999999999"])
    def test_a_form_without_a_valid_version_is_refused(
        self, admin_client, fry, version
    ):
        before = everything()
        answer = send(admin_client, fry, title="Mine", version=version)
        assert answer.status_code == 200
        assert everything() == before

    def test_the_conflict_shows_resources(self, admin_client, other, fry):
        opened = step_form(fry) | resource_row(0, "https://example.org/mine", "Mine")
        opened |= {"resources-TOTAL_FORMS": 1}
        theirs = resource_row(0, "https://example.org/theirs", "Theirs")
        send(other, fry, **theirs, **{"resources-TOTAL_FORMS": 1})
        html = admin_client.post(page_of(fry), opened).content.decode()
        assert "<del>Theirs (documentation) https://example.org/theirs</del>" in html
        assert "<ins>Mine (documentation) https://example.org/mine</ins>" in html

    def test_the_conflict_leaves_out_questions_that_nobody_changed(
        self, admin_client, other, fry
    ):
        fry.questions.create(question="Why?", answer="Heat.")
        opened = step_form(fry, title="Mine")
        send(other, fry, title="Theirs")
        html = read_html(admin_client.post(page_of(fry), opened))
        assert "Your changes are not saved yet" in html
        assert not re.search("<h3>Questions</h3>|<ins>Why", html)
        assert "<ins>Mine</ins>" in html

    def test_a_resource_that_they_deleted_can_be_saved_again(
        self, admin_client, other, fry
    ):
        Resource.objects.create(step=fry, **OILS)
        fry.save()
        opened = step_form(fry, title="Mine")
        send(other, fry, **{"resources-0-DELETE": "on"})
        form = admin_client.post(page_of(fry), opened).context["adminform"].form
        again = opened | {"version": form["version"].value()}
        assert admin_client.post(page_of(fry), again).status_code == 302
        assert fry.resources.get().title == "Oils"

    def test_retiring_counts_as_a_save(self, admin_client, other, fry):
        opened = step_form(fry, title="Mine")
        other.post(page_of(fry, "retire"))
        html = read_html(admin_client.post(page_of(fry), opened))
        assert "· Retired" in html

    def test_an_error_is_shown_beside_the_question(self, admin_client, other, fry):
        opened = step_form(fry, title="")
        send(other, fry, title="Theirs")
        html = read_html(admin_client.post(page_of(fry), opened))
        assert "Which version do you want to keep?" in html
        assert "Please correct the errors below." in html
        assert "This field is required." in html


class TestRoadmapConflict:
    def test_the_conflict_shows_the_order(self, admin_client, other, cooking):
        ids = list(cooking.steps.values_list("pk", flat=True))
        opened = roadmap_form(cooking, order=ids[::-1])
        send(other, cooking, order=[*ids[1:], ids[0]])
        before = everything()
        html = admin_client.post(page_of(cooking), opened).content.decode()
        assert "Which version do you want to keep?" in html
        assert "Please correct the error" not in html
        assert "<del>bake</del>" in html
        assert everything() == before

    def test_saving_again_overwrites_the_other_save(self, admin_client, other, cooking):
        ids = list(cooking.steps.values_list("pk", flat=True))
        opened = roadmap_form(cooking, order=ids[::-1])
        send(other, cooking, title="Theirs")
        form = admin_client.post(page_of(cooking), opened).context["adminform"].form
        again = opened | {"version": form["version"].value()}
        assert admin_client.post(page_of(cooking), again).status_code == 302
        assert order(cooking) == ["braise", "bake", "fry", "boil"]

    def test_a_step_that_was_added_since_is_listed(
        self, admin_client, other, cooking, fry
    ):
        opened = roadmap_form(cooking, title="Mine")
        new = {"title": "Sear", "slug": "sear", "summary": "Hot."}
        other.post(page_of(fry, "split"), new)
        before = everything()
        html = admin_client.post(page_of(cooking), opened).content.decode()
        assert "were not saved" in html
        assert "<bdi>Sear</bdi></a>" in html
        assert 'value="Mine"' in html
        assert everything() == before

    def test_a_double_click_is_not_a_conflict(self, admin_client, cooking, fry):
        opened = roadmap_form(cooking, place=f"{fry.pk}:1")
        for _ in range(2):
            assert admin_client.post(page_of(cooking), opened).status_code == 302
        assert order(cooking) == ["fry", "boil", "bake", "braise"]
        assert cooking.history.first().history_type == "~"
