"""What members show of their work, and what their group confirmed of it.

`groups/member_work.py` says what that means on one route. Here it is read together with
the memberships, so that a page of them takes no statement more.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from groups.confirmations import Confirmation, WorkLink, is_taken_back
from groups.member_work import MemberWork, StepToConfirm
from progress.route import State

if TYPE_CHECKING:
    from groups.models import Assignment, MembershipQuerySet
    from progress.route import Route


def with_work(
    memberships: MembershipQuerySet, assignment: Assignment
) -> MembershipQuerySet:
    """Add `shown_links` and `confirmed_steps`, for the functions below."""
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
        if step.state == State.DONE
        and (
            step.pk not in confirmed_at
            or is_taken_back(confirmed_at[step.pk], step.status)
        )
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
