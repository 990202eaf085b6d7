"""Redis, shared by all processes; while it is away, what each remembers by itself."""

import time
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger("cairn.config")

PATIENCE = 0.5  # seconds, to connect and for each answer
PAUSE = 5.0  # seconds for which a server that was away is left alone


class Server:
    """Whether a Redis answers, as this process knows."""

    def __init__(self) -> None:
        self.is_up = True
        self.next_try = 0.0
        self.lock = Lock()

    def may_be_asked(self) -> bool:
        """While it is away that is one call in `PAUSE` seconds, not one a thread."""
        with self.lock:
            if not self.is_up and time.monotonic() < self.next_try:
                return False
            self.next_try = time.monotonic() + PAUSE
            return True

    def answered(self) -> None:
        with self.lock:
            came_back, self.is_up = not self.is_up, True
        if came_back:
            log.info("cache_is_back")

    def failed(self, error: RedisError) -> None:
        with self.lock:
            went_away, self.is_up = self.is_up, False
            self.next_try = time.monotonic() + PAUSE
        if went_away:
            log.warning("cache_is_away", error=type(error).__name__)


@cache
def server_at(location: str) -> Server:  # noqa: ARG001
    """The one that every thread asks: a `Cache` belongs to one of them."""
    return Server()


def else_by_itself(name: str) -> Callable[..., Any]:
    def call(self: "Cache", *args: Any, **kwargs: Any) -> Any:
        server = server_at(self.location)
        if server.may_be_asked():
            try:
                answer = getattr(RedisCache, name)(self, *args, **kwargs)
            except RedisError as error:
                server.failed(error)
            else:
                server.answered()
                return answer
        return getattr(self.own, name)(*args, **kwargs)

    return call


class Cache(RedisCache):
    def __init__(self, location: str, params: dict[str, Any]) -> None:
        options = {
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
            # Once more, since a connection that was kept may have died meanwhile.
            "retry": Retry(NoBackoff(), 1),
        }
        super().__init__(location, {**params, "OPTIONS": options})
        self.location = location
        self.own = LocMemCache("while Redis is away", {})

    def ping(self) -> None:
        """Raises RedisError when the server does not answer."""
        self._cache.get_client().ping()

    add = else_by_itself("add")
    get = else_by_itself("get")
    set = else_by_itself("set")
    touch = else_by_itself("touch")
    delete = else_by_itself("delete")
    has_key = else_by_itself("has_key")
    incr = else_by_itself("incr")
    get_many = else_by_itself("get_many")
    set_many = else_by_itself("set_many")
    delete_many = else_by_itself("delete_many")
    clear = else_by_itself("clear")
