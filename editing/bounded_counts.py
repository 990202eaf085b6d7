"""Count people without reading the rows of all people."""

from typing import Any

from django.db.models import Count, QuerySet

MAX_COUNTED = 1000  # people; where there are more, pages say "At least 1,000"


def count_people(
    rows: QuerySet[Any], rows_per_person: int, at_most: int | None = None
) -> int:
    """Return how many people have one of the rows, but at most `at_most`, which is
    MAX_COUNTED by default.

    A person has at most `rows_per_person` rows. So this reads no more rows than
    `at_most` people can have.
    """
    at_most = at_most or MAX_COUNTED
    first = rows.order_by()[: at_most * max(rows_per_person, 1)]
    people: int = first.aggregate(people=Count("user", distinct=True))["people"]
    return min(people, at_most)
