"""A Redis cache that falls back to a local cache while Redis is unavailable."""

from collections.abc import Callable
from copy import copy
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.utils.functional import cached_property
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from core.circuit_breaker import CircuitBreaker
from core.observability.health import NotReadyError

TIMEOUT = 0.5  # seconds, to connect and for each response
RETRY_INTERVAL = 5.0  # seconds between attempts during an outage


@cache
def get_breaker(location: str) -> CircuitBreaker:  # noqa: ARG001
    """Return the circuit breaker of a server, which all threads share.

    Django creates a Cache for each thread.
    """
    return CircuitBreaker("cache", RETRY_INTERVAL)


def with_fallback(name: str) -> Callable[..., Any]:
    """Return a method that calls `name` of RedisCache, or of the local cache while the
    server is unavailable.
    """

    def method(self: "Cache", *args: Any, **kwargs: Any) -> Any:
        breaker = get_breaker(self.location)
        if breaker.allows_attempt():
            try:
                result = getattr(RedisCache, name)(self, *args, **kwargs)
            except RedisError as error:
                breaker.record_failure(error)
            except (
                ValueError
            ):  # from `incr`: the server answered that the key is missing
                breaker.record_success()
                raise
            else:
                breaker.record_success()
                return result
        return getattr(self.local, name)(*args, **kwargs)

    return method


class Cache(RedisCache):
    """Django's Redis cache, but no page waits long for the server.

    During an outage each process uses its own cache, so it counts rate limits alone.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        options = {
            "socket_connect_timeout": TIMEOUT,
            "socket_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 1),  # a connection from the pool may be dead
        }
        super().__init__(location, {**params, "OPTIONS": options})
        self.location = location
        self.local: BaseCache = LocMemCache(
            "redis fallback",
            {"OPTIONS": {"MAX_ENTRIES": settings.LOCAL_CACHE_ENTRIES}},
        )

    @cached_property
    def shared(self) -> "Cache":
        """The same cache without the local fallback: all processes see its values."""
        shared = copy(self)
        shared.local = DummyCache("", {})
        return shared

    def ping(self) -> None:
        """Raise NotReadyError if the server does not answer."""
        try:
            self._cache.get_client().ping()
        except RedisError as error:
            raise NotReadyError(type(error).__name__) from error

    add = with_fallback("add")
    get = with_fallback("get")
    set = with_fallback("set")
    touch = with_fallback("touch")
    delete = with_fallback("delete")
    has_key = with_fallback("has_key")
    incr = with_fallback("incr")
    get_many = with_fallback("get_many")
    set_many = with_fallback("set_many")
    delete_many = with_fallback("delete_many")
    clear = with_fallback("clear")
