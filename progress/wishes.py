"""A visitor's wish to mark a step: kept in their session until they have signed in."""

import time
from contextlib import suppress
from typing import TypedDict

from django.http import HttpRequest

from accounts.models import User
from progress.models import State, StepProgress
from roadmaps.models import Step

KEY = "wish"
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
    landing: str
    made_at: float


def make(request: HttpRequest, step: Step, state: str, landing: str) -> None:
    """Remember the wish, in the place of an earlier one."""
    request.session[KEY] = Wish(
        step=step.pk,
        state=state,
        name=f"{VERBS[State(state)]} {step.title}",
        landing=landing,
        made_at=time.time(),
    )


def behind(request: HttpRequest, landing: str) -> Wish | None:
    """The wish that led to the sign-in which ends at the address `landing`."""
    wish: Wish | None = request.session.get(KEY)
    if wish is None or wish["landing"] != landing:
        return None
    return wish if time.time() - wish["made_at"] < LIFETIME else None


def grant(request: HttpRequest, user: User, landing: str) -> None:
    """Fulfil the wish behind this sign-in. Any sign-in ends whatever wish there is."""
    wish = behind(request, landing)
    request.session.pop(KEY, None)
    if wish:
        with suppress(Step.DoesNotExist):
            StepProgress.objects.mark(user, wish["step"], wish["state"])
