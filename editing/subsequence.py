"""Find the steps that an import need not move."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence


def find_longest_ascending(indexes: Sequence[int]) -> set[int]:
    """Return a longest ascending subsequence: the steps that need not move.

    Patience sorting, https://en.wikipedia.org/wiki/Longest_increasing_subsequence.
    """
    ends: list[int] = []  # the lowest possible end of a subsequence, by its length
    predecessors: dict[int, int | None] = {}
    for index in indexes:
        length = bisect_left(ends, index)
        predecessors[index] = ends[length - 1] if length else None
        ends[length : length + 1] = [index]
    return set(_follow_predecessors(ends[-1], predecessors) if ends else [])


def _follow_predecessors(
    last: int | None, predecessors: Mapping[int, int | None]
) -> Iterator[int]:
    while last is not None:
        yield last
        last = predecessors[last]
