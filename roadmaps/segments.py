"""Group a roadmap's steps into the segments of a progress bar, on pages and cards."""

from collections.abc import Sequence
from itertools import batched
from math import ceil

MAX_SEGMENTS = 60


def group_steps[T](steps: Sequence[T]) -> list[tuple[T, ...]]:
    """Return the steps of each segment. All but the last have the same number."""
    return list(batched(steps, max(1, ceil(len(steps) / MAX_SEGMENTS))))
