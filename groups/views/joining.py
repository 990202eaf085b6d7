from django.http import Http404, HttpRequest, HttpResponse


def enter_code(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")


def join(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")


def sharing(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")


def leave(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")
