"""A visitor's mark on a step, remembered in their session until they have signed in."""

import time
from contextlib import suppress
from typing import Any, TypedDict

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from progress.models import StepProgress
from progress.route import State
from roadmaps.models import Step

# The marks are stored by the URL to which the sign-in returns: each tab has its own.
SESSION_KEY = "pending_marks"
MAX_PENDING_MARKS = 5
LIFETIME = 30 * 60  # seconds

VERBS = {
    State.DONE: "tick",
    State.LEARNING: "start",
    State.SKIPPED: "skip",
    State.NONE: "untick",
}


class PendingMark(TypedDict):
    step_id: int
    state: str
    description: str  # as in "Sign in to tick Caching"
    created_at: float  # seconds since 1970


def remember(request: HttpRequest, step: Step, state: str, destination: str) -> None:
    """Remember the mark until a sign-in returns to `destination`."""
    pending_marks = request.session.get(SESSION_KEY, {})
    pending_marks.pop(destination, None)  # the newest comes last
    pending_marks[destination] = PendingMark(
        step_id=step.pk,
        state=state,
        description=f"{VERBS[State(state)]} {step.title}",
        created_at=time.time(),
    )
    newest = list(pending_marks.items())[-MAX_PENDING_MARKS:]
    request.session[SESSION_KEY] = dict(newest)


def find(request: HttpRequest, destination: str) -> PendingMark | None:
    """The mark that led to a sign-in that returns to `destination`, if still valid."""
    mark: PendingMark | None
    mark = request.session.get(SESSION_KEY, {}).get(destination)
    return mark if mark and time.time() - mark["created_at"] < LIFETIME else None


def store_after_login(
    request: HttpRequest, response: HttpResponse, user: User, **_: Any
) -> None:
    """Store the mark that led to this sign-in, and drop all others.

    A receiver of allauth's `user_logged_in`; `response` redirects to the destination.
    """
    mark = find(request, destination=response["Location"])
    request.session.pop(SESSION_KEY, None)
    if mark:
        with suppress(Step.DoesNotExist):
            StepProgress.objects.mark(user, mark["step_id"], mark["state"])
