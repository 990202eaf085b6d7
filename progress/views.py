"""What a person does to their progress."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from progress import undo, wishes
from progress.models import StepProgress
from progress.requests import HtmxRequest, PersonsRequest
from progress.same_origin import same_origin_only
from roadmaps.models import Roadmap, Step


@require_POST
@same_origin_only
def mark(request: HtmxRequest, step_id: int, state: str) -> HttpResponse:
    """Mark a step as `state`; `?undo=` puts back the dates of an earlier mark."""
    if not request.user.is_authenticated:
        return wish(request, step_id, state)
    user = request.user
    token = request.GET.get("undo")
    undone = offer_behind(token, user, step_id, state) if token else None
    try:
        mark = StepProgress.objects.mark(
            user,
            step_id,
            state,
            put_back=undone.standing if undone else None,
            completed_at=undone.completed_at if undone else None,
        )
    except Step.DoesNotExist as error:
        raise Http404("There is no such step.") from error
    step = mark.step
    step.offer = undo.offer(user, mark)
    if request.htmx:
        page = "step" if is_from_its_page(request) else "roadmap"
        context = {"mark": mark, "roadmap": step.roadmap, "route": mark.route}
        return render(
            request, f"roadmaps/{page}.html#marked", {**context, "step": step}
        )
    offers = undo.still_open(request.POST.getlist("undo"), user)
    offers.pop(step.pk, None)
    tokens = [offer.token for offer in (*offers.values(), step.offer) if offer]
    path, hash_, fragment = landing(request, step).partition("#")
    query = f"?{urlencode({'undo': tokens}, doseq=True)}" if tokens else ""
    return redirect(f"{path}{query}{hash_}{fragment}")


def offer_behind(token: str, user: User, step_id: int, state: str) -> undo.Offer:
    """The undo that a mark is. Raises BadRequest when it is not this one's."""
    try:
        offer = undo.read(token, user)
    except signing.BadSignature as error:
        raise BadRequest("This undo was not made for you.") from error
    if (offer.step_id, offer.standing.state) != (step_id, state):
        raise BadRequest("This undo was made for another step or state.")
    return offer


def is_from_its_page(request: HtmxRequest) -> bool:
    """Whether the mark was made on the step's own page, not on its roadmap's."""
    return request.POST.get("at") == "step"


def landing(request: HtmxRequest, step: Step) -> str:
    on_its_page = is_from_its_page(request)
    return step.get_absolute_url() if on_its_page else step.get_route_url()


def wish(request: HtmxRequest, step_id: int, state: str) -> HttpResponse:
    """Take a visitor to sign in, and remember what for."""
    published = Step.objects.published().select_related("roadmap")
    step = get_object_or_404(published, pk=step_id)
    back = landing(request, step)
    wishes.make(request, step, state, back)
    if request.htmx:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: PersonsRequest, slug: str) -> HttpResponse:
    """Ask whether to take back all marks on a roadmap; a POST does it."""
    user = request.user
    roadmap = get_object_or_404(Roadmap.objects.visible(user.is_staff), slug=slug)
    context: dict[str, Any] = {"roadmap": roadmap}
    if request.method == "POST":
        past = StepProgress.objects.reset(user, roadmap)
        context["past"] = past
        context["token"] = undo.sign_past(user, roadmap, past)
    else:
        own = StepProgress.objects.filter(user=user, step__roadmap=roadmap)
        context["marks"] = own.count()
    return render(request, "progress/reset.html", context)


@login_required
@require_POST
def restore(request: PersonsRequest, slug: str) -> HttpResponse:
    """Undo a reset."""
    user = request.user
    roadmap = get_object_or_404(Roadmap.objects.visible(user.is_staff), slug=slug)
    try:
        past = undo.read_past(request.POST.get("past", ""), user, roadmap)
    except signing.BadSignature as error:
        raise BadRequest("This undo was not made for you and this roadmap.") from error
    StepProgress.objects.restore(user, roadmap, past)
    return redirect(roadmap)
