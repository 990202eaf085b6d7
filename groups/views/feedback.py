from django.http import Http404, HttpRequest, HttpResponse


def confirm(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")


def remark(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")


def save_work_link(request: HttpRequest, **_: object) -> HttpResponse:
    raise Http404("This page is not there yet.")
