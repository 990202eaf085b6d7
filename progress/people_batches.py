"""Ranges of people, for work on everybody's rows in short transactions."""

from accounts.models import User
from core.postgresql.batches import EVERYBODY


def find_last_person(after: int, size: int) -> int:
    """Return the id of the last of the next `size` people after this id."""
    ids = User.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return next(iter(ids[size - 1 : size]), EVERYBODY)
