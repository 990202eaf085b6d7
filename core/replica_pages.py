"""Read a page from the replica if the primary cannot be reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.http import HttpRequest, HttpResponse

from core.middleware import GetResponse
from core.observability.metrics import REPLICA_PAGES
from core.postgresql import base
from core.postgresql.replica import get_replica, positions
from core.postgresql.replica.base import DatabaseWrapper

SAFE_METHODS = ("GET", "HEAD")


def read_from_replica(get_response: GetResponse) -> GetResponse:
    """Middleware that answers GET and HEAD from the database of DATABASE_REPLICA_URL
    while the primary cannot be reached.

    Meanwhile all other requests get 503. So does a page that may lack something that
    its reader has stored, or a change by anybody that may concern others.
    """
    if not settings.DATABASE_REPLICA:
        raise MiddlewareNotUsed
    if pool := get_replica().pool:
        pool.open()  # a connection is then ready when the primary fails

    def middleware(request: HttpRequest) -> HttpResponse:
        primary = get_primary()
        is_safe = request.method in SAFE_METHODS
        before, meta = vars(request).copy(), request.META.copy()
        if not (is_safe and primary.circuit_breaker.is_waiting):
            primary.is_lost = False
            response = get_response(request)
            is_away = response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            if not (is_safe and is_away and primary.is_unreachable):
                record_position(request, response)
                return response
            vars(request).clear()
            vars(request).update(before)
            request.META.clear()
            request.META.update(meta)
        with use(get_replica()) as position:
            response = get_response(request)
            if has_used_session(request) and has_session_cookie(request):
                check_age(request, position)
                response["Cache-Control"] = "no-store"
        # Do not end a session that the replica does not know yet.
        if response.cookies.pop(settings.SESSION_COOKIE_NAME, None):
            response["Cache-Control"] = "no-store"
        if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            REPLICA_PAGES.inc()
        return response

    return middleware


def get_primary() -> base.DatabaseWrapper:
    return connections[DEFAULT_DB_ALIAS]  # type: ignore[return-value]


def has_used_session(request: HttpRequest) -> bool:
    return hasattr(request, "session") and request.session.accessed


def has_session_cookie(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES


@contextmanager
def use(replica: DatabaseWrapper) -> Iterator[int]:
    """Let all queries of this thread go to the replica, and yield its position.

    Raises OperationalError if it cannot be reached or is no replica.
    """
    primary = get_primary()
    replica.execute_wrappers = primary.execute_wrappers
    connections[DEFAULT_DB_ALIAS] = replica
    try:
        position = replica.read_position()
        if position is None:
            raise OperationalError("DATABASE_REPLICA_URL does not lead to a standby.")
        yield position
    finally:
        connections[DEFAULT_DB_ALIAS] = primary
        replica.close()


def check_age(request: HttpRequest, position: int) -> None:
    """Raise OperationalError if the replica may lack something that the reader stored.

    `position` was read before the page, so the page is at least that new.
    """
    if request.user.is_authenticated:
        required = positions.read_required(str(request.user.pk))
        if required is None or required > position:
            raise OperationalError("The replica may lack what matters to this person.")
    elif request.session.session_key is None:
        raise OperationalError("The replica does not know this session.")


def record_position(request: HttpRequest, response: HttpResponse) -> None:
    """Store the current position for the people whose data the request has changed.

    It becomes the site's position too if the change may concern others, or other
    sessions of the person. A GET that signs somebody in, or prolongs a session, sets
    the session cookie.
    """
    is_failed = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    is_read = (
        request.method in SAFE_METHODS
        and settings.SESSION_COOKIE_NAME not in response.cookies
    )
    if is_failed or is_read or not has_used_session(request):
        return
    if get_primary().connection is None:  # the request has used no database
        return
    owners = set()
    if user_id := request.session.get(SESSION_KEY):
        owners.add(user_id)
    if not request.path_info.startswith(settings.OWN_CHANGES):
        owners.add(positions.SITE)
    if owners:
        positions.record(owners)
