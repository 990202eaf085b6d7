"""A visitor's mark on a step or topic, in a signed cookie until they have signed in.

Nothing is stored on the server before the sign-in. The browser can send the cookie
again, and somebody else could have put it there, so a pending mark never takes away
what a person has done: it cannot untick a step, and it leaves a done step as it is.
"""

import time
from contextlib import suppress
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.cookies import set_cookie
from core.middleware import GetResponse
from progress.models import StepProgress
from progress.route import State
from progress.step_copies import StepCopy
from roadmaps.models import Step
from roadmaps.step_parts import Topic

COOKIE_NAME = f"{settings.COOKIE_PREFIX}pending_marks"
SALT = "progress.pending_mark"
MAX_PENDING_MARKS = 5  # they have to fit into one cookie
LIFETIME = 30 * 60  # seconds

STATES = (State.DONE, State.LEARNING, State.SKIPPED)


class PendingMark(NamedTuple):
    step_id: int
    state: str
    created_at: int  # seconds since 1970
    topic_id: int = 0  # if the visitor ticked a topic of the step

    def read_title(self) -> str | None:
        """The title of the step or the topic. None if it is not on a roadmap that
        visitors see.
        """
        if self.topic_id:
            topics = Topic.objects.public().filter(pk=self.topic_id)
            return topics.values_list("title", flat=True).first()
        steps = Step.objects.public().filter(pk=self.step_id)
        return steps.values_list("title", flat=True).first()


def remember(
    request: HttpRequest,
    response: HttpResponse,
    step: Step,
    state: str,
    destination: str,
    topic_id: int = 0,
) -> None:
    """Let `response` keep the mark until a sign-in returns to `destination`.

    Each tab has a mark of its own, because each has another destination.
    """
    if state not in STATES:
        return
    marks = _read(request)
    marks.pop(destination, None)  # the newest comes last
    marks[destination] = PendingMark(step.pk, state, int(time.time()), topic_id)
    newest = dict(list(marks.items())[-MAX_PENDING_MARKS:])
    signed = signing.dumps(newest, salt=SALT, compress=True)
    set_cookie(response, COOKIE_NAME, signed, LIFETIME)


def find(request: HttpRequest, destination: str) -> PendingMark | None:
    """The mark that led to a sign-in that returns to `destination`, if still valid."""
    return _read(request).get(destination)


def store_after_login(
    request: HttpRequest, response: HttpResponse, user: User, **_: Any
) -> None:
    """Store the mark that led to this sign-in, and drop all others.

    A receiver of allauth's `user_logged_in`; `response` redirects to the destination.
    """
    mark = find(request, destination=response["Location"])
    _drop(request, response)
    if mark and mark.topic_id:
        with suppress(Topic.DoesNotExist):
            StepProgress.objects.check_topic(user, mark.topic_id, is_checked=True)
    elif mark and not _is_done(user, mark.step_id):
        with suppress(Step.DoesNotExist):
            StepProgress.objects.mark(user, mark.step_id, mark.state)


def drop_when_signed_in(get_response: GetResponse) -> GetResponse:
    """Middleware that deletes the cookie when somebody who is signed in sends it.

    The request that signs them out is one of these, so the next person who signs in
    with this browser never gets the mark.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        # Without the cookie, nothing may read the user: that varies the page by cookie.
        is_stale = COOKIE_NAME in request.COOKIES and request.user.is_authenticated
        response = get_response(request)
        if is_stale:
            _drop(request, response)
        return response

    return middleware


def _read(request: HttpRequest) -> dict[str, PendingMark]:
    """The valid marks in the cookie, by destination."""
    try:
        marks = signing.loads(
            request.COOKIES.get(COOKIE_NAME, ""), salt=SALT, max_age=LIFETIME
        )
    except signing.BadSignature:
        return {}
    oldest = time.time() - LIFETIME
    pending_marks = {
        destination: PendingMark(*mark) for destination, mark in marks.items()
    }
    return {
        destination: mark
        for destination, mark in pending_marks.items()
        if mark.created_at > oldest
    }


def _drop(request: HttpRequest, response: HttpResponse) -> None:
    if COOKIE_NAME in request.COOKIES:
        response.delete_cookie(COOKIE_NAME, samesite="Lax")


def _is_done(user: User, step_id: int) -> bool:
    StepCopy.objects.catch_up(user)  # a merge may have made the step done
    marks = StepProgress.objects.filter(user=user, step=step_id, state=State.DONE)
    return marks.exists()
