"""Undo a mark or a reset. A signed token that the page sends back has the old state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing

from accounts.models import User
from progress.models import MarkResult
from progress.route import ResetSnapshot, State, StepStatus, UndoOffer
from roadmaps.models import Roadmap

MARK_SALT = "progress.undo.mark.2"  # of its content's second form
RESET_SALT = "progress.undo.reset"
RESET_KEY = "reset"  # in the session: the last reset's token, by roadmap slug
MAX_OFFERS = 5  # per page; all of them must fit into a URL


def offer_undo(user: User, result: MarkResult) -> UndoOffer | None:
    """An offer to undo the mark; None if it overwrote nothing."""
    before = result.step_before
    if before.state in (State.NONE, result.step.state):
        return None
    completions = result.removed_completion, result.kept_completion
    return sign_offer(user, before.pk, before.status, *completions)


def sign_offer(
    user: User,
    step_id: int,
    status: StepStatus,
    removed_completion: datetime | None = None,
    kept_completion: datetime | None = None,
) -> UndoOffer:
    """An offer for this person alone to give the step that status."""
    completions = removed_completion, kept_completion
    content = [user.pk, step_id, *_dump(status), *map(_dump_date, completions)]
    token = signing.dumps(content, salt=MARK_SALT)
    return UndoOffer(step_id, status, *completions, token)


def read_offer(token: str, user: User) -> UndoOffer:
    """The offer in the token.

    Raises signing.BadSignature unless Cairn made it for this person.
    """
    user_id, step_id, *content = signing.loads(token, salt=MARK_SALT)
    if user_id != user.pk:
        raise signing.BadSignature("made for another person")
    removed, kept = map(_load_date, content[3:])
    return UndoOffer(step_id, _load(content[:3]), removed, kept, token)


def read_offers(tokens: Iterable[str], user: User) -> dict[int, UndoOffer]:
    """The newest offers of a page, by step id, without tokens that are not valid for
    this person.
    """
    offers = {}
    for token in list(tokens)[-MAX_OFFERS:]:
        try:
            offer = read_offer(token, user)
        except signing.BadSignature:
            continue
        offers[offer.step_id] = offer
    return offers


def sign_reset(user: User, roadmap: Roadmap, snapshot: ResetSnapshot) -> str:
    """A token with which this person alone can undo the reset of the roadmap."""
    marks = [[step_id, *_dump(status)] for step_id, status in snapshot.statuses.items()]
    completed_at = _dump_date(snapshot.completed_at)
    content = [user.pk, roadmap.pk, marks, completed_at, snapshot.topic_ids]
    return signing.dumps(content, salt=RESET_SALT, compress=True)


def read_reset(token: str, user: User, roadmap: Roadmap) -> ResetSnapshot:
    """The snapshot in the token.

    Raises signing.BadSignature unless Cairn made it for this person and roadmap.
    """
    content = signing.loads(token, salt=RESET_SALT)
    user_id, roadmap_id, marks, completed_at, topic_ids = content
    if (user_id, roadmap_id) != (user.pk, roadmap.pk):
        raise signing.BadSignature("made for another person or roadmap")
    statuses = {step_id: _load(status) for step_id, *status in marks}
    return ResetSnapshot(statuses, _load_date(completed_at), topic_ids)


def keep_reset(session: SessionBase, roadmap: Roadmap, token: str) -> None:
    """Keep the token of the last reset, to offer its undo on the roadmap's page."""
    session[RESET_KEY] = {roadmap.slug: token}


def find_reset(session: SessionBase, roadmap: Roadmap) -> str:
    """The token of the last reset if it was of this roadmap, or an empty string."""
    return str(session.get(RESET_KEY, {}).get(roadmap.slug, ""))


def drop_reset(session: SessionBase) -> None:
    session.pop(RESET_KEY, None)


def _dump(status: StepStatus) -> list[str | None]:
    return [status.state, _dump_date(status.started_at), _dump_date(status.done_at)]


def _load(content: list[str]) -> StepStatus:
    state, started_at, done_at = content
    return StepStatus(state, _load_date(started_at), _load_date(done_at))


def _dump_date(date: datetime | None) -> str | None:
    return date.isoformat() if date else None


def _load_date(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
