from django.http import Http404, HttpRequest, HttpResponse


def settings(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")
