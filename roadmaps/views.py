"""The pages under `/` and `/roadmaps/`."""

from contextlib import suppress

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from progress import undo
from progress.models import Route, begun, with_progress
from progress.requests import HtmxRequest
from roadmaps.models import Roadmap


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    roadmaps = Roadmap.objects.visible(request.user.is_staff).with_step_count()
    routes = begun(request.user) if request.user.is_authenticated else {}
    listed = [(roadmap, routes.get(roadmap.pk)) for roadmap in roadmaps]
    return render(request, "roadmaps/index.html", {"listed": listed})


@require_safe
def roadmap(request: HtmxRequest, slug: str) -> HttpResponse:
    visible = Roadmap.objects.visible(request.user.is_staff)
    roadmap = get_object_or_404(visible, slug=slug)
    route = Route(with_progress(roadmap.steps.all(), request.user))
    offer = None
    if request.user.is_authenticated:
        with suppress(signing.BadSignature):
            offer = undo.read(request.GET.get("undo", ""), request.user)
    context = {"roadmap": roadmap, "route": route, "offer": offer}
    if not request.htmx:
        return render(request, "roadmaps/roadmap.html", context)
    if not request.user.is_authenticated:  # they have signed out in another tab
        return HttpResponseClientRefresh()
    return render(request, "roadmaps/roadmap.html#fresh", context)
