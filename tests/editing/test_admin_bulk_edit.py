"""/admin/roadmaps/step/bulk-edit/ and the action that leads to it"""

from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from editing.admin import bulk_edit as bulk_edit_page
from editing.bulk_edit import change_steps
from progress.models import Completion
from roadmaps.models import Roadmap, Step
from tests.editing.editor import ADMIN, everything, send
from tests.factories import StepFactory, StepProgressFactory
from tests.html import read_html

LIST = f"{ADMIN}step/"
PATH = f"{LIST}bulk-edit/"


@pytest.fixture
def steps(cooking):
    """The four steps of the roadmap: boil, fry, bake, braise."""
    return list(cooking.steps.all())


@pytest.fixture
def oven(cooking):
    return cooking.sections.create(slug="oven", title="Oven")


@pytest.fixture
def open_form(admin_client):
    """Return a function that opens the page and returns what the form would send."""

    def open_form(*steps):
        answer = admin_client.get(PATH, {"steps": ids(steps)})
        form = answer.context["form"]
        return {name: form.initial[name] for name in ("steps", "version")}

    return open_form


@pytest.fixture
def save(admin_client, open_form):
    def save(*steps, **values):
        return admin_client.post(PATH, open_form(*steps) | values)

    return save


def list_of(roadmap):
    return f"{LIST}?roadmap__id__exact={roadmap.pk}"


def ids(steps):
    return ",".join(str(step.pk) for step in steps)


def columns(name):
    return list(Step.objects.order_by("position").values_list(name, flat=True))


class TestAction:
    def select(self, client, steps):
        data = {"action": "bulk_edit", "_selected_action": [step.pk for step in steps]}
        return client.post(LIST, data)

    def test_it_leads_to_the_page(self, admin_client, steps):
        answer = self.select(admin_client, steps[:2])
        assert answer.url == f"{PATH}?steps={ids(steps[:2])}"
        html = read_html(admin_client.get(answer.url))
        assert "Your changes apply to all 2 steps" in html
        assert "Boil" in html
        assert "Braise" not in html

    def test_too_many_steps_are_refused(self, admin_client, steps, monkeypatch):
        monkeypatch.setattr(bulk_edit_page, "MAX_STEPS", 3)
        answer = self.select(admin_client, steps)
        assert "Select at most 3 steps." in admin_client.get(answer.url).text

    def test_it_is_for_editors(self, sign_in_staff, steps):
        editor, publisher = sign_in_staff("Editors"), sign_in_staff("Publishers")
        assert "bulk_edit" in editor.get(LIST).text
        assert "bulk_edit" not in publisher.get(LIST).text


class TestPage:
    @pytest.mark.parametrize("value", ["", "x", "0", "9" * 30, "1,,²"])
    def test_without_steps_it_leads_to_the_list(self, admin_client, steps, value):
        for answer in (
            admin_client.get(PATH, {"steps": value}),
            admin_client.post(PATH, {"steps": value}),
        ):
            assert answer.url == LIST
        assert "Select the steps" in admin_client.get(LIST).text

    def test_it_is_for_editors(self, sign_in_staff, client, steps):
        before = everything()
        data = {"steps": ids(steps), "is_optional": "yes"}
        assert client.post(PATH, data).status_code == 302
        for staff in (sign_in_staff(), sign_in_staff("Publishers")):
            assert staff.get(PATH, {"steps": ids(steps)}).status_code == 403
            assert staff.post(PATH, data).status_code == 403
        assert everything() == before

    def test_other_methods_are_405(self, admin_client, steps):
        assert admin_client.put(PATH).status_code == 405

    def test_it_changes_nothing_and_names_nobody(self, admin_client, steps):
        user = StepProgressFactory(step=steps[0]).user
        before = everything()
        html = admin_client.get(PATH, {"steps": ids(steps)}).text
        assert user.email not in html
        assert everything() == before

    def test_queries_do_not_grow_with_the_steps(self, admin_client, steps, cooking):
        def count():
            steps = ids(cooking.steps.all())
            with CaptureQueriesContext(connection) as queries:
                admin_client.get(PATH, {"steps": steps})
            return len(queries)

        count()  # the first request stores the visit
        before = count()
        StepFactory.create_batch(10, roadmap=cooking)
        assert count() == before


class TestSave:
    def test_all_steps_get_the_values_and_others_do_not(
        self, save, steps, cooking, oven
    ):
        answer = save(
            *steps[2:],
            is_optional="yes",
            section=oven.pk,
            hours_min="2",
            hours_max="4.5",
        )
        assert answer.url == list_of(cooking)
        assert columns("is_optional") == [False, False, True, True]
        assert columns("section") == [None, None, oven.pk, oven.pk]
        assert columns("hours_max") == [None, None, Decimal("4.5"), Decimal("4.5")]

    def test_versions_and_the_log_are_recorded(
        self, save, steps, cooking, oven, admin_user
    ):
        save(*steps[2:], is_optional="yes", section=oven.pk)
        for step in steps[2:]:
            version = step.history.first()
            assert version.history_change_reason == "Bulk edit"
            assert version.history_user == admin_user
            assert version.is_optional
        assert steps[0].history.count() == 1
        assert cooking.history.first().order == [
            *("boil", "fry", "#oven", "bake", "braise")
        ]
        assert LogEntry.objects.count() == 2

    def test_an_empty_field_leaves_the_values(self, save, steps):
        Step.objects.filter(slug="fry").update(is_optional=True)
        save(*steps, hours_min="1", hours_max="1")
        assert columns("is_optional") == [False, True, False, False]

    def test_hours_are_removed(self, save, steps):
        Step.objects.update(hours_min=1, hours_max=2)
        save(*steps[:1], no_hours="on")
        assert columns("hours_min") == [None, 1, 1, 1]

    def test_a_repeat_changes_nothing(self, save, steps, admin_client):
        save(*steps, is_optional="yes")
        before = everything()
        answer = save(*steps, is_optional="yes")
        assert "Changed 0 steps." in admin_client.get(answer.url).text
        assert everything() == before

    def test_steps_of_several_roadmaps_have_no_section(
        self, save, steps, oven, admin_client
    ):
        other = StepFactory()
        both = [steps[0], other]
        html = admin_client.get(PATH, {"steps": ids(both)}).text
        assert "only for steps of one roadmap" in html
        answer = save(*both, section=oven.pk, is_optional="yes")
        assert answer.url == LIST
        assert not Step.objects.filter(section=oven).exists()
        assert Step.objects.filter(is_optional=True).count() == 2


class TestCompletions:
    def test_optional_steps_complete_it_for_those_with_nothing_left(
        self, save, steps, user
    ):
        mark = StepProgressFactory(user=user, step=steps[0])
        save(*steps[1:], is_optional="yes")
        completion = Completion.objects.get()
        assert (completion.user, completion.completed_at) == (user, mark.done_at)

    def test_required_steps_leave_completed_roadmaps_completed(
        self, save, steps, cooking, user
    ):
        Step.objects.filter(slug__in=["bake", "braise"]).update(is_optional=True)
        for step in steps[:2]:
            StepProgressFactory(user=user, step=step)
        Completion.objects.create(
            user=user, roadmap=cooking, completed_at=timezone.now()
        )
        before = list(Completion.objects.values())
        save(*steps[2:], is_optional="no")
        assert list(Completion.objects.values()) == before


class TestSections:
    def test_a_section_is_not_interrupted_by_others(self, save, steps, oven):
        before = everything()
        answer = save(steps[0], steps[2], section=oven.pk)
        assert answer.status_code == 422
        html = read_html(answer)
        assert "The steps of Oven would no longer be next to each other: Fry" in html
        assert f'<option value="{oven.pk}" selected>' in html
        assert everything() == before

    def test_a_step_from_inside_of_a_section_is_refused(self, save, steps, oven):
        Step.objects.exclude(slug="braise").update(section=oven)
        before = everything()
        assert save(steps[1], section="none").status_code == 422
        assert everything() == before
        save(steps[0], section="none")
        assert columns("section") == [None, oven.pk, oven.pk, None]

    def test_retired_steps_interrupt_nothing(self, save, steps, oven):
        Step.objects.filter(slug="fry").update(is_retired=True)
        save(steps[0], steps[2], section=oven.pk)
        assert columns("section") == [oven.pk, None, oven.pk, None]

    def test_nothing_else_is_saved_either(self, steps, oven):
        values = {"section_id": oven.pk, "is_optional": True}
        with pytest.raises(ValidationError):
            change_steps([steps[0], steps[2]], values)
        assert columns("is_optional") == [False] * 4


class TestErrors:
    @pytest.mark.parametrize(
        ("values", "field", "message"),
        [
            ({}, "__all__", "Choose what to change."),
            ({"is_optional": "x"}, "is_optional", ""),
            ({"section": "0"}, "section", ""),
            ({"hours_min": "2"}, "hours_max", "Fill in both"),
            ({"hours_max": "2"}, "hours_max", "Fill in both"),
            ({"hours_min": "3", "hours_max": "2"}, "hours_max", "the smaller"),
            ({"hours_min": "0.2", "hours_max": "2"}, "hours_min", ""),
            ({"hours_min": "two"}, "hours_min", ""),
            (
                {"hours_min": "1", "hours_max": "2", "no_hours": "on"},
                "no_hours",
                "Either remove",
            ),
        ],
    )
    def test_an_error_stands_beside_its_field_and_the_input_is_kept(
        self, save, steps, values, field, message
    ):
        before = everything()
        answer = save(*steps, **values)
        assert answer.status_code == 422
        form = answer.context["form"]
        assert list(form.errors) == [field]
        assert message in answer.text
        for name, value in values.items():
            assert form[name].value() == (True if value == "on" else value)
        assert everything() == before


class TestTwoEditors:
    def test_a_save_in_between_is_shown_first(
        self, admin_client, open_form, steps, cooking
    ):
        data = open_form(*steps) | {"is_optional": "yes"}
        send(admin_client, steps[0], title="Simmer")
        before = everything()
        answer = admin_client.post(PATH, data)
        assert answer.status_code == 422
        html = read_html(answer)
        assert "Someone else saved first" in html
        assert "Simmer" in html
        assert everything() == before
        form = answer.context["form"]
        data["version"] = form["version"].value()
        assert admin_client.post(PATH, data).url == list_of(steps[0].roadmap)
        assert columns("is_optional") == [True] * 4
        assert columns("title")[0] == "Simmer"

    def test_a_new_order_matters_only_to_sections(
        self, admin_client, open_form, steps, cooking, oven
    ):
        data = open_form(*steps)
        Roadmap.objects.record([cooking])
        answer = admin_client.post(PATH, data | {"section": oven.pk})
        assert answer.status_code == 422
        assert admin_client.post(PATH, data | {"is_optional": "yes"}).url == list_of(
            steps[0].roadmap
        )

    def test_a_deleted_step_is_shown_first(self, admin_client, open_form, steps):
        data = open_form(*steps) | {"is_optional": "yes"}
        steps[0].delete()
        answer = admin_client.post(PATH, data)
        assert "Someone else saved first" in answer.text
        data["version"] = answer.context["form"]["version"].value()
        assert admin_client.post(PATH, data).url == list_of(steps[0].roadmap)
        assert columns("is_optional") == [True] * 3

    @pytest.mark.parametrize("version", ["", "x", "-", "9-x-9", "9" * 40])
    def test_a_forged_version_is_no_error(
        self, admin_client, open_form, steps, version
    ):
        data = open_form(*steps) | {"is_optional": "yes", "version": version}
        assert admin_client.post(PATH, data).status_code in (302, 422)

    def test_it_waits_for_a_merge_in_the_background(
        self, admin_client, open_form, steps, monkeypatch
    ):
        monkeypatch.setattr(bulk_edit_page, "find_unfinished", lambda _roadmap: True)
        before = everything()
        answer = admin_client.post(PATH, open_form(*steps) | {"is_optional": "yes"})
        assert answer.status_code == 422
        assert "Another operation on the roadmap is in progress." in answer.text
        assert everything() == before


def test_the_number_of_statements_does_not_grow_with_the_steps(cooking, steps):
    counts = []
    for is_optional in (True, False):
        with CaptureQueriesContext(connection) as queries:
            others = cooking.steps.exclude(pk=steps[0].pk)  # one stays required
            change_steps(others, {"is_optional": is_optional})
        counts.append(len(queries))
        StepFactory.create_batch(5, roadmap=cooking, is_optional=True)
    assert counts[0] == counts[1]
