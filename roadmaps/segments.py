"""How a progress bar, on a page or on a card, divides a roadmap's steps."""

from collections.abc import Sequence
from itertools import batched
from math import ceil

MAX_SEGMENTS = 60


def group_steps[T](steps: Sequence[T]) -> list[tuple[T, ...]]:
    """Return the steps of each segment, equally many in all but the last."""
    return list(batched(steps, max(1, ceil(len(steps) / MAX_SEGMENTS))))
