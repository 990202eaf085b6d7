"""Redis, shared by all processes; while it is away, what each remembers by itself."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from core.circuit_breaker import CircuitBreaker
from core.observability.health import NotReadyError

PATIENCE = 0.5  # seconds, to connect and for each answer
PAUSE = 5.0  # seconds for which a server that was away is left alone


@cache
def breaker_of(location: str) -> CircuitBreaker:  # noqa: ARG001
    """The one that every thread asks: a `Cache` belongs to one of them."""
    return CircuitBreaker("cache", PAUSE)


def else_by_itself(name: str) -> Callable[..., Any]:
    def call(self: "Cache", *args: Any, **kwargs: Any) -> Any:
        breaker = breaker_of(self.location)
        if breaker.allows_attempt():
            try:
                answer = getattr(RedisCache, name)(self, *args, **kwargs)
            except RedisError as error:
                breaker.record_failure(error)
            except ValueError:  # of `incr`: it has answered that there is no such key
                breaker.record_success()
                raise
            else:
                breaker.record_success()
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
        self.own = LocMemCache(
            "while Redis is away",
            {"OPTIONS": {"MAX_ENTRIES": settings.LOCAL_CACHE_ENTRIES}},
        )

    def ping(self) -> None:
        """Raises NotReadyError when the server does not answer."""
        try:
            self._cache.get_client().ping()
        except RedisError as error:
            raise NotReadyError(type(error).__name__) from error

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
