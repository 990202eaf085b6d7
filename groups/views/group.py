from django.http import Http404, HttpRequest, HttpResponse


def group(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")
