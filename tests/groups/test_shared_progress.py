"""What the statements behind a mentor's page read."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from editing import step_operations
from groups import step_summaries
from groups.member_order import MemberOrder
from groups.models import Membership, SharedRoadmap
from groups.roles import Role
from groups.shared_progress import read_progress
from groups.step_summaries import read_summary
from groups.stored_summary import StoredSummary
from groups.stuck import StepSummary
from progress.models import Completion
from progress.route import State
from progress.topic_checks import TopicCheck
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment():
    """Of a roadmap with three required steps and an optional one."""
    assignment = AssignmentFactory()
    StepFactory.create_batch(3, roadmap=assignment.roadmap)
    StepFactory(roadmap=assignment.roadmap, is_optional=True)
    return assignment


@pytest.fixture
def steps(assignment):
    return list(assignment.roadmap.steps.all())


@pytest.fixture
def large_group(monkeypatch):
    """Treat every group as a large one."""
    monkeypatch.setattr(step_summaries, "MAX_LIVE_MARKS", 0)


def join(*assignments, role=Role.MEMBER, **user):
    """A member of the group of these assignments who shows them."""
    return MembershipFactory(
        group=assignments[0].group,
        role=role,
        showing=assignments,
        **{f"user__{key}": value for key, value in user.items()},
    )


def mark(membership, step, state="done", days_ago=0, took=1):
    """The member did the step `days_ago` days ago, and started it `took` days earlier.
    A step that is not done was started `days_ago` days ago.
    """
    at = timezone.now() - timedelta(days=days_ago)
    is_done = state == "done"
    StepProgressFactory(
        user=membership.user,
        step=step,
        state=state,
        started_at=at - timedelta(days=took) if is_done else at,
        done_at=at if is_done else None,
    )


def read(assignment, **options):
    return read_progress(
        assignment, Membership.objects.showing(assignment).order_by("pk"), **options
    )


def days_ago(days):
    return timezone.localdate(timezone.now() - timedelta(days=days))


class TestProgress:
    def test_it_has_the_route_and_the_current_step(self, assignment, steps):
        member = join(assignment)
        mark(member, steps[0], days_ago=12)
        mark(member, steps[1], "skipped", days_ago=8)
        (progress,) = read(assignment)
        assert progress.membership == member
        assert progress.route.total.required == (1, 2)
        assert progress.route.total.optional == (0, 1)
        assert progress.last_active_on == days_ago(8)
        assert progress.current.step.pk == steps[2].pk
        assert progress.current.days == 8
        assert progress.route.marks_elsewhere == 0

    def test_a_member_without_a_mark(self, assignment):
        join(assignment)
        (progress,) = read(assignment)
        assert progress.last_active_on is None
        assert progress.current is None
        assert not progress.route.is_started

    def test_a_completed_roadmap(self, assignment, steps):
        member = join(assignment)
        for step in steps[:3]:
            mark(member, step, days_ago=30)
        at = timezone.now() - timedelta(days=30)
        Completion.objects.create(
            user=member.user, roadmap=assignment.roadmap, completed_at=at
        )
        (progress,) = read(assignment)
        assert progress.route.completed_at == at
        assert progress.current is None

    def test_retired_steps_count_for_nobody(self, assignment, steps):
        mark(join(assignment), steps[0])
        step_operations.retire(steps[0])
        (progress,) = read(assignment)
        assert progress.route.total.required == (0, 2)
        assert [step.pk for step in progress.route.retired_done] == [steps[0].pk]
        assert read_summary(assignment).steps == {}

    def test_the_order_is_that_of_the_caller(self, assignment):
        members = [join(assignment) for _ in range(3)][::-1]
        assert [each.membership for each in read_progress(assignment, members)] == (
            members
        )

    def test_topics_are_those_of_the_roadmap(self, assignment, steps):
        member = join(assignment)
        topic = TopicFactory(step=steps[0])
        for each in (topic, TopicFactory()):
            TopicCheck.objects.create(user=member.user, topic=each)
        (progress,) = read(assignment, with_topics=True)
        assert progress.route.steps[0].checked_topics == {topic.pk}
        assert progress.route.steps[0].topic_count == (1, 1)
        (progress,) = read(assignment)
        assert progress.route.steps[0].checked_topics == frozenset()

    def test_it_takes_two_queries(self, assignment, steps, django_assert_num_queries):
        members = [join(assignment) for _ in range(5)]
        for member in members:
            mark(member, steps[0], days_ago=10)
        read(assignment)  # reads the content of the roadmap
        with django_assert_num_queries(2):
            read_progress(assignment, members)
        with django_assert_num_queries(1):
            read_progress(assignment, members, summaries={})

    def test_no_members(self, assignment):
        assert read_progress(assignment, []) == []


class TestConsent:
    def test_withdrawing_it_takes_effect_at_once(self, assignment, steps):
        mark(join(assignment), steps[0])
        members = list(Membership.objects.showing(assignment))
        SharedRoadmap.objects.all().delete()
        assert read_progress(assignment, members) == []
        assert read_summary(assignment).steps == {}

    @pytest.mark.parametrize("role", [Role.MENTOR, Role.OWNER])
    def test_mentors_are_never_listed(self, assignment, steps, role):
        """Not even if a row says that they agreed."""
        mentor = join(assignment, role=role)
        mark(mentor, steps[0])
        assert not Membership.objects.showing(assignment)
        assert read_progress(assignment, [mentor]) == []
        assert read_summary(assignment).steps == {}

    def test_nobody_sees_progress_on_a_draft(self, assignment, steps):
        member = join(assignment)
        mark(member, steps[0])
        assignment.roadmap.is_published = False
        assignment.roadmap.save()
        assert not Membership.objects.showing(assignment)
        assert read_progress(assignment, [member]) == []
        assert read_summary(assignment).steps == {}

    def test_two_groups_that_follow_the_same_roadmap(self, assignment, steps):
        other = AssignmentFactory(roadmap=assignment.roadmap)
        member = join(assignment)
        in_other_group = MembershipFactory(group=other.group, user=member.user)
        mark(member, steps[0])
        both = [member, in_other_group]
        assert [each.membership for each in read_progress(assignment, both)] == [member]
        assert read_progress(other, both) == []
        assert read_summary(other).steps == {}

    def test_a_row_that_belongs_to_another_group(self, assignment, steps):
        other = AssignmentFactory(roadmap=assignment.roadmap)
        member = MembershipFactory(group=other.group, showing=[assignment])
        mark(member, steps[0])
        assert not Membership.objects.showing(assignment)
        assert read_progress(assignment, [member]) == []
        assert read_summary(assignment).steps == {}

    @pytest.mark.parametrize(("shows_both", "days"), [(True, 2), (False, 9)])
    def test_the_last_mark_is_on_roadmaps_that_they_show(
        self, assignment, steps, shows_both, days
    ):
        other = AssignmentFactory(group=assignment.group)
        shown = [assignment, other] if shows_both else [assignment]
        member = join(*shown)
        mark(member, steps[0], days_ago=9)
        mark(member, StepFactory(roadmap=other.roadmap), days_ago=2)
        mark(member, StepFactory(), days_ago=1)  # not a roadmap of the group
        (progress,) = read(assignment)
        assert progress.last_active_on == days_ago(days)
        assert progress.current.days == 9


class TestSummary:
    def test_it_counts_who_is_past_a_step(self, assignment, steps):
        members = [join(assignment) for _ in range(5)]
        for took, member in enumerate(members):
            mark(member, steps[0], took=took)
        mark(members[0], steps[1], "skipped")
        mark(members[1], steps[1], "learning")
        mark(members[2], steps[2], "learning")
        summary = read_summary(assignment)
        # The one who took no time at all is past it, but says nothing about time.
        assert summary.steps == {
            steps[0].pk: StepSummary(5, 4, 2),
            steps[1].pk: StepSummary(1, 0, None),
        }
        assert (summary.counted_at, summary.is_large) == (None, False)

    @pytest.mark.parametrize(
        ("minutes", "finished"), [(4.9, 0), (5, 1), (5.1, 1)], ids=str
    )
    def test_a_finish_within_five_minutes_says_nothing(
        self, assignment, steps, minutes, finished
    ):
        mark(join(assignment), steps[0], took=minutes / 60 / 24)
        assert read_summary(assignment).steps[steps[0].pk][:2] == (1, finished)

    def test_two_members_make_no_median(self, assignment, steps):
        for took in (3, 4):
            mark(join(assignment), steps[0], took=took)
        assert read_summary(assignment).steps[steps[0].pk] == (2, 2, None)
        mark(join(assignment), steps[0], took=8)
        assert read_summary(assignment).steps[steps[0].pk] == (3, 3, 4)

    def test_those_of_other_groups_do_not_count(self, assignment, steps):
        other = AssignmentFactory(roadmap=assignment.roadmap)
        for _ in range(3):
            mark(join(other), steps[0], took=2)
        member = join(assignment)
        mark(member, steps[0], "learning", days_ago=30)
        (progress,) = read(assignment)
        assert (progress.current.days, progress.current.is_stuck) == (30, False)
        for _ in range(3):
            mark(join(assignment), steps[0], took=2)
        assert read(assignment)[0].current.is_stuck

    def test_of_some_steps(self, assignment, steps):
        member = join(assignment)
        for step in steps:
            mark(member, step)
        assert set(read_summary(assignment, [steps[1].pk]).steps) == {steps[1].pk}

    def test_a_roadmap_without_steps(self):
        assignment = AssignmentFactory()
        join(assignment)
        assert read_summary(assignment).steps == {}

    def test_it_takes_one_query(self, assignment, steps, django_assert_num_queries):
        mark(join(assignment), steps[0])
        with django_assert_num_queries(1):
            read_summary(assignment)


@pytest.mark.usefixtures("large_group")
class TestLargeGroup:
    def test_the_summary_is_stored(self, assignment, steps, django_assert_num_queries):
        member = join(assignment)
        mark(member, steps[0])
        first = read_summary(assignment)
        assert first.is_large
        assert first.steps == {steps[0].pk: StepSummary(1, 1, None)}
        mark(member, steps[1])
        with django_assert_num_queries(1):
            assert read_summary(assignment) == first

    def test_somebody_who_joins_is_counted_later(self, assignment, steps):
        join(assignment)
        first = read_summary(assignment)
        mark(join(assignment), steps[0])
        assert read_summary(assignment) == first
        call_command("summarize_groups")
        later = read_summary(assignment)
        assert later.steps[steps[0].pk].past == 1
        assert later.counted_at > first.counted_at

    @pytest.mark.parametrize("how", ["leaves", "withdraws", "becomes a mentor"])
    def test_nobody_is_counted_who_has_stopped(self, assignment, steps, how):
        member, stays = join(assignment), join(assignment)
        mark(member, steps[0])
        mark(stays, steps[1])
        assert len(read_summary(assignment).steps) == 2
        match how:
            case "leaves":
                member.end(member.user)
            case "withdraws":
                member.shared_roadmaps.all().delete()
            case _:
                member.change_role(Role.MENTOR, actor=member.user)
        assert set(read_summary(assignment).steps) == {steps[1].pk}
        stored = StoredSummary.objects.get()
        assert stored.memberships == [stays.pk]

    def test_who_is_stuck(self, assignment, steps):
        member = join(assignment)
        mark(member, steps[0], "learning", days_ago=30)
        for _ in range(3):
            mark(join(assignment), steps[0], took=2.5)
        assert read(assignment)[0].current.is_stuck

    def test_the_command_counts_large_groups_only(
        self, assignment, monkeypatch, capsys
    ):
        join(assignment)
        call_command("summarize_groups")
        assert capsys.readouterr().out == "Summaries of large groups: 1\n"
        assert StoredSummary.objects.get().assignment == assignment
        monkeypatch.setattr(step_summaries, "MAX_LIVE_MARKS", 1000)
        call_command("summarize_groups")
        assert not StoredSummary.objects.exists()
        assert not read_summary(assignment).is_large

    def test_an_assignment_that_was_deleted_meanwhile(self, assignment):
        deleted = assignment.pk
        assignment.delete()
        assignment.pk = deleted
        assert step_summaries.store_summary(assignment).steps == {}
        assert not StoredSummary.objects.exists()


class TestOrder:
    @pytest.mark.parametrize(
        ("order", "names"), [("name", "abcd"), ("time", "cabd"), ("active", "bcad")]
    )
    def test_who_comes_first(self, assignment, steps, order, names):
        d, c, b, a = [join(assignment, name=name) for name in ["d", "c", "B", "A"]]
        mark(a, steps[0], days_ago=7)
        mark(b, steps[0], days_ago=1)
        mark(c, steps[1], "learning", days_ago=9)
        mark(c, steps[0], days_ago=5)
        mark(d, StepFactory())
        members = Membership.objects.showing(assignment).sorted_by(order, assignment)
        assert "".join(each.user.name.lower() for each in members) == names

    def test_people_without_a_name_are_sorted_by_their_address(self, assignment):
        for name in ("", "Ann", "Zoe"):
            join(assignment, name=name, email=f"m{name.lower()}@example.com")
        members = Membership.objects.showing(assignment)
        found = [each.user.name for each in members.sorted_by("name", assignment)]
        assert found == ["Ann", "", "Zoe"]

    def test_the_time_is_that_of_the_current_step(self, assignment, steps):
        """SQL and Python follow the same rule."""
        first, second, third, optional = steps
        cases = [
            [],
            [(first, "learning", 3)],
            [(first, "done", 4)],
            [(first, "skipped", 5), (third, "learning", 20), (second, "learning", 6)],
            [(first, "done", 7), (second, "done", 8), (third, "done", 9)],
            [(step, "done", 10) for step in steps],
            [(step, "skipped", 11) for step in steps[:3]],
            [(step, "skipped", 12) for step in steps],
            [(step, "done", 13) for step in steps[:3]] + [(optional, "learning", 14)],
            [(optional, "done", 15)],
        ]
        for case in cases:
            member = join(assignment)
            for step, state, days in case:
                mark(member, step, state, days_ago=days)
        for retired in (None, second, first):
            if retired:
                step_operations.retire(retired)
            members = Membership.objects.showing(assignment)
            members = members.sorted_by(MemberOrder.TIME, assignment)
            days = [
                each.current.days if each.current else -1
                for each in read_progress(assignment, members)
            ]
            assert days == sorted(days, reverse=True)
            assert len(days) == len(cases)


class TestFilter:
    def test_by_the_state_of_a_step(self, assignment, steps):
        members = {state: join(assignment) for state in State}
        for state in State.values[1:]:
            mark(members[state], steps[0], state)
        mark(members[State.NONE], steps[1])
        showing = Membership.objects.showing(assignment)
        for state, member in members.items():
            assert list(showing.with_state(steps[0].pk, state)) == [member]

    def test_a_step_of_a_roadmap_that_they_do_not_show(self, assignment):
        step = StepFactory()
        other = AssignmentFactory(group=assignment.group, roadmap=step.roadmap)
        hides, shows = join(assignment), join(assignment, other)
        mark(hides, step)
        mark(shows, step)
        showing = Membership.objects.showing(assignment)
        assert list(showing.with_state(step.pk, "done")) == [shows]
        assert not showing.with_state(step.pk, "none")
