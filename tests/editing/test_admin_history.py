"""/admin/roadmaps/…/history/ and …/history/<version>/"""

from datetime import date

import pytest

from editing.diff import get_values
from roadmaps.models import Resource, Roadmap, Step, Topic
from tests.editing.editor import ADMIN, everything, order, page_of, send
from tests.factories import StepFactory, StepProgressFactory, UserFactory
from tests.html import read_html

OILS = {"title": "Oils", "url": "https://example.org/oils", "kind": "docs"}


def html_of(client, content, *more):
    return client.get(page_of(content, "history", *more)).content.decode()


def version(content, number):
    """Return the version with that number, from the first."""
    return str(content.history.order_by("history_id")[number].history_id)


def restore(client, content, number, **answer):
    path = page_of(content, "history", version(content, number))
    return client.post(path, answer)


class TestHistory:
    def test_it_shows_who_changed_which_lines(self, admin_client, admin_user, fry):
        send(admin_client, fry, body="One.\nTwo.\nThree.")
        send(admin_client, fry, body="One.\nTwo!\nThree.\n<b>Four</b>")
        html = html_of(admin_client, fry)
        assert admin_user.email in html
        assert "<del>Two.</del>" in html
        assert "<ins>Two!</ins>" in html
        assert "<ins>&lt;b&gt;Four&lt;/b&gt;</ins>" in html
        assert "<del>One.</del>" not in html

    def test_it_shows_resources_and_flags(self, admin_client, fry):
        Resource.objects.create(step=fry, **OILS)
        send(admin_client, fry, is_optional="on")
        html = html_of(admin_client, fry)
        assert "<ins>Oils (documentation) https://example.org/oils</ins>" in html
        assert "<del>No</del>" in html

    def test_it_shows_a_new_order(self, admin_client, cooking):
        ids = list(cooking.steps.values_list("pk", flat=True))
        send(admin_client, cooking, order=ids[::-1])
        html = html_of(admin_client, cooking)
        assert "Order of the steps" in html
        assert "<del>fry</del>" in html

    def test_it_shows_the_history_of_deleted_content(self, admin_client, fry):
        path = page_of(fry, "history")
        fry.delete()
        html = admin_client.get(path).content.decode()
        assert "Deleted" in html
        assert "Restore" not in html

    def test_it_is_divided_into_pages(self, admin_client, fry):
        for number in range(21):
            fry.title = f"Fry {number}"
            fry.save()
        html = html_of(admin_client, fry)
        assert "Page 1 of 2" in html
        # The last version on a page is compared with the first on the next page.
        assert "<del>Fry 0</del>" in html
        older = admin_client.get(page_of(fry, "history"), {"p": 2}).content.decode()
        assert "First version" in older

    def test_it_is_read_in_a_few_queries(self, admin_client, fry, assert_max_queries):
        for number in range(15):
            fry.title = f"Fry {number}"
            fry.save()
        html_of(admin_client, fry)  # the first page of a session prolongs it
        with assert_max_queries(6):
            html_of(admin_client, fry)

    def test_a_step_without_a_version_says_so(self, admin_client, fry):
        fry.history.all().delete()
        assert "There are no versions yet." in html_of(admin_client, fry)

    @pytest.mark.parametrize("pk", ["999", "abc", "1_7C", f"{10**30}"])
    def test_an_unknown_version_is_404(self, admin_client, db, pk):
        assert admin_client.get(f"{ADMIN}step/{pk}/history/").status_code == 404

    def test_it_needs_the_permission_to_view(self, sign_in_staff, client, fry):
        assert sign_in_staff("Editors").get(page_of(fry, "history")).status_code == 200
        assert sign_in_staff().get(page_of(fry, "history")).status_code == 403
        assert client.get(page_of(fry, "history")).status_code == 302


class TestRestoring:
    def test_it_shows_what_it_would_change(self, admin_client, fry):
        fry.title = "Sear"
        fry.save()
        before = everything()
        html = html_of(admin_client, fry, version(fry, 0))
        assert "<del>Sear</del>" in html
        assert "<ins>Fry</ins>" in html
        assert everything() == before

    def test_a_step_is_restored_with_its_html_and_resources(
        self, admin_client, admin_user, fry
    ):
        Resource.objects.create(step=fry, **OILS)
        fry.body = "## Hot"
        fry.save()
        fry.body, fry.title = "Cold", "Chill"
        fry.save()
        fry.resources.all().delete()
        Step.objects.record([fry])
        answer = restore(admin_client, fry, 1)
        assert answer.url == page_of(fry, "history")
        fry.refresh_from_db()
        assert (fry.title, fry.html["body"]) == ("Fry", "<h2>Hot</h2>\n")
        assert fry.resources.get().url == OILS["url"]
        newest = fry.history.first()
        assert newest.history_user == admin_user
        assert newest.history_change_reason.startswith("Restored the version of ")
        rest = {"publisher": "", "role": "", "minutes": None}
        assert newest.resources == [OILS | rest]

    def test_all_texts_and_parts_of_a_step_are_restored(self, admin_client, fry):
        fry.why, fry.hints, fry.hours_min, fry.hours_max = "Hot.", ["Oil."], 1, 2
        fry.needs, fry.checked_on = ["cooking/boil"], date(2026, 11, 29)
        fry.questions.create(question="Why?", answer="Heat.")
        fry.done_when.create(text="fry an egg")
        fry.topics.create(slug="oil", title="Oil", text="Which one.")
        fry.save()
        values = get_values(fry)
        Step.objects.filter(pk=fry.pk).update(
            why="", hints=[], hours_min=None, hours_max=None, needs=[], checked_on=None
        )
        for part in (fry.questions, fry.done_when):
            part.all().delete()
        Topic.objects.update(title="Fat", slug="fat")
        fry.topics.create(slug="pan", title="Pan")
        assert "Hot." in html_of(admin_client, fry, version(fry, 1))
        restore(admin_client, fry, 1)
        fry.refresh_from_db()
        oil, pan = fry.topics.all()
        assert (oil.title, oil.slug) == ("Oil", "fat")  # it is the same topic
        assert (pan.title, pan.is_retired) == ("Pan", True)
        ignored = {"topics": None}
        assert get_values(fry) | ignored == values | ignored
        assert fry.questions.get().answer_html == "<p>Heat.</p>\n"

    def test_the_sections_of_a_roadmap_are_restored(self, admin_client, cooking, fry):
        section = cooking.sections.create(slug="heat", title="Heat")
        cooking.steps.update(section=section)
        cooking.save()
        before = get_values(cooking)
        assert before["order"][0] == "#heat"
        section.delete()
        cooking.save()
        restore(admin_client, cooking, cooking.history.count() - 2)
        cooking.refresh_from_db()
        assert get_values(cooking) == before

    def test_slug_position_and_retirement_are_not_restored(
        self, admin_client, cooking, fry
    ):
        Step.objects.filter(pk=fry.pk).update(is_retired=True, title="Sear")
        restore(admin_client, fry, 0)
        fry.refresh_from_db()
        assert (fry.title, fry.is_retired, fry.slug) == ("Fry", True, "fry")
        assert order(cooking) == ["boil", "fry", "bake", "braise"]

    def test_a_ticked_step_asks_whether_its_meaning_changed(self, admin_client, fry):
        StepProgressFactory(step=fry)
        fry.body = "Other."
        fry.save()
        before = everything()
        answer = restore(admin_client, fry, 0)
        assert "Has the step’s meaning changed?" in answer.content.decode()
        assert everything() == before
        restore(admin_client, fry, 0, meaning="yes")
        fry.refresh_from_db()
        assert fry.body == ""
        assert fry.revised_at

    def test_restoring_the_current_content_records_no_version(self, admin_client, fry):
        StepProgressFactory(step=fry)
        before = everything()
        assert restore(admin_client, fry, 0).status_code == 302
        assert everything() == before
        assert "nothing to restore" in html_of(admin_client, fry, version(fry, 0))

    def test_a_roadmap_is_restored_with_its_order(self, admin_client, cooking):
        number = cooking.history.count() - 1
        send(admin_client, cooking, title="Other", position=9)
        cooking.reorder_steps([*cooking.steps.values_list("pk", flat=True)][::-1])
        StepFactory(roadmap=cooking, slug="steam", position=2)
        cooking.steps.get(slug="boil").delete()
        Roadmap.objects.record([cooking])
        restore(admin_client, cooking, number)
        cooking.refresh_from_db()
        assert (cooking.title, cooking.position) == ("Cooking", 9)
        assert order(cooking) == ["fry", "bake", "braise", "steam"]
        assert cooking.history.first().order == order(cooking)

    def test_it_does_not_publish(self, sign_in_staff, cooking):
        cooking.is_published = False
        cooking.save()
        restore(sign_in_staff("Editors"), cooking, 0)
        cooking.refresh_from_db()
        assert not cooking.is_published

    def test_it_shows_a_roadmap_to_no_more_people(self, sign_in_staff, cooking):
        cooking.visibility = "groups"
        cooking.save()
        restore(sign_in_staff("Editors"), cooking, 0)
        cooking.refresh_from_db()
        assert cooking.visibility == "groups"

    def test_it_says_in_words_who_can_see_a_roadmap(self, admin_client, cooking):
        cooking.visibility = "signed-in"
        cooking.save()
        html = read_html(admin_client.get(page_of(cooking, "history")))
        assert "Who can see it" in html
        assert "Everybody who is signed in" in html

    def test_another_steps_version_is_404(self, admin_client, cooking, fry):
        other = version(cooking.steps.get(slug="boil"), 0)
        before = everything()
        for method in (admin_client.get, admin_client.post):
            assert method(page_of(fry, "history", other)).status_code == 404
        assert everything() == before

    def test_it_is_for_editors(self, sign_in_staff, signed_in, fry):
        fry.title = "Sear"
        fry.save()
        before = everything()
        assert restore(sign_in_staff(), fry, 0).status_code == 403
        assert restore(signed_in, fry, 0).status_code in (302, 403)
        assert everything() == before


def test_the_version_of_a_deleted_editor_names_nobody(admin_client, fry):
    editor = UserFactory()
    fry.title = "Sear"
    fry.save()
    Step.objects.record([fry], user=editor)
    editor.delete()
    assert editor.email not in html_of(admin_client, fry)
