"""The ways back: what a mark or a reset changed, signed, to be sent again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.core import signing

from accounts.models import User
from progress.models import Mark, Past, State, StepStatus
from roadmaps.models import Roadmap

MARK = "progress.undo.mark"
RESET = "progress.undo.reset"
MOST_OFFERS = 5  # that one page keeps; the address of a plain form must hold them


class Offer(NamedTuple):
    """That one person may put one step to a standing that is theirs, dates included."""

    step_id: int
    standing: StepStatus
    completed_at: datetime | None  # of the roadmap, where the mark took that back
    token: str


def offer(user: User, mark: Mark) -> Offer | None:
    """The way back from `mark`; None where nothing was stored that it could lose."""
    if mark.before.state in (State.NONE, mark.step.state):
        return None
    return sign(user, mark.step.pk, mark.before, mark.uncompleted_at)


def sign(
    user: User,
    step_id: int,
    standing: StepStatus,
    completed_at: datetime | None = None,
) -> Offer:
    """An offer to this person, and nobody else, to put the step to `standing`."""
    content = [user.pk, step_id, *_dump(standing), _text(completed_at)]
    return Offer(step_id, standing, completed_at, signing.dumps(content, salt=MARK))


def read(token: str, user: User) -> Offer:
    """The offer that `token` stands for.

    Raises signing.BadSignature when it was not made by Cairn for this person.
    """
    owner, step_id, *standing, completed_at = signing.loads(token, salt=MARK)
    if owner != user.pk:
        raise signing.BadSignature("made for somebody else")
    return Offer(step_id, _load(standing), _date(completed_at), token)


def still_open(tokens: Iterable[str], user: User) -> dict[int, Offer]:
    """The offers by step that a page has made and still holds, the newest few; what is
    none of this person's is left out.
    """
    offers = {}
    for token in list(tokens)[-MOST_OFFERS:]:
        try:
            offer = read(token, user)
        except signing.BadSignature:
            continue
        offers[offer.step_id] = offer
    return offers


def sign_past(user: User, roadmap: Roadmap, past: Past) -> str:
    """A token with which this person, and nobody else, can undo a reset."""
    marks = [[step, *_dump(standing)] for step, standing in past.marks.items()]
    content = [user.pk, roadmap.pk, marks, _text(past.completed_at)]
    return signing.dumps(content, salt=RESET, compress=True)


def read_past(token: str, user: User, roadmap: Roadmap) -> Past:
    """The past that `token` holds.

    Raises signing.BadSignature when it was not made for this person and roadmap.
    """
    user_id, roadmap_id, marks, completed_at = signing.loads(token, salt=RESET)
    if (user_id, roadmap_id) != (user.pk, roadmap.pk):
        raise signing.BadSignature("made for somebody or something else")
    standings = {step: _load(standing) for step, *standing in marks}
    return Past(standings, _date(completed_at))


def _dump(standing: StepStatus) -> list[str | None]:
    return [standing.state, _text(standing.started_at), _text(standing.done_at)]


def _load(content: list[str]) -> StepStatus:
    state, started_at, done_at = content
    return StepStatus(state, _date(started_at), _date(done_at))


def _text(date: datetime | None) -> str | None:
    return date.isoformat() if date else None


def _date(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
