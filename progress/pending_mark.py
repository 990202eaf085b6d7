"""A visitor's wish to mark a step: kept in their session until they have signed in."""

import time
from contextlib import suppress
from typing import TypedDict

from django.http import HttpRequest

from accounts.models import User
from progress.models import State, StepProgress
from roadmaps.models import Step

KEY = "wishes"  # by the address where the sign-in is to end: each tab has its own
MOST = 5
LIFETIME = 30 * 60  # seconds

VERBS = {
    State.DONE: "tick",
    State.LEARNING: "start",
    State.SKIPPED: "skip",
    State.NONE: "untick",
}


class Wish(TypedDict):
    step: int
    state: str
    name: str
    made_at: float


def make(request: HttpRequest, step: Step, state: str, landing: str) -> None:
    """Remember the wish of a visitor whose sign-in is to end at `landing`."""
    wish = Wish(
        step=step.pk,
        state=state,
        name=f"{VERBS[State(state)]} {step.title}",
        made_at=time.time(),
    )
    wishes = request.session.get(KEY, {})
    wishes.pop(landing, None)  # so that the newest stands last
    request.session[KEY] = dict([*wishes.items(), (landing, wish)][-MOST:])


def behind(request: HttpRequest, landing: str) -> Wish | None:
    """The wish that led to the sign-in which ends at `landing`."""
    wish: Wish | None = request.session.get(KEY, {}).get(landing)
    return wish if wish and time.time() - wish["made_at"] < LIFETIME else None


def grant(request: HttpRequest, user: User, landing: str) -> None:
    """Fulfil the wish behind this sign-in. Any sign-in ends all wishes there are."""
    wish = behind(request, landing)
    request.session.pop(KEY, None)
    if wish:
        with suppress(Step.DoesNotExist):
            StepProgress.objects.mark(user, wish["step"], wish["state"])
