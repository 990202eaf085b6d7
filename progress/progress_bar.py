"""The strip: the total as a row of segments, one a step, a few steps each when long."""

from __future__ import annotations

from itertools import batched
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from progress.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from progress.models import AnnotatedStep

MOST_SEGMENTS = 60


class Segment(NamedTuple):
    steps: Sequence[AnnotatedStep]
    state: str
    is_optional: bool
    is_here: bool  # where the page is that shows it

    @property
    def first(self) -> AnnotatedStep:
        return self.steps[0]


def strip(
    steps: Sequence[AnnotatedStep], here: AnnotatedStep | None = None
) -> list[Segment]:
    """At most 60 segments. One of several steps has the state that they share; else it
    is in progress, or done when all that is not skipped is; optional if they all are.
    """
    return [
        Segment(
            group,
            _shared(group),
            all(step.is_optional for step in group),
            here is not None and here in group,
        )
        for group in groups(steps)
    ]


def groups[T](steps: Sequence[T]) -> list[tuple[T, ...]]:
    """The steps of each segment, as many in each but the last."""
    return list(batched(steps, max(1, ceil(len(steps) / MOST_SEGMENTS))))


def _shared(group: Sequence[AnnotatedStep]) -> str:
    states = {step.state for step in group}
    if len(states) > 1:
        states.discard(State.SKIPPED)
    return states.pop() if len(states) == 1 else State.LEARNING
