"""Row locks: nothing is written about a member who has just stopped showing it."""

from __future__ import annotations

from groups.models import Group, MembershipQuerySet, SharedRoadmap
from groups.roles import Role
from progress.locks import lock_user_and_steps
from progress.step_copies import StepCopy
from roadmaps.models import Step


def lock_consent(
    memberships: MembershipQuerySet, step_id: int
) -> tuple[SharedRoadmap, Step]:
    """Lock a member's group, and their progress on the step, until the transaction
    ends. Return their consent to show the step's roadmap to the mentors, and the step.

    `memberships` has the member, as far as the person who writes may see them. It is
    read again once the group is locked: whoever withdraws the consent, leaves, is
    removed or deletes the group from then on waits.

    Raises SharedRoadmap.DoesNotExist if the member does not show the step now.
    """
    membership = memberships.select_related("user", "group").first()
    # Lock the person before the group, as `leave_groups` does, to rule out deadlocks.
    if not (membership and lock_user_and_steps(membership.user, [step_id])):
        raise SharedRoadmap.DoesNotExist
    # What is written now must not be copied to the other step of a split.
    StepCopy.objects.catch_up(membership.user)
    try:
        membership.group.lock()
    except Group.DoesNotExist as error:
        raise SharedRoadmap.DoesNotExist from error
    related = ["membership__user", "membership__group", "assignment"]
    consent = SharedRoadmap.objects.select_related(*related).get(
        membership__in=memberships,
        membership__role=Role.MEMBER,
        assignment__group=membership.group,
        assignment__roadmap__is_published=True,
        assignment__roadmap__steps=step_id,
    )
    steps = Step.objects.active().defer_large_fields().select_related("roadmap")
    step = steps.filter(pk=step_id).first()
    if step is None:  # it was retired or merged
        raise SharedRoadmap.DoesNotExist
    return consent, step
