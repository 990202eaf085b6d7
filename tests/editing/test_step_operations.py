"""Retiring, bringing back, merging and splitting steps that have learners."""

import random
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from editing import bounded_counts, step_operations
from groups.comments import Comment
from groups.confirmations import Confirmation, WorkLink
from progress.backfill import backfill_completions
from progress.models import Completion, StepProgress
from progress.notes import MAX_NOTE_LENGTH, NOTE_SEPARATOR, Note, NoteConflictError
from progress.route import Route, StepStatus
from progress.snapshot import annotate_steps
from progress.topic_checks import TopicCheck
from roadmaps.models import Step
from roadmaps.step_parts import Topic
from tests.factories import (
    CommentFactory,
    ConfirmationFactory,
    GroupFactory,
    NoteFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
    WorkLinkFactory,
    create_cooking_roadmap,
)
from tests.plans import read_plans

MARCH, APRIL, MAY = (datetime(2026, month, 3, tzinfo=UTC) for month in (3, 4, 5))


@pytest.fixture
def roadmap(db):
    return create_cooking_roadmap("boil", "fry", "bake")


@pytest.fixture
def boil(roadmap):
    return roadmap.steps.get(slug="boil")


@pytest.fixture
def fry(roadmap):
    return roadmap.steps.get(slug="fry")


def mark(user, step, state="done", at=MAY):
    return StepProgressFactory(user=user, step=step, state=state, started_at=at)


def get_progress(user, step):
    row = StepProgress.objects.get(user=user, step=step)
    return row.state, row.started_at, row.done_at


def total(user, roadmap):
    return Route(annotate_steps(roadmap.steps.all(), user)).total


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (
            *(Step, Topic, StepProgress, TopicCheck, Note, Completion),
            *(Confirmation, WorkLink, Comment),
        )
    ]


class TestImpact:
    def test_it_counts_people_and_names_nobody(self, boil, fry, user):
        mark(user, boil)
        mark(UserFactory(), boil, "learning")
        NoteFactory(user=user, step=boil)
        text = str(step_operations.Impact.for_steps(Step.objects.filter(pk=boil.pk)))
        assert text == (
            "1 learner has done this. 1 learner has started or skipped it. "
            "1 learner has a note on it."
        )

    def test_it_counts_people_who_ticked_topics(self, boil, fry, user):
        for topic in (TopicFactory(step=boil), TopicFactory(step=boil)):
            TopicCheck.objects.create(user=user, topic=topic)
        TopicCheck.objects.create(user=UserFactory(), topic=TopicFactory(step=fry))
        impact = step_operations.Impact.for_steps(Step.objects.filter(pk=boil.pk))
        assert str(impact) == "1 learner has ticked some of its topics."

    def test_a_person_on_two_steps_is_counted_once(self, roadmap, boil, fry, user):
        for step in (boil, fry):
            mark(user, step)
            NoteFactory(user=user, step=step)
        assert step_operations.Impact.for_steps(roadmap.steps.all()) == (1, 1, 0, 1, 0)

    def test_without_learners_it_is_false(self, roadmap):
        assert not step_operations.Impact.for_steps(roadmap.steps.all())
        assert not step_operations.has_learners(roadmap.steps.all())

    def test_many_people_are_not_all_counted(self, boil, monkeypatch):
        monkeypatch.setattr(bounded_counts, "MAX_COUNTED", 2)
        monkeypatch.setattr(step_operations, "MAX_COUNTED", 2)
        monkeypatch.setattr(step_operations, "MANY_MARKS", 2)
        people = UserFactory.create_batch(3)
        topics = TopicFactory.create_batch(2, step=boil)
        for person in people:
            mark(person, boil)
            TopicCheck.objects.bulk_create(
                TopicCheck(user=person, topic=topic) for topic in topics
            )
        steps = Step.objects.filter(pk=boil.pk)
        with read_plans("progress_topiccheck") as plans:
            impact = step_operations.Impact.for_steps(steps)
        assert str(impact) == (
            "At least 2 learners have done this. "
            "At least 2 learners have ticked some of its topics."
        )
        assert len(plans) == 1
        assert "Limit" in plans[0]
        assert "Seq Scan on progress_topiccheck" not in plans[0]

    def test_a_note_alone_counts(self, roadmap, boil):
        NoteFactory(step=boil)
        assert step_operations.has_learners(roadmap.steps.all())

    @pytest.mark.parametrize(
        "factory", [ConfirmationFactory, WorkLinkFactory, CommentFactory]
    )
    def test_feedback_alone_counts(self, roadmap, boil, factory):
        factory(step=boil)
        steps = roadmap.steps.all()
        assert step_operations.has_learners(steps)
        assert step_operations.Impact.for_steps(steps) == (0, 0, 0, 0, 1)
        with pytest.raises(ProtectedError):
            boil.delete()

    def test_a_person_with_all_kinds_of_feedback_is_counted_once(self, boil, user):
        WorkLinkFactory(user=user, step=boil)
        ConfirmationFactory.create_batch(2, user=user, step=boil)
        CommentFactory(member=user, step=boil)
        steps = Step.objects.filter(pk=boil.pk)
        assert str(step_operations.Impact.for_steps(steps)) == (
            "1 learner has a link to work, a confirmation or comments on it."
        )

    def test_a_ticked_topic_alone_counts(self, roadmap, boil, user):
        TopicCheck.objects.create(user=user, topic=TopicFactory(step=boil))
        assert step_operations.has_learners(roadmap.steps.all())


class TestRetire:
    def test_it_leaves_marks_and_notes(self, boil, user):
        mark(user, boil)
        NoteFactory(user=user, step=boil)
        before = everything()[1:]
        step_operations.retire(boil)
        boil.refresh_from_db()
        assert boil.is_retired
        assert everything()[1:] == before

    def test_it_records_one_version_with_the_reason(self, boil):
        step_operations.retire(boil)
        step_operations.retire(boil)
        assert boil.history.count() == 2
        assert boil.history.first().history_change_reason == "Retired"

    def test_learners_who_did_all_other_steps_complete(self, roadmap, user):
        boil, fry, bake = roadmap.steps.all()
        mark(user, boil, at=MARCH)
        mark(user, bake, at=APRIL)
        mark(UserFactory(), boil)
        step_operations.retire(fry)
        completion = Completion.objects.get()
        assert (completion.user, completion.completed_at) == (user, APRIL)

    def test_a_completion_keeps_its_date(self, roadmap, user, boil):
        for step in roadmap.steps.all():
            mark(user, step)
        Completion.objects.create(user=user, roadmap=roadmap, completed_at=MARCH)
        step_operations.retire(boil)
        assert Completion.objects.get().completed_at == MARCH

    def test_skipping_all_other_steps_does_not_complete(self, roadmap, user, boil):
        for step in roadmap.steps.exclude(slug="boil"):
            mark(user, step, "skipped")
        step_operations.retire(boil)
        assert not Completion.objects.exists()

    def test_retiring_the_last_step_completes_nobody(self, user):
        step = StepFactory()
        mark(user, step)
        step_operations.retire(step)
        assert not Completion.objects.exists()

    @pytest.mark.parametrize("seed", range(5))
    def test_completions_agree_with_the_total(self, roadmap, seed):
        chance = random.Random(seed)  # noqa: S311
        for position in range(4, 7):
            StepFactory(
                roadmap=roadmap,
                position=position,
                is_optional=chance.random() < 0.4,
                is_retired=chance.random() < 0.3,
            )
        steps = list(roadmap.steps.all())
        people = UserFactory.create_batch(20)
        for person in people:
            for step in steps:
                if chance.random() < 0.9:
                    state = chance.choice(["done", "done", "skipped"])
                    mark(person, step, state)
        backfill_completions(roadmap)
        assert set(Completion.objects.values_list("user", flat=True)) == {
            person.pk for person in people if total(person, roadmap).is_complete
        }


class TestBringBack:
    def test_it_is_on_the_route_again_as_new(self, roadmap, boil, user):
        mark(user, roadmap.steps.get(slug="fry"), at=MARCH)
        step_operations.retire(boil)
        step_operations.bring_back(boil)
        route = Route(annotate_steps(roadmap.steps.all(), user))
        assert route.get(boil.pk).change_badge == "New"
        assert boil.history.first().history_change_reason == "Brought back"

    def test_its_progress_counts_again(self, roadmap, boil, user):
        mark(user, boil)
        step_operations.retire(boil)
        assert total(user, roadmap).required == (0, 2)
        step_operations.bring_back(boil)
        assert total(user, roadmap).required == (1, 3)

    def test_bringing_back_can_complete_the_roadmap(self, roadmap, boil, user):
        mark(user, boil, at=MARCH)
        step_operations.retire(boil)
        for step in roadmap.steps.exclude(slug="boil"):
            mark(user, step, "skipped")
        step_operations.bring_back(boil)
        assert total(user, roadmap).is_complete
        assert Completion.objects.get().completed_at == MARCH

    def test_a_step_on_the_route_stays_as_it_is(self, boil):
        before = everything()
        step_operations.bring_back(boil)
        assert everything() == before


class TestMerge:
    @pytest.mark.parametrize("of_step", [None, "skipped", "learning", "done"])
    @pytest.mark.parametrize("of_into", [None, "skipped", "learning", "done"])
    def test_the_further_state_and_the_earlier_date(
        self, boil, fry, user, of_step, of_into
    ):
        if of_step:
            mark(user, boil, of_step, at=APRIL)
        if of_into:
            mark(user, fry, of_into, at=MAY)
        step_operations.merge(boil, into=fry)
        if not (of_step or of_into):
            assert not StepProgress.objects.exists()
            return
        order = [None, "skipped", "learning", "done"]
        further = max(of_step, of_into, key=order.index)
        done_at = None
        if further == "done":
            done_at = APRIL if of_step == "done" else MAY
        started_at = APRIL if of_step else MAY
        assert get_progress(user, fry) == (further, started_at, done_at)

    def test_an_earlier_date_on_the_target_stays(self, boil, fry, user):
        mark(user, boil, at=MAY)
        mark(user, fry, at=MARCH)
        step_operations.merge(boil, into=fry)
        assert get_progress(user, fry) == ("done", MARCH, MARCH)

    def test_the_step_is_retired_with_what_people_did_on_it(self, boil, fry, user):
        mark(user, boil, at=APRIL)
        step_operations.merge(boil, into=fry)
        boil.refresh_from_db()
        assert boil.is_retired
        assert get_progress(user, boil) == ("done", APRIL, APRIL)
        assert boil.history.first().history_change_reason == "Merged into fry"

    def test_merging_can_complete_the_roadmap(self, roadmap, boil, fry, user):
        mark(user, boil, at=APRIL)
        mark(user, roadmap.steps.get(slug="bake"), at=MARCH)
        step_operations.merge(boil, into=fry)
        assert Completion.objects.get().completed_at == APRIL

    def test_a_completed_roadmap_stays_completed(self, roadmap, boil, fry, user):
        for step in roadmap.steps.all():
            mark(user, step)
        Completion.objects.create(user=user, roadmap=roadmap, completed_at=MAY)
        step_operations.merge(boil, into=fry)
        assert total(user, roadmap).is_complete
        assert Completion.objects.get().completed_at == MAY

    def test_notes_are_joined(self, boil, fry, user):
        NoteFactory(user=user, step=boil, text="Salt it.")
        NoteFactory(user=user, step=fry, text="Use a lid.")
        step_operations.merge(boil, into=fry)
        note = Note.objects.get()
        assert (note.step, note.text) == (fry, f"Use a lid.{NOTE_SEPARATOR}Salt it.")
        assert note.get_html() == "<p>Use a lid.</p>\n<hr>\n<p>Salt it.</p>\n"

    def test_a_note_on_the_step_alone_moves(self, boil, fry, user):
        NoteFactory(user=user, step=boil, text="Salt it.", saved_at=MARCH)
        step_operations.merge(boil, into=fry)
        note = Note.objects.get()
        assert (note.step, note.text, note.saved_at) == (fry, "Salt it.", MARCH)

    def test_notes_that_are_too_long_to_join_stay_apart(self, boil, fry, user):
        NoteFactory(user=user, step=boil, text="a" * (MAX_NOTE_LENGTH - 2))
        NoteFactory(user=user, step=fry, text="b")
        NoteFactory(user=(other := UserFactory()), step=boil, text="Salt it.")
        step_operations.merge(boil, into=fry)
        assert len(Note.objects.get(user=user, step=boil).text) == MAX_NOTE_LENGTH - 2
        assert Note.objects.get(user=user, step=fry).text == "b"
        assert Note.objects.get(user=other).step == fry

    def test_notes_that_just_fit_are_joined(self, boil, fry, user):
        NoteFactory(
            user=user, step=boil, text="é" * (MAX_NOTE_LENGTH - len(NOTE_SEPARATOR) - 1)
        )
        NoteFactory(user=user, step=fry, text="b")
        step_operations.merge(boil, into=fry)
        assert len(Note.objects.get().text) == MAX_NOTE_LENGTH

    def test_an_open_page_does_not_overwrite_joined_notes(self, boil, fry, user):
        note = NoteFactory(user=user, step=fry, text="Use a lid.", page="open")
        NoteFactory(user=user, step=boil, text="Salt it.")
        step_operations.merge(boil, into=fry)
        with pytest.raises(NoteConflictError):
            Note.objects.write(user, fry.pk, "Use two lids.", "open", note.version)

    def test_a_repeat_changes_nothing(self, boil, fry, user):
        mark(user, boil)
        NoteFactory(user=user, step=boil)
        NoteFactory(user=user, step=fry)
        step_operations.merge(boil, into=fry)
        before = everything()
        step_operations.merge(boil, into=fry)
        assert everything() == before

    def test_the_number_of_queries_does_not_grow_with_the_learners(self, roadmap):
        counts = []
        for people in (1, 30):
            step, into = StepFactory.create_batch(2, roadmap=roadmap)
            StepProgressFactory.create_batch(people, step=step)
            for row in StepProgress.objects.filter(step=step):
                NoteFactory(user=row.user, step=step)
                NoteFactory(user=row.user, step=into)
            TopicFactory(step=into, slug="salt")
            for slug in ("salt", "lid"):
                topic = TopicFactory(step=step, slug=slug)
                for row in StepProgress.objects.filter(step=step):
                    TopicCheck.objects.create(user=row.user, topic=topic)
            group = GroupFactory()
            for row in StepProgress.objects.filter(step=step):
                for each in (step, into):
                    WorkLinkFactory(user=row.user, step=each)
                    ConfirmationFactory(user=row.user, step=each, group=group)
                    CommentFactory(member=row.user, step=each, group=group)
            with CaptureQueriesContext(connection) as queries:
                step_operations.merge(step, into=into)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_references_to_the_step_are_updated(self, boil, fry):
        referring = StepFactory(same_as="cooking/boil")
        other = StepFactory(same_as="cooking/bake")
        step_operations.merge(boil, into=fry)
        for step in (referring, other):
            step.refresh_from_db()
        assert (referring.same_as, other.same_as) == ("cooking/fry", "cooking/bake")
        newest = referring.history.first()
        assert newest.same_as == "cooking/fry"
        assert newest.history_change_reason == "cooking/boil was merged into fry"
        assert (referring.history.count(), other.history.count()) == (2, 1)

    def test_references_take_the_same_as_of_the_target(self, boil, fry):
        eggs, referring = StepFactory.create_batch(2, same_as="cooking/boil")
        fry.same_as = f"{eggs.roadmap.slug}/{eggs.slug}"
        fry.save()
        step_operations.merge(boil, into=fry)
        for step in (eggs, referring):
            step.refresh_from_db()
        assert eggs.same_as == ""
        assert eggs.canonical_path == referring.canonical_path == fry.canonical_path

    def test_the_step_itself_and_a_retired_step_are_refused(self, boil, fry, user):
        mark(user, boil)
        retired = StepFactory(roadmap=boil.roadmap, is_retired=True)
        before = everything()
        for into in (boil, retired):
            with pytest.raises(ValidationError):
                step_operations.merge(boil, into=into)
        assert everything() == before

    def test_a_step_of_another_roadmap_is_refused(self, boil):
        with pytest.raises(ValidationError):
            step_operations.merge(boil, into=StepFactory())


class TestMergeTopics:
    def test_topics_move_after_those_of_the_target(self, boil, fry):
        oil = fry.topics.create(slug="oil", title="Oil", position=4)
        salt = boil.topics.create(slug="salt", title="Salt", position=1)
        gone = boil.topics.create(slug="lid", title="Lid", position=2, is_retired=True)
        step_operations.merge(boil, into=fry)
        assert list(fry.topics.all()) == [oil, salt, gone]
        assert fry.topics.get(slug="lid").is_retired
        assert [row["slug"] for row in fry.history.first().topics] == [
            *("oil", "salt", "lid")
        ]
        assert boil.history.first().topics == []

    def test_topics_with_the_same_slug_are_joined(self, boil, fry):
        for step in (boil, fry):
            step.topics.create(slug="salt", title="Salt", is_retired=step == fry)
        step_operations.merge(boil, into=fry)
        assert not fry.topics.get().is_retired  # learners of `boil` still see it
        assert boil.topics.get().slug == "salt"

    def test_ticks_of_topics_that_move_stay_on_them(self, boil, fry, user):
        topic = TopicFactory(step=boil)
        TopicCheck.objects.create(user=user, topic=topic)
        step_operations.merge(boil, into=fry)
        assert TopicCheck.objects.get(user=user).topic.step == fry

    def test_people_who_ticked_one_of_two_joined_topics_have_it_ticked(self, boil, fry):
        old, own = (TopicFactory(step=step, slug="salt") for step in (boil, fry))
        first, second, both = UserFactory.create_batch(3)
        for user, topic in [(first, old), (second, own), (both, old), (both, own)]:
            TopicCheck.objects.create(user=user, topic=topic)
        step_operations.merge(boil, into=fry)
        assert {check.user for check in own.checks.all()} == {first, second, both}
        assert {check.user for check in old.checks.all()} == {first, both}

    def test_more_topics_than_a_step_may_have_are_refused(self, boil, fry):
        for step in (boil, fry):
            TopicFactory.create_batch(51, step=step)
        with pytest.raises(ValidationError, match="more than 100 topics"):
            step_operations.merge(boil, into=fry)
        assert boil.topics.count() == 51

    def test_steps_that_needed_it_need_the_target(self, roadmap, boil, fry):
        bake = roadmap.steps.get(slug="bake")
        other = StepFactory(needs=["cooking/fry", "cooking/boil"])
        Step.objects.filter(pk=bake.pk).update(needs=["cooking/boil"])
        step_operations.merge(boil, into=fry)
        bake.refresh_from_db()
        other.refresh_from_db()
        assert (bake.needs, other.needs) == (["cooking/fry"], ["cooking/fry"])
        assert bake.history.first().needs == ["cooking/fry"]

    def test_no_step_needs_itself_afterwards(self, roadmap, boil, fry):
        Step.objects.filter(slug="fry").update(needs=["cooking/bake", "cooking/boil"])
        Step.objects.filter(slug="bake").update(needs=["cooking/boil"])
        step_operations.merge(boil, into=fry)
        needs = dict(roadmap.steps.values_list("slug", "needs"))
        assert needs == {"boil": [], "fry": ["cooking/bake"], "bake": []}


class TestMergeFeedback:
    """What happens to links to work, confirmations and comments."""

    @pytest.fixture
    def group(self):
        return GroupFactory()

    def confirm(self, user, group, step, at):
        return ConfirmationFactory(user=user, group=group, step=step, confirmed_at=at)

    def is_valid(self, confirmation, user, step):
        row = StepProgress.objects.get(user=user, step=step)
        status = StepStatus(row.state, row.started_at, row.done_at)
        return not confirmation.is_taken_back(status)

    def test_what_only_the_step_has_moves(self, boil, fry, user, group):
        mark(user, boil, at=MARCH)
        confirmation = self.confirm(user, group, boil, APRIL)
        WorkLinkFactory(user=user, step=boil, url="https://example.org/boil")
        comment = CommentFactory(member=user, step=boil, group=group)
        CommentFactory(member=user, step=fry, group=group)
        step_operations.merge(boil, into=fry)
        moved = Confirmation.objects.get()
        assert moved == confirmation
        assert (moved.step, moved.confirmed_at) == (fry, APRIL)
        assert self.is_valid(moved, user, fry)
        assert WorkLink.objects.get(step=fry).url == "https://example.org/boil"
        assert Comment.objects.filter(step=fry).count() == 2
        assert comment in Comment.objects.filter(step=fry)

    def test_a_link_of_the_target_stays(self, boil, fry, user):
        WorkLinkFactory(user=user, step=boil, url="https://example.org/boil")
        WorkLinkFactory(user=user, step=fry, url="https://example.org/fry")
        step_operations.merge(boil, into=fry)
        assert WorkLink.objects.get(step=fry).url == "https://example.org/fry"
        assert WorkLink.objects.get(step=boil).url == "https://example.org/boil"

    @pytest.mark.parametrize(
        ("of_step", "of_into", "expected"),
        [(APRIL, MAY, APRIL), (MAY, APRIL, APRIL), (APRIL, APRIL, APRIL)],
    )
    def test_the_older_confirmation_wins_and_none_is_lost(
        self, boil, fry, user, group, of_step, of_into, expected
    ):
        for step, at in ((boil, of_step), (fry, of_into)):
            mark(user, step, at=MARCH)
            self.confirm(user, group, step, at)
        step_operations.merge(boil, into=fry)
        assert Confirmation.objects.get(step=fry).confirmed_at == expected
        dates = Confirmation.objects.values_list("confirmed_at", flat=True)
        assert sorted(dates) == sorted([of_step, of_into])
        before = everything()
        step_operations.merge(boil, into=fry)
        assert everything() == before

    def test_a_valid_one_replaces_one_that_was_taken_back(self, boil, fry, user, group):
        mark(user, fry, at=MAY)
        self.confirm(user, group, fry, MARCH)  # and done again since
        mark(user, boil, at=APRIL)
        self.confirm(user, group, boil, MAY)
        step_operations.merge(boil, into=fry)
        confirmation = Confirmation.objects.get(step=fry)
        assert confirmation.confirmed_at == MAY
        assert self.is_valid(confirmation, user, fry)
        assert Confirmation.objects.get(step=boil).confirmed_at == MARCH

    def test_one_that_was_taken_back_does_not_become_valid(
        self, boil, fry, user, group
    ):
        mark(user, fry, at=MARCH)
        mark(user, boil, "learning", at=MARCH)
        self.confirm(user, group, boil, APRIL)
        step_operations.merge(boil, into=fry)
        assert Confirmation.objects.get().step == boil
        own = UserFactory()
        mark(own, boil, "learning", at=MARCH)
        still_taken_back = self.confirm(own, group, boil, APRIL)
        step_operations.merge(boil, into=fry)
        still_taken_back.refresh_from_db()
        assert still_taken_back.step == fry
        assert not self.is_valid(still_taken_back, own, fry)

    def test_other_groups_and_deleted_ones_keep_theirs(self, boil, fry, user, group):
        for step in (boil, fry):
            mark(user, step, at=MARCH)
            self.confirm(user, None, step, MAY)
        self.confirm(user, group, boil, APRIL)
        self.confirm(user, GroupFactory(), fry, APRIL)
        self.confirm(UserFactory(), group, fry, APRIL)
        step_operations.merge(boil, into=fry)
        assert Confirmation.objects.filter(step=fry, user=user).count() == 4
        assert Confirmation.objects.filter(step=fry).count() == 5

    def test_a_retired_step_keeps_everything(self, boil, user, group):
        mark(user, boil)
        self.confirm(user, group, boil, MAY)
        WorkLinkFactory(user=user, step=boil)
        CommentFactory(member=user, step=boil)
        before = everything()[1:]
        step_operations.retire(boil)
        assert everything()[1:] == before


class TestSections:
    @pytest.fixture
    def sections(self, roadmap):
        heat = roadmap.sections.create(slug="heat", title="Heat")
        oven = roadmap.sections.create(slug="oven", title="Oven")
        roadmap.steps.exclude(slug="bake").update(section=heat)
        roadmap.steps.filter(slug="bake").update(section=oven)
        return heat, oven

    def test_a_new_half_is_in_the_same_section(self, boil, sections):
        boil.refresh_from_db()
        boil.needs = ["cooking/water"]
        boil.save()
        new = Step(slug="steam", title="Steam", summary="Steam it.")
        step_operations.split(boil, new)
        assert (new.section, new.needs) == (sections[0], ["cooking/water"])

    @pytest.mark.parametrize(
        ("others", "expected"),
        [
            (["heat", "oven"], "heat"),
            (["oven", "oven"], "oven"),
            ([None, None], "heat"),
        ],
    )
    def test_a_step_that_comes_back_interrupts_none(
        self, roadmap, fry, sections, others, expected
    ):
        step_operations.retire(fry)
        known = {section.slug: section for section in sections} | {None: None}
        for slug, section in zip(["boil", "bake"], others, strict=True):
            roadmap.steps.filter(slug=slug).update(section=known[section])
        step_operations.bring_back(fry)
        fry.refresh_from_db()
        assert fry.section.slug == expected


class TestSplit:
    @pytest.fixture
    def steam(self):
        return Step(slug="steam", title="Steam", summary="Over water.")

    def test_the_new_step_comes_directly_after(self, roadmap, boil, steam):
        step_operations.split(boil, steam)
        slugs = list(roadmap.steps.values_list("slug", flat=True))
        assert slugs == ["boil", "steam", "fry", "bake"]
        assert roadmap.history.first().order == slugs
        assert steam.history.get().history_change_reason == "Split off boil"

    @pytest.mark.parametrize("state", ["done", "learning", "skipped"])
    def test_everybody_has_the_same_progress_on_the_new_step(
        self, boil, steam, user, state
    ):
        mark(user, boil, state, at=APRIL)
        step_operations.split(boil, steam)
        assert get_progress(user, steam) == get_progress(user, boil)

    def test_no_total_falls_and_completions_stay(self, roadmap, boil, steam, user):
        for step in roadmap.steps.all():
            mark(user, step)
        Completion.objects.create(user=user, roadmap=roadmap, completed_at=MAY)
        step_operations.split(boil, steam)
        assert total(user, roadmap).required == (4, 4)
        assert Completion.objects.get().completed_at == MAY

    def test_a_required_half_of_an_optional_step_can_complete(
        self, roadmap, boil, steam, user
    ):
        Step.objects.filter(slug="boil").update(is_optional=True)
        mark(user, boil, at=MARCH)
        for step in roadmap.steps.exclude(slug="boil"):
            mark(user, step, "skipped")
        step_operations.split(boil, steam)
        assert total(user, roadmap).is_complete
        assert Completion.objects.get().completed_at == MARCH

    def test_chosen_topics_move(self, boil, steam):
        salt, lid = (
            boil.topics.create(slug=slug, title=slug) for slug in ("salt", "lid")
        )
        step_operations.split(boil, steam, topics=[lid.pk])
        assert (list(boil.topics.all()), list(steam.topics.all())) == ([salt], [lid])
        assert len(steam.history.first().topics) == 1

    def test_notes_stay_on_the_first_step(self, boil, steam, user):
        NoteFactory(user=user, step=boil)
        step_operations.split(boil, steam)
        assert Note.objects.get().step == boil

    def test_confirmations_are_copied_and_the_rest_stays(self, boil, steam, user):
        mark(user, boil, at=APRIL)
        group = GroupFactory()
        for each in (group, None):
            ConfirmationFactory(
                user=user,
                step=boil,
                group=each,
                group_name="Cooks",
                confirmed_at=MAY,
                sentence="It boils.",
            )
        WorkLinkFactory(user=user, step=boil)
        CommentFactory(member=user, step=boil)
        step_operations.split(boil, steam)
        fields = ["group", "user", "confirmed_by", "confirmed_at", "sentence"]
        old, new = (
            list(step.confirmations.values_list(*fields)) for step in (boil, steam)
        )
        assert old == new
        assert len(new) == 2
        assert boil.work_links.count() == boil.comments.count() == 1
        assert not steam.work_links.exists()
        assert not steam.comments.exists()

    @pytest.mark.parametrize("slug", ["fry", "Fry It", ""])
    def test_a_taken_or_invalid_slug_is_refused(self, boil, steam, slug):
        steam.slug = slug
        before = everything()
        with pytest.raises(ValidationError):
            step_operations.split(boil, steam)
        assert everything() == before

    def test_a_retired_step_is_refused(self, boil, steam):
        step_operations.retire(boil)
        with pytest.raises(ValidationError):
            step_operations.split(boil, steam)


class TestDeletingRows:
    def test_no_deletion_cascades_to_a_ticked_topic(self, roadmap, boil, user):
        TopicCheck.objects.create(user=user, topic=TopicFactory(step=boil))
        for deletion in (boil.topics.get(), boil, roadmap, roadmap.steps.all()):
            with pytest.raises(ProtectedError):
                deletion.delete()
        assert TopicCheck.objects.exists()

    def test_no_deletion_cascades_to_what_people_did(self, roadmap, boil, user):
        mark(user, boil)
        NoteFactory(user=user, step=boil)
        before = everything()
        for deletion in (boil, roadmap, roadmap.steps.all()):
            with pytest.raises(ProtectedError):
                deletion.delete()
        assert everything() == before

    def test_deleting_an_account_takes_its_rows_along(self, roadmap, boil, user):
        mark(user, boil)
        NoteFactory(user=user, step=boil)
        Completion.objects.create(user=user, roadmap=roadmap, completed_at=MAY)
        other = mark(UserFactory(), boil)
        user.delete()
        assert list(StepProgress.objects.all()) == [other]
        assert not Note.objects.exists()
        assert not Completion.objects.exists()

    def test_deleting_an_editors_account_keeps_the_versions(self, boil):
        editor = UserFactory()
        Step.objects.record([boil], user=editor)
        editor.delete()
        assert boil.history.first().history_user is None
