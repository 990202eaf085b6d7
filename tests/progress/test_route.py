"""The rules of progress, which need no database."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from progress.route import (
    NOT_STARTED,
    AnnotatedStep,
    Count,
    Filter,
    Route,
    State,
    StepStatus,
    compute_total,
)

DONE, LEARNING, NONE, SKIPPED = State.DONE, State.LEARNING, State.NONE, State.SKIPPED
MAY = datetime(2026, 5, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def status(state, at=MAY):
    return NOT_STARTED.moved_to(state, at)


def step(state=NONE, at=MAY, **content):
    """A step that was added before it was marked."""
    defaults = {
        "pk": 1,
        "roadmap_slug": "backend",
        "slug": "caching",
        "is_optional": False,
        "is_retired": False,
        "added_at": at - DAY,
        "revised_at": None,
        "section": None,
        "section_id": None,
        "hours_min": None,
        "hours_max": None,
        "active_topics": [],
    }
    return AnnotatedStep(SimpleNamespace(**defaults | content), status(state, at))


def required(*states):
    return [step(state, pk=pk) for pk, state in enumerate(states, start=1)]


def optional(*states):
    return [step(state, is_optional=True) for state in states]


class TestStepStatus:
    def test_done_has_a_date(self):
        assert status(DONE) == StepStatus(DONE, MAY, MAY)

    @pytest.mark.parametrize("state", [LEARNING, SKIPPED])
    def test_leaving_done_clears_its_date_and_keeps_the_first(self, state):
        assert status(DONE).moved_to(state, MAY + DAY) == StepStatus(state, MAY, None)

    def test_not_started_keeps_nothing(self):
        assert status(DONE).moved_to(NONE, MAY + DAY) == NOT_STARTED

    @pytest.mark.parametrize(
        ("stored", "other", "is_superseded"),
        [
            (LEARNING, DONE, True),
            (DONE, DONE, True),
            (DONE, LEARNING, False),
            (SKIPPED, LEARNING, True),
        ],
    )
    def test_a_newer_one_supersedes_it_unless_it_loses_done(
        self, stored, other, is_superseded
    ):
        newer = status(other, MAY + DAY)
        assert status(stored).is_superseded_by(newer) == is_superseded
        assert not newer.is_superseded_by(status(stored))


class TestTotal:
    def test_required_and_optional_steps_are_counted_apart(self):
        result = compute_total([*required(DONE, NONE), *optional(DONE, DONE, LEARNING)])
        assert result.required == Count(1, 2)
        assert result.optional == Count(2, 3)

    def test_a_skipped_step_leaves_its_denominator_and_is_never_done(self):
        result = compute_total([*required(DONE, SKIPPED), *optional(SKIPPED, NONE)])
        assert result.required == Count(1, 1)
        assert result.optional == Count(0, 1)
        assert result.skipped == 2

    def test_a_retired_step_counts_for_nobody(self):
        result = compute_total([*required(NONE), step(DONE, is_retired=True)])
        assert result.required == Count(0, 1)

    @pytest.mark.parametrize(
        ("steps", "is_complete"),
        [
            ([*required(DONE, SKIPPED), *optional(NONE)], True),
            (required(DONE, LEARNING), False),
            (required(SKIPPED, SKIPPED), False),
            (optional(DONE), False),
            ([], False),
        ],
    )
    def test_it_is_complete_when_every_required_step_not_skipped_is_done(
        self, steps, is_complete
    ):
        assert compute_total(steps).is_complete == is_complete

    @pytest.mark.parametrize(
        ("steps", "percent"),
        [
            ([], 0),
            ([*required(*[DONE] * 199, NONE), *optional(NONE)], 99),
            ([*required(DONE, DONE), *optional(NONE)], 100),
        ],
    )
    def test_the_percentage_is_of_required_steps_and_rounds_down(self, steps, percent):
        assert compute_total(steps).percent == percent

    def test_remaining_steps_are_neither_done_nor_skipped(self):
        steps = required(DONE, LEARNING, SKIPPED, NONE)
        assert compute_total(steps).remaining == [steps[1], steps[3]]

    def test_next_is_the_first_step_in_progress(self):
        steps = [*required(DONE, NONE), *optional(LEARNING), *required(LEARNING)]
        assert compute_total(steps).next is steps[2]

    def test_next_is_required_when_nothing_is_in_progress(self):
        steps = [*required(DONE), *optional(NONE), *required(NONE, NONE)]
        assert compute_total(steps).next is steps[2]

    def test_next_is_optional_when_no_required_step_is_left(self):
        steps = [*required(DONE), *optional(SKIPPED, NONE)]
        assert compute_total(steps).next is steps[2]

    def test_nothing_is_next_on_an_empty_roadmap(self):
        assert compute_total([]).next is None


class TestFilter:
    def test_each_counts_the_steps_that_it_shows(self):
        route = Route([*required(DONE, NONE, SKIPPED), *optional(LEARNING, DONE)])
        assert [(value, count) for value, _, count in route.filters] == [
            ("", 5),
            ("remaining", 2),
            ("required", 3),
            ("optional", 2),
            ("learning", 1),
            ("done", 2),
        ]

    def test_retired_steps_are_not_counted(self):
        route = Route([*required(DONE), step(DONE, is_retired=True)])
        assert {count for *_, count in route.filters} == {0, 1}

    def test_an_unknown_one_shows_all_steps(self):
        assert Filter("nonsense") is Filter.ALL


class TestRoute:
    def test_numbers_leave_out_retired_steps(self):
        route = Route([step(), step(is_retired=True), step()])
        assert [each.number for each in route.steps] == [1, 2]

    def test_retired_steps_are_listed_if_the_person_did_them(self):
        steps = [step(state, is_retired=True) for state in (DONE, LEARNING, NONE)]
        assert Route(steps).retired_done == steps[:1]

    def test_a_step_has_a_previous_and_a_next_one(self):
        steps = required(NONE, NONE, NONE)
        route = Route(steps)
        assert route.previous_and_next(steps[0]) == (None, steps[1])
        assert route.previous_and_next(steps[1]) == (steps[0], steps[2])
        assert route.previous_and_next(steps[2]) == (steps[1], None)

    def test_steps_added_after_the_completion_are_counted(self):
        added = step(added_at=MAY + DAY)
        route = Route([*required(DONE), added], completed_at=MAY)
        assert route.added_since_completion == 1

    @pytest.mark.parametrize(
        ("added_at", "was_complete"), [(MAY - DAY, False), (MAY + DAY, True)]
    )
    def test_it_was_complete_if_only_later_steps_are_left(self, added_at, was_complete):
        route = Route([*required(DONE), step(added_at=added_at)])
        assert route.was_complete(MAY) == was_complete
        assert not route.was_complete(None)


class TestChangeBadge:
    def badge(self, *steps):
        return Route(steps).steps[0].change_badge

    def test_a_step_added_after_the_person_started_is_new(self):
        added = step(added_at=MAY + DAY)
        assert self.badge(added, step(DONE)) == "New"
        assert self.badge(added) == ""

    def test_it_is_new_until_it_is_marked(self):
        marked = step(LEARNING, added_at=MAY + DAY)
        assert self.badge(marked, step(DONE)) == ""

    @pytest.mark.parametrize(
        ("state", "revised_at", "badge"),
        [
            (DONE, MAY + DAY, "Changed since you did it"),
            (DONE, MAY - DAY, ""),
            (LEARNING, MAY + DAY, ""),
        ],
    )
    def test_a_step_revised_after_it_was_done_has_changed(
        self, state, revised_at, badge
    ):
        assert self.badge(step(state, revised_at=revised_at)) == badge


class TestCompletion:
    """What one more mark on a route does to its completion."""

    def completed_at(
        self, before, number, state, completed_at=None, restored=None, kept=None
    ):
        route = Route(before, completed_at)
        marked = route.steps[number - 1]
        new_status = marked.status.moved_to(state, MAY + DAY)
        new = route.with_status(marked, new_status, restored, kept)
        assert new.steps[number - 1].status == new_status
        assert route.steps[number - 1] is marked  # the route before did not change
        return new.completed_at

    def test_the_last_required_step_completes_it_on_its_date(self):
        assert self.completed_at(required(DONE, NONE), 2, DONE) == MAY + DAY

    def test_skipping_the_last_one_completes_it_on_the_date_of_the_one_before(self):
        assert self.completed_at(required(DONE, NONE), 2, SKIPPED) == MAY

    def test_another_step_leaves_it_incomplete(self):
        assert self.completed_at(required(NONE, NONE), 2, DONE) is None

    def test_an_undo_restores_its_date(self):
        before = required(NONE)
        assert self.completed_at(before, 1, DONE, restored=MAY - DAY) == MAY - DAY

    def test_an_undo_leaves_only_the_one_from_before_the_mark(self):
        before = required(DONE, NONE)
        after = self.completed_at(before, 1, LEARNING, completed_at=MAY, kept=MAY)
        assert after == MAY
        later = MAY + DAY
        after = self.completed_at(before, 1, LEARNING, completed_at=later, kept=MAY)
        assert after is None

    @pytest.mark.parametrize(
        ("before", "state", "is_kept"),
        [
            (required(DONE, DONE), LEARNING, False),
            (required(DONE, DONE), NONE, False),
            (required(DONE, DONE), SKIPPED, True),
            (required(DONE, SKIPPED), SKIPPED, False),
            (required(SKIPPED, DONE), NONE, False),
            ([*optional(DONE), *required(DONE)], NONE, True),
            # Not complete because of an edit: only reopening a required step counts.
            (required(LEARNING, NONE), NONE, True),
            (required(DONE, NONE), SKIPPED, True),
            (required(SKIPPED, NONE), LEARNING, False),
            ([*optional(DONE), *required(NONE)], NONE, True),
        ],
    )
    def test_only_reopening_or_leaving_nothing_done_removes_it(
        self, before, state, is_kept
    ):
        after = self.completed_at(before, 1, state, completed_at=MAY)
        assert after == (MAY if is_kept else None)
