"""Which changes to a step may ask something different of learners.

After such a change, the admin asks the editor whether the step's meaning has changed. A
file says so with `new_meaning`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

# These fields have the same names in files. Whether the step is optional can change its
# meaning too, but has another name there, so the callers add it.
MEANING_FIELDS = ["title", "summary", "why", "primer", "body", "exercise", "mistakes"]


def has_other_topics(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> bool:
    """Whether topics were added, retired or brought back, and not only corrected.

    The rows have the `id` of a stored topic.
    """
    return find_active(before) != find_active(after)


def find_active(topics: Iterable[Mapping[str, Any]]) -> set[int | None]:
    return {topic.get("id") for topic in topics if not topic["is_retired"]}


def has_other_outcomes(before: Iterable[str], after: Iterable[str]) -> bool:
    """Whether learners must be able to do other things at the end, in any order."""
    return sorted(before) != sorted(after)
