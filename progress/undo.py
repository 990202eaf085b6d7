"""The way back from a mark: the standing before it, signed, as part of an address."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.core import signing

from accounts.models import User
from progress.models import Standing, State

SALT = "progress.undo"


class Offer(NamedTuple):
    """That one person may put one step back to where they stood on it."""

    step_id: int
    standing: Standing
    token: str


def offer(user: User, step_id: int, standing: Standing) -> Offer | None:
    """A way back to `standing`; None where nothing was stored that could be lost."""
    if standing.state == State.NONE:
        return None
    dates = [date and date.isoformat() for date in standing[1:]]
    token = signing.dumps([user.pk, step_id, standing.state, *dates], salt=SALT)
    return Offer(step_id, standing, token)


def read(token: str, user: User) -> Offer:
    """The offer that `token` stands for.

    Raises signing.BadSignature when it was not made by Cairn for this person.
    """
    owner, step_id, state, *dates = signing.loads(token, salt=SALT)
    if owner != user.pk:
        raise signing.BadSignature("made for somebody else")
    parsed = [datetime.fromisoformat(date) if date else None for date in dates]
    return Offer(step_id, Standing(state, *parsed), token)
