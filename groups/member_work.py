"""What the mentors of a group see of a member's work on an assigned roadmap."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from groups.comments import Comment
from groups.confirmations import Confirmation, WorkLink, is_taken_back
from progress.route import State

if TYPE_CHECKING:
    from groups.models import Assignment, Membership, MembershipQuerySet
    from progress.route import AnnotatedStep, Route, StepStatus


class StepToConfirm(NamedTuple):
    """A step that a member has done and the group has not confirmed."""

    step: AnnotatedStep
    work_url: str  # empty if the member has not linked their work


class StepWork(NamedTuple):
    """What one member linked, and what one group confirmed, on one step."""

    url: str  # empty if the member has not linked their work
    confirmation: Confirmation | None
    is_taken_back: bool
    can_confirm: bool


class MemberWork(NamedTuple):
    """What one member linked, and what one group confirmed, on one roadmap."""

    urls: dict[int, str]  # links to work by step id
    confirmations: dict[int, Confirmation]  # of the group, by step id

    def on(self, step: AnnotatedStep) -> StepWork:
        confirmation = self.confirmations.get(step.pk)
        return StepWork(
            self.urls.get(step.pk, ""),
            confirmation,
            bool(confirmation and confirmation.is_taken_back(step.status)),
            can_confirm(
                step.status, confirmation.confirmed_at if confirmation else None
            ),
        )


def can_confirm(status: StepStatus, confirmed_at: datetime | None) -> bool:
    """Whether a step is done and not confirmed, or confirmed before an untick."""
    if status.state != State.DONE:
        return False
    return confirmed_at is None or is_taken_back(confirmed_at, status)


def with_work(
    memberships: MembershipQuerySet, assignment: Assignment
) -> MembershipQuerySet:
    """Add `shown_links` and `confirmed_steps`, for the functions below. So a page of
    members takes no statement more.

    The memberships come from `Membership.objects.showing(assignment)`.
    """
    own: dict[str, Any] = {
        "user": OuterRef("user"),
        "step__roadmap": assignment.roadmap_id,
    }
    links = WorkLink.objects.filter(**own)
    confirmed = Confirmation.objects.filter(**own, group=assignment.group_id)
    return memberships.annotate(
        shown_links=ArraySubquery(links.values(row=JSONObject(step="step", url="url"))),
        confirmed_steps=ArraySubquery(
            confirmed.order_by().values(row=JSONObject(step="step", at="confirmed_at"))
        ),
    )


def get_links(membership: Any) -> dict[int, str]:
    """The links to a member's work by the id of the step."""
    return {link["step"]: link["url"] for link in membership.shown_links}


def find_steps_to_confirm(membership: Any, route: Route) -> list[StepToConfirm]:
    """The steps of a member that can be confirmed, newest first."""
    urls = get_links(membership)
    confirmed_at = {
        row["step"]: datetime.fromisoformat(row["at"])
        for row in membership.confirmed_steps
    }
    found = [
        StepToConfirm(step, urls.get(step.pk, ""))
        for step in route.steps
        if can_confirm(step.status, confirmed_at.get(step.pk))
    ]
    return sorted(found, key=lambda each: each.step.status.marked_at, reverse=True)


def read_member_work(assignment: Assignment, membership: Any) -> MemberWork:
    """The work of one member, with all of each confirmation."""
    confirmations = Confirmation.objects.filter(
        user=membership.user_id,
        step__roadmap=assignment.roadmap_id,
        group=assignment.group_id,
    ).select_related("confirmed_by")
    by_step = {each.step_id: each for each in confirmations}
    return MemberWork(get_links(membership), by_step)


def read_comments(
    assignment: Assignment, membership: Membership
) -> dict[int, list[Comment]]:
    """The comments to one member on the assigned roadmap, by step id, oldest first.

    The membership comes from `Membership.objects.showing(assignment)`.
    """
    own = Comment.objects.filter(group=assignment.group_id, member=membership.user_id)
    comments: dict[int, list[Comment]] = {}
    of_roadmap = own.filter(step__roadmap=assignment.roadmap_id)
    for comment in of_roadmap.select_related("author"):
        comments.setdefault(comment.step_id, []).append(comment)
    return comments
