"""What holds for every answer."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from config.time_zones import time_zone_of

type GetResponse = Callable[[HttpRequest], HttpResponse]


def time_zone(get_response: GetResponse) -> GetResponse:
    """Say dates in a signed-in person's time zone; to visitors the same bytes."""

    def middleware(request: HttpRequest) -> HttpResponse:
        zone = time_zone_of(request)
        if zone and not request.user.is_authenticated:
            zone = None
        with timezone.override(zone):
            return get_response(request)

    return middleware


def cache_control(get_response: GetResponse) -> GetResponse:
    """Let nobody keep a signed-in page, and browsers ask again for a visitor's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            is_private = request.user.is_authenticated
            response["Cache-Control"] = "no-store" if is_private else "no-cache"
            patch_vary_headers(response, ["Cookie"])
        return response

    return middleware


def method_not_allowed(get_response: GetResponse) -> GetResponse:
    """Give Django's empty 405 a page, as its other errors have."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            page = loader.get_template("405.html")
            response.content = page.render(request=request).encode()
        return response

    return middleware
