from django.http import Http404, HttpRequest, HttpResponse


def download(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")


def member(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")
