"""What the mentors of a group see of a member's work on an assigned roadmap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from groups.confirmations import Confirmation, WorkLink
from groups.remarks import Remark
from progress.route import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from groups.models import Assignment, Membership
    from progress.route import AnnotatedStep, StepStatus


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

    def can_confirm(self, step_id: int, status: StepStatus) -> bool:
        """Whether the step is done and not confirmed, or confirmed before an untick."""
        if status.state != State.DONE:
            return False
        confirmation = self.confirmations.get(step_id)
        return confirmation is None or confirmation.is_taken_back(status)

    def on(self, step: AnnotatedStep) -> StepWork:
        confirmation = self.confirmations.get(step.pk)
        is_taken_back = bool(confirmation and confirmation.is_taken_back(step.status))
        can_confirm = self.can_confirm(step.pk, step.status)
        url = self.urls.get(step.pk, "")
        return StepWork(url, confirmation, is_taken_back, can_confirm)

    def find_steps_to_confirm(
        self, steps: Iterable[AnnotatedStep]
    ) -> list[StepToConfirm]:
        """The steps on the member's route that can be confirmed, newest first."""
        found = [
            StepToConfirm(step, self.urls.get(step.pk, ""))
            for step in steps
            if not step.is_retired and self.can_confirm(step.pk, step.status)
        ]
        return sorted(found, key=lambda each: each.step.status.marked_at, reverse=True)


def read_work(
    assignment: Assignment, memberships: Collection[Membership]
) -> dict[int, MemberWork]:
    """What mentors see of these members' work on the assigned roadmap, by membership
    id, in two statements.

    The memberships come from `Membership.objects.showing(assignment)`.
    """
    own = {
        "user__in": [each.user_id for each in memberships],
        "step__roadmap": assignment.roadmap_id,
    }
    work = {each.user_id: MemberWork({}, {}) for each in memberships}
    links = WorkLink.objects.filter(**own).values_list("user", "step", "url")
    for user_id, step_id, url in links:
        work[user_id].urls[step_id] = url
    confirmations = Confirmation.objects.filter(**own, group=assignment.group_id)
    for confirmation in confirmations.select_related("confirmed_by"):
        work[confirmation.user_id].confirmations[confirmation.step_id] = confirmation
    return {each.pk: work[each.user_id] for each in memberships}


def read_remarks(
    assignment: Assignment, membership: Membership
) -> dict[int, list[Remark]]:
    """The remarks to one member on the assigned roadmap, by step id, oldest first.

    The membership comes from `Membership.objects.showing(assignment)`.
    """
    own = Remark.objects.filter(group=assignment.group_id, member=membership.user_id)
    remarks: dict[int, list[Remark]] = {}
    of_roadmap = own.filter(step__roadmap=assignment.roadmap_id)
    for remark in of_roadmap.select_related("author"):
        remarks.setdefault(remark.step_id, []).append(remark)
    return remarks
