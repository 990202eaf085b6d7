"""A person's own progress on the roadmaps of a group: for themselves, and as the
example of what mentors see.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Exists, OuterRef
from django.utils import timezone

from groups.member_rows import MemberRow
from groups.models import Assignment, Group, Membership, SharedRoadmap
from groups.pace import Pace, compute_pace
from groups.stuck import get_current_step
from progress.route import NEVER, AnnotatedStep, Route, State
from progress.snapshot import get_routes
from roadmaps.visibility import may_see

if TYPE_CHECKING:
    from accounts.models import User
    from roadmaps.models import Roadmap


class AssignedRoadmap(NamedTuple):
    """A roadmap of a group, with one person's progress on it."""

    assignment: Assignment
    is_linked: bool  # the person may open it now
    is_shown: bool  # the person agreed to show it
    row: MemberRow  # what mentors see, or would see
    pace: Pace | None

    @property
    def roadmap(self) -> Roadmap:
        return self.assignment.roadmap

    @property
    def route(self) -> Route:
        return self.row.route

    @property
    def is_available(self) -> bool:
        """Whether members see it. Mentors see nobody's progress on any other."""
        return self.roadmap.is_published

    @property
    def relevance(self) -> tuple[bool, bool, datetime]:
        """What the person can continue with sorts highest, by the last mark."""
        return self.is_linked, not self.route.completed_at, self.route.marked_at

    @property
    def marked_steps(self) -> list[AnnotatedStep]:
        """The steps that a mentor sees as marked, or with ticked topics."""
        return [
            step
            for step in self.route.steps
            if step.state != State.NONE or step.topic_count.done
        ]


def read_assigned_roadmaps(
    group: Group, user: User, membership: Membership | None = None
) -> list[AssignedRoadmap]:
    """The roadmaps of the group, with the person's own progress.

    Without a membership, as if the person showed all of them.
    """
    consents = SharedRoadmap.objects.filter(
        membership=membership, assignment=OuterRef("pk")
    )
    found: list[Any] = list(
        group.assignments.select_related("roadmap").annotate(
            is_linked=may_see(user, "roadmap__"), is_shown=Exists(consents)
        )
    )
    routes = get_routes([assignment.roadmap_id for assignment in found], user)
    # Without those of a roadmap that was deleted between the two queries.
    assignments = [each for each in found if each.roadmap_id in routes]
    seen = [
        routes[assignment.roadmap_id].marked_at
        for assignment in assignments
        if assignment.roadmap.is_published and (assignment.is_shown or not membership)
    ]
    own = membership or Membership(user=user, group=group)
    today = timezone.localdate()
    return [
        AssignedRoadmap(
            assignment,
            assignment.is_linked,
            assignment.is_shown,
            get_row(own, route, [*seen, route.marked_at], assignment.is_linked),
            compute_pace(route.steps, assignment.due_on, today),
        )
        for assignment in assignments
        for route in [routes[assignment.roadmap_id]]
    ]


def get_row(
    membership: Membership, route: Route, marked_at: list[datetime], is_linked: bool
) -> MemberRow:
    """The row on the mentors' page. `marked_at` are the dates of the last marks on the
    roadmaps that they see.

    It does not name a step that the person has not marked on a roadmap that they can
    open only once they have joined.
    """
    last_at = max(marked_at)
    current = get_current_step(route, {}, timezone.now())
    if current and current.step.state == State.NONE and not is_linked:
        current = None
    return MemberRow(
        membership,
        route,
        None if last_at == NEVER else timezone.localdate(last_at),
        current,
        to_confirm=[],
    )
