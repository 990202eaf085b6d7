"""Cache visitors' pages briefly. They are the same for every visitor."""

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.cache import CacheMiddleware
from django.urls import resolve

from core.middleware import GetResponse, visitor_cache_control
from core.wsgi import FAULT


class VisitorCacheMiddleware(CacheMiddleware):
    """Django's cache of whole pages, for well-formed requests without a session only.

    It stores a response only if `core.middleware.cache_control` has marked it as a
    visitor's page and it sets no cookie. Django's key holds the URL and every header
    that the response names in `Vary`. `CACHE_MIDDLEWARE_ALIAS` names the cache and
    `CACHE_MIDDLEWARE_SECONDS` the time; 0 turns it off.
    """

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        if not self.cache_timeout:
            raise MiddlewareNotUsed

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if settings.SESSION_COOKIE_NAME in request.COOKIES or FAULT in request.META:
            return None
        response = super().process_request(request)
        if response is not None:
            request.resolver_match = resolve(request.path_info)  # for the request log
        return response

    def process_response(  # type: ignore[override]
        self, request: HttpRequest, response: HttpResponse
    ) -> HttpResponseBase | str:
        is_visitor_page = response.get("Cache-Control") == visitor_cache_control()
        if response.cookies or not is_visitor_page:
            return response
        return super().process_response(request, response)
