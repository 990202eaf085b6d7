"""Dry runs of an import, and what the import then changes."""

import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from editing.subsequence import find_longest_ascending
from editing.yaml_format.importer import StalePlanError, import_roadmap
from editing.yaml_format.plan import compare
from editing.yaml_format.schema import read
from progress.models import Completion, StepProgress
from progress.notes import Note
from roadmaps.models import Resource, Roadmap, Step
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
)

pytestmark = pytest.mark.django_db

HEAD = """\
slug: cooking
title: Cooking
category: Household
icon: 🍳
summary: From water to dinner.
steps:
"""
LINK = """\
    resources:
      - title: Eggs, a Standard
        url: https://example.org/eggs
        kind: docs
"""


def step(slug, *more, title=None):
    title = title or slug.title()
    lines = [f"  - slug: {slug}", f"    title: {title}", "    summary: Do it."]
    return "\n".join([*lines, *(f"    {line}" for line in more)]) + "\n"


ABC = step("boil"), step("fry"), step("bake")


@pytest.fixture
def write(tmp_path):
    def write(*steps, head=HEAD):
        path = tmp_path / "cooking.yaml"
        path.write_text(head + "".join(steps))
        return path

    return write


@pytest.fixture
def import_file(write):
    def import_file(*steps, head=HEAD, **options):
        out = StringIO()
        call_command("import_roadmap", write(*steps, head=head), stdout=out, **options)
        return out.getvalue()

    return import_file


def stored():
    tables = Roadmap, Step, Resource, StepProgress, Note
    rows = [list(table.objects.order_by("pk").values()) for table in tables]
    return [*rows, Step.history.count(), Roadmap.history.count()]


def order():
    return list(Step.objects.values_list("slug", flat=True))


EDITS = {
    "added": (
        (step("steam"), *ABC),
        "cooking: 1 step added, 3 steps unchanged\n  added        1. Steam (steam)\n",
    ),
    "renamed": (
        (step("boil-water", "was: boil"), *ABC[1:]),
        "cooking: 1 step renamed, 1 step changed, 2 steps unchanged\n"
        "  renamed      boil → boil-water\n"
        "  changed      boil-water: title\n",
    ),
    "reordered": (
        (ABC[2], *ABC[:2]),
        "cooking: 1 step reordered, 2 steps unchanged\n  reordered    bake: 3 → 1\n",
    ),
    "changed": (
        (step("boil", "optional: true", "body: Hot!"), *ABC[1:]),
        "cooking: 1 step changed, 2 steps unchanged\n"
        "  changed      boil: optional, body\n",
    ),
    "with other resources": (
        (ABC[0] + LINK, *ABC[1:]),
        "cooking: 1 step changed, 2 steps unchanged\n  changed      boil: resources\n",
    ),
    "with a new meaning": (
        (step("boil", "body: Hot!", "new_meaning: true"), *ABC[1:]),
        "cooking: 1 step changed, 2 steps unchanged\n"
        "  changed      boil: body, meaning changed\n",
    ),
    "retired by its absence": (
        ABC[:2],
        "cooking: 1 step retired, 2 steps unchanged\n  retired      bake\n",
    ),
    "retired by its key": (
        (ABC[0], step("fry", "retired: true"), ABC[2]),
        "cooking: 1 step retired, 2 steps unchanged\n  retired      fry\n",
    ),
    "all at once": (
        (step("stew"), ABC[2], step("boil-it", "was: boil", title="Boil")),
        "cooking: 1 step added, 1 step renamed, 1 step reordered, "
        "1 step retired\n"
        "  added        1. Stew (stew)\n"
        "  renamed      boil → boil-it\n"
        "  reordered    bake: 3 → 2\n"
        "  retired      fry\n",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
class TestEdits:
    @pytest.fixture(autouse=True)
    def progress_and_notes(self, import_file, user):
        import_file(*ABC)
        for own in Step.objects.all():
            StepProgressFactory(step=own, user=user)
            NoteFactory(step=own, user=user)

    def test_the_dry_run_lists_it_and_the_import_does_it_once(self, import_file, edit):
        steps, expected = EDITS[edit]
        before = stored()
        assert import_file(*steps, dry_run=True) == expected + "Nothing was changed.\n"
        assert stored() == before
        assert import_file(*steps) == expected.splitlines(keepends=True)[0]
        after = stored()
        assert after[3:5] == before[3:5]  # progress and notes
        assert "unchanged\n" in import_file(*steps)
        assert stored() == after


class TestStoredRows:
    def test_a_renamed_step_keeps_its_primary_key(self, import_file):
        import_file(*ABC)
        pk = Step.objects.get(slug="boil").pk
        import_file(step("boil-water", "was: boil"), *ABC[1:])
        assert Step.objects.get(slug="boil-water").pk == pk
        assert Step.objects.count() == 3

    def test_references_are_updated_after_a_rename(self, import_file):
        import_file(*ABC)
        referring = StepFactory(same_as="cooking/boil")
        renamed = step("boil-water", "was: boil", title="Boil")
        assert (
            f"updated      {referring.roadmap.slug}/{referring.slug}: same_as"
            in import_file(renamed, *ABC[1:], dry_run=True)
        )
        import_file(renamed, *ABC[1:])
        referring.refresh_from_db()
        assert referring.same_as == "cooking/boil-water"
        assert referring.history.count() == 2

    def test_making_a_done_step_required_again_can_complete(self, import_file):
        optional = step("boil", "optional: true", title="Boil")
        import_file(optional, *ABC[1:])
        done, *others = Step.objects.all()
        user = StepProgressFactory(step=done).user
        for other in others:
            StepProgressFactory(step=other, user=user, state="skipped")
        import_file(*ABC)
        assert Completion.objects.get().user == user

    def test_a_new_roadmap_may_have_steps_with_old_slugs(self, import_file):
        import_file(step("boil-water", "was: boil"))
        assert order() == ["boil-water"]

    def test_a_step_is_brought_back_in_its_place(self, import_file):
        import_file(*ABC)
        import_file(ABC[0], ABC[2])
        assert "1 step brought back" in import_file(*ABC)
        assert order() == ["boil", "fry", "bake"]

    def test_only_moved_steps_get_a_new_position(self, import_file):
        import_file(*ABC)
        before = Step.history.count()
        import_file(ABC[1], ABC[0], ABC[2])
        assert order() == ["fry", "boil", "bake"]
        assert list(Step.objects.values_list("position", flat=True)) == [1, 2, 3]
        assert Step.history.count() == before
        assert Roadmap.history.first().order == ["fry", "boil", "bake"]

    def test_steps_missing_from_the_file_come_last_when_others_move(self, import_file):
        import_file(*ABC)
        import_file(ABC[2], ABC[1])
        assert order() == ["bake", "fry", "boil"]

    def test_an_unchanged_body_is_not_rendered_again(self, import_file):
        import_file(step("boil", "body: Hot!"))
        Step.objects.update(html={"body": "kept"})
        import_file(step("boil", "body: Hot!", title="Boiling"))
        assert Step.objects.get().html["body"] == "kept"
        import_file(step("boil", "body: Hotter!", title="Boiling"))
        assert Step.objects.get().html["body"] == "<p>Hotter!</p>\n"

    def test_a_step_that_is_brought_back_is_new(self, import_file):
        import_file(*ABC)
        import_file(ABC[0], ABC[2])
        before = timezone.now()
        import_file(*ABC)
        assert Step.objects.get(slug="fry").added_at > before

    def test_making_the_last_step_optional_completes(self, import_file, user):
        import_file(*ABC)
        for own in Step.objects.exclude(slug="bake"):
            last = StepProgressFactory(step=own, user=user)
        import_file(ABC[0], ABC[1], step("bake", "optional: true"))
        assert Completion.objects.get().completed_at == last.done_at

    def test_retiring_the_last_step_completes(self, import_file, user):
        import_file(*ABC)
        for own in Step.objects.exclude(slug="bake"):
            StepProgressFactory(step=own, user=user)
        import_file(*ABC[:2])
        assert Completion.objects.get().user == user

    def test_a_new_meaning_needs_the_key_and_a_changed_text(self, import_file):
        import_file(*ABC)
        import_file(step("boil", "body: Hot!"))
        assert Step.objects.get(slug="boil").revised_at is None
        import_file(step("boil", "body: Hot!", "new_meaning: true"))
        assert Step.objects.get(slug="boil").revised_at is None
        import_file(step("boil", "body: Cold!", "new_meaning: true"))
        assert Step.objects.get(slug="boil").revised_at

    def test_the_roadmaps_own_fields_are_imported(self, import_file):
        import_file(*ABC)
        head = HEAD.replace("title: Cooking", "title: Cooking for Two")
        out = import_file(*ABC, head=head, dry_run=True)
        assert out.startswith(
            "cooking: title changed, 3 steps unchanged\n"
            "  title: Cooking → Cooking for Two\n"
        )
        import_file(*ABC, head=head)
        assert Roadmap.objects.get().title == "Cooking for Two"

    def test_each_change_is_a_version_that_names_the_file(self, import_file):
        import_file(*ABC)
        import_file(step("boil", title="Boiling"), *ABC[1:])
        newest = Step.objects.get(slug="boil").history.first()
        assert newest.history_change_reason == "Imported from cooking.yaml"
        assert Step.history.count() == 4
        assert Roadmap.history.count() == 1


class TestInvalidOldSlugs:
    @pytest.mark.parametrize(
        ("steps", "expected"),
        [
            (
                (step("stew", "was: grill"), *ABC),
                ":10:5: was: cooking has no step grill. Remove this line if stew",
            ),
            (
                (step("fry", "was: boil"), ABC[2]),
                ":10:5: was: boil can’t be renamed to fry, because another step",
            ),
            (
                (step("stew", "was: boil"), *ABC),
                ":10:5: was: boil is still the slug of a step in this file.",
            ),
            (
                (step("boil", "was: boil"),),
                ":10:5: was: boil is still the slug of a step in this file.",
            ),
            (
                (step("a", "was: boil"), step("b", "was: boil")),
                ":14:5: was: Step 1 already says that it was boil.",
            ),
            (
                (step("a", "was: b"), step("b", "was: boil")),
                ":10:5: was: b is still the slug of a step in this file.",
            ),
            ((step("a", "was: Boil It"),), ":10:5: was: Use only a to z, 0 to 9"),
        ],
    )
    def test_it_is_reported_and_changes_nothing(
        self, import_file, write, steps, expected
    ):
        import_file(*ABC)
        before = stored()
        with pytest.raises(CommandError) as error:
            import_file(*steps)
        assert f"{write()}{expected}" in str(error.value)
        assert stored() == before

    def test_all_problems_are_reported_at_once(self, import_file):
        import_file(*ABC)
        with pytest.raises(CommandError) as error:
            import_file(step("stew", "was: grill"), step("steam", "was: roast"))
        assert str(error.value).count("cooking has no step") == 2


def make_steps(count, sign):
    link = LINK.replace("Eggs", f"Eggs{sign}")
    return [step(f"s-{n}", f"body: Do{sign}") + link for n in range(count)]


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda n: make_steps(n, "!"), id="every body and resource"),
        pytest.param(lambda n: [*make_steps(n, "?")[:0:-1], *ABC], id="much of it"),
        pytest.param(
            lambda n: [step(f"x-{i}", f"was: s-{i}") for i in range(n)], id="all slugs"
        ),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_steps(import_file, edit):
    def queries(count):
        Step.objects.all().delete()
        import_file(*make_steps(count, ""))
        with CaptureQueriesContext(connection) as captured:
            import_file(*edit(count))
        return len(captured)

    assert queries(120) == queries(12) <= 28


@pytest.mark.parametrize(
    ("indexes", "unmoved"),
    [
        ([], set()),
        ([0, 1, 2], {0, 1, 2}),
        ([2, 0, 1], {0, 1}),
        ([3, 1, 2, 0], {1, 2}),
        ([1, 0], {0}),
        ([0, 4, 1, 2, 3, 9, 5, 6], {0, 1, 2, 3, 5, 6}),
    ],
)
def test_as_few_steps_as_possible_move(indexes, unmoved):
    assert find_longest_ascending(indexes) == unmoved


def test_publishing_is_withheld_without_the_permission(write):
    public = HEAD.replace("steps:", "published: true\nsteps:")
    plan = compare(read(write(*ABC, head=public)), may_publish=False)
    assert plan.is_publishing_withheld
    assert not plan.file.published
    plan = compare(read(write(*ABC)), may_publish=False)
    assert not plan.is_publishing_withheld


@pytest.mark.parametrize(
    ("before", "after", "planned"),
    [
        ("groups", "public", "groups"),
        ("groups", "signed-in", "groups"),
        ("signed-in", "groups", "groups"),
        ("public", "groups", "groups"),
        ("groups", "groups", "groups"),
    ],
)
def test_more_people_see_it_only_with_the_permission(
    import_file, write, before, after, planned
):
    import_file(*ABC)
    Roadmap.objects.update(visibility=before)
    head = HEAD.replace("steps:", f"visibility: {after}\nsteps:")
    file = read(write(*ABC, head=head))
    plan = compare(file, may_publish=False)
    assert plan.file.visibility == planned
    assert plan.is_widening_withheld == (planned != after)
    assert compare(file).file.visibility == after


def test_a_new_roadmap_has_the_visibility_of_its_file_without_the_permission(write):
    head = HEAD.replace("steps:", "visibility: groups\nsteps:")
    plan = compare(read(write(*ABC, head=head)), may_publish=False)
    assert plan.file.visibility == "groups"
    assert not plan.is_widening_withheld


class TestConcurrency:
    def test_an_import_of_an_outdated_plan_is_refused(self, import_file, write):
        import_file(*ABC)
        seen = compare(read(write(*ABC[:2]))).fingerprint
        Step.objects.filter(slug="boil").update(summary="Do it well.")
        before = stored()
        with pytest.raises(StalePlanError):
            import_roadmap(read(write(*ABC[:2])), fingerprint=seen)
        assert stored() == before

    @pytest.mark.django_db(transaction=True)
    def test_a_roadmap_that_somebody_else_is_adding_is_reported(self, import_file):
        errors = []

        def import_it():
            try:
                import_file(*ABC)
            except CommandError as error:
                errors.append(str(error))
            finally:
                connection.close()

        importing = threading.Thread(target=import_it)
        with transaction.atomic():
            RoadmapFactory(slug="cooking")
            importing.start()
            importing.join(0.3)
            assert importing.is_alive()  # it waits for the other transaction
        importing.join()
        assert (
            "somebody else has just added cooking; run the command again" in errors[0]
        )
        assert not Step.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_a_tick_during_the_import_waits_and_is_refused(
        self, import_file, write, user
    ):
        import_file(*ABC)
        bake = Step.objects.get(slug="bake")
        errors = []

        def tick():
            try:
                StepProgress.objects.mark(user, bake.pk, "done")
            except Step.DoesNotExist:
                errors.append(True)
            finally:
                connection.close()

        ticking = threading.Thread(target=tick)
        with transaction.atomic():
            import_roadmap(read(write(*ABC[:2])))
            ticking.start()
            ticking.join(0.2)
            assert ticking.is_alive()
        ticking.join()
        assert errors == [True]


class TestRoadmapSlug:
    KITCHEN = HEAD.replace("slug: cooking", "slug: kitchen")
    RENAMED = HEAD.replace("slug: cooking", "slug: kitchen\nwas: cooking")

    def test_was_renames_the_roadmap_and_keeps_its_steps(self, import_file):
        baking = StepFactory(same_as="cooking/boil")
        import_file(*ABC)
        before = set(Step.objects.values_list("pk", "slug"))
        said = import_file(*ABC, head=self.RENAMED)
        assert said.startswith("kitchen: slug changed, 3 steps unchanged")
        assert set(Step.objects.values_list("pk", "slug")) == before
        baking.refresh_from_db()
        assert baking.same_as == "kitchen/boil"
        assert "unchanged" in import_file(*ABC, head=self.RENAMED)

    def test_was_is_ignored_where_the_roadmap_is_new(self, import_file):
        import_file(*ABC, head=self.RENAMED)
        assert Roadmap.objects.get().slug == "kitchen"

    def test_was_does_not_take_the_slug_of_another_roadmap(self, import_file):
        import_file(*ABC)
        RoadmapFactory(slug="kitchen")
        with pytest.raises(CommandError, match=":2:1: was: cooking can’t be renamed"):
            import_file(*ABC, head=self.RENAMED)

    def test_a_former_slug_of_another_roadmap_is_refused(self, import_file):
        import_file(*ABC)
        import_file(*ABC, head=self.RENAMED)
        with pytest.raises(
            CommandError, match=":1:1: slug: cooking used to be the slug"
        ):
            import_file(*ABC)

    def test_a_former_slug_of_another_step_is_refused(self, import_file):
        import_file(*ABC)
        renamed = step("boil-water", "was: boil")
        import_file(renamed, *ABC[1:])
        with pytest.raises(
            CommandError, match="boil used to be the slug of boil-water"
        ):
            import_file(step("boil-water"), step("boil"), *ABC[1:])
        import_file(step("boil", "was: boil-water"), *ABC[1:])
        assert order()[0] == "boil"

    def test_without_a_position_a_new_roadmap_is_last_and_a_stored_one_stays(
        self, import_file
    ):
        RoadmapFactory(position=7)
        for _ in range(2):
            import_file(*ABC)
            assert Roadmap.objects.get(slug="cooking").position == 8
            RoadmapFactory(position=9)
