"""What holds for every answer."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.cache import patch_vary_headers

type GetResponse = Callable[[HttpRequest], HttpResponse]


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
