"""The same step in another roadmap: what was ticked there may be carried over here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from progress import undo
from progress.models import State, StepProgress
from roadmaps.models import Step

if TYPE_CHECKING:
    from accounts.models import User
    from progress.models import OwnStep
    from progress.undo import Offer
    from roadmaps.models import Roadmap


class Twin(NamedTuple):
    """That a person ticked the same step in another roadmap."""

    roadmap: Roadmap
    offer: Offer


def introduce(steps: Iterable[OwnStep], user: User) -> None:
    """Give each step that is not started its `twin`, where there is one that the person
    ticked; the earliest, should there be several.
    """
    waiting = {step.subject: step for step in steps if step.state == State.NONE}
    if not waiting:
        return
    same = Step.objects.about(waiting).filter(roadmap__is_published=True)
    # From what the person ticked, which is little however many roadmaps there are.
    for row in StepProgress.objects.done(user).filter(step__in=same):
        step = waiting[row.step.subject]
        offer = undo.sign(user, step.pk, row.standing)
        step.twin = Twin(row.step.roadmap, offer)
