"""The same step in another roadmap: what was ticked there may be carried over here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from progress import undo
from progress.models import Standing, State, with_progress
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
    others = Step.objects.outline().about(waiting).filter(roadmap__is_published=True)
    ticked = with_progress(others.select_related("roadmap"), user)
    for other in ticked.filter(state=State.DONE).order_by("-done_at"):
        step = waiting[other.subject]
        offer = undo.sign(user, step.pk, Standing.on(other))
        step.twin = Twin(other.roadmap, offer)
