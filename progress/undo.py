"""The way back from a mark: the standing before it, signed, as part of an address."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from django.core import signing
from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import User
from progress.models import Past, Standing, State
from roadmaps.models import Roadmap

SALT = "progress.undo"
RESET_SALT = "progress.reset"


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
    return Offer(step_id, Standing(state, *map(_date, dates)), token)


def sign_past(user: User, roadmap: Roadmap, past: Past) -> str:
    """A token with which this person, and nobody else, can undo a reset."""
    content = [user.pk, roadmap.pk, *past]
    text = json.dumps(content, cls=DjangoJSONEncoder)
    return signing.dumps(text, salt=RESET_SALT, compress=True)


def read_past(token: str, user: User, roadmap: Roadmap) -> Past:
    """The past that `token` holds.

    Raises signing.BadSignature when it was not made for this person and roadmap.
    """
    text = signing.loads(token, salt=RESET_SALT)
    user_id, roadmap_id, marks, completed_at = json.loads(text)
    if (user_id, roadmap_id) != (user.pk, roadmap.pk):
        raise signing.BadSignature("made for somebody or something else")
    return Past(
        [
            (step, state, _date(began), _date(done))
            for step, state, began, done in marks
        ],
        _date(completed_at),
    )


def _date(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
