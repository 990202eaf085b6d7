"""Row locks: nothing is written about a member who has just stopped showing it."""

from __future__ import annotations

from groups.models import SharedRoadmap
from groups.roles import Role
from progress.locks import lock_user_and_steps
from roadmaps.models import Step


def lock_consent(
    group_id: int, membership_id: int, step_id: int
) -> tuple[SharedRoadmap, Step]:
    """Lock a member's consent to show the step's roadmap to the mentors of the group,
    and the member's progress on the step, until the transaction ends. Return both.

    Whoever withdraws the consent, leaves or is removed meanwhile waits. Raises
    SharedRoadmap.DoesNotExist if the member does not show the step now.
    """
    consents = SharedRoadmap.objects.select_for_update(of=["self"])
    related = ["membership__user", "membership__group", "assignment"]
    consent = consents.select_related(*related).get(
        membership=membership_id,
        membership__group=group_id,
        membership__role=Role.MEMBER,
        assignment__group=group_id,
        assignment__roadmap__steps=step_id,
    )
    lock_user_and_steps(consent.membership.user, [step_id])
    steps = Step.objects.active().defer_large_fields().select_related("roadmap")
    step = steps.filter(pk=step_id).first()
    if step is None:  # it was retired or merged
        raise SharedRoadmap.DoesNotExist
    return consent, step
