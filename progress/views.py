"""My progress, and what a person does to it."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import User
from accounts.requests import AuthenticatedRequest, HtmxRequest
from core.rate_limit import limited
from core.same_origin import same_origin_only
from progress import pending_mark, undo
from progress.activity import Year, first_day
from progress.models import NEVER, Note, StepProgress, routes_in_progress
from roadmaps.models import Roadmap, Step

LATELY = 10  # steps
PAST = "past"  # what the last reset took, in the session
NOTES_A_PAGE = 20
LONGEST_SEARCH = 200  # characters


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """My progress. To htmx what can have changed on it, or the notes searched for."""
    user = request.user
    if not user.is_authenticated:
        if request.htmx:  # they have signed out in another tab
            return HttpResponseClientRefresh()
        return redirect_to_login(request.get_full_path())
    context = notes_found(request, user)
    if request.htmx.target == "div#notes_found":
        return render(request, "progress/index.html#found", context)
    routes = routes_in_progress(user)
    roadmaps = Roadmap.objects.in_bulk(routes)
    walks = [(roadmaps[pk], route) for pk, route in routes.items()]
    today = timezone.localdate()
    context |= {
        "under_way": [
            (roadmap, route)
            for roadmap, route in walks
            if not route.completed_at and (roadmap.is_published or user.is_staff)
        ],
        "completed": sorted(
            [(roadmap, route) for roadmap, route in walks if route.completed_at],
            key=lambda walk: walk[1].completed_at or NEVER,
            reverse=True,
        ),
        "lately": StepProgress.objects.done(user)[:LATELY],
        "year": Year(StepProgress.objects.done_by_day(user, first_day(today)), today),
    }
    part = "#fresh" if request.htmx else ""
    return render(request, f"progress/index.html{part}", context)


def notes_found(request: HtmxRequest, user: User) -> dict[str, object]:
    """The page of one's notes that `?q=` and `?page=` ask for."""
    words = request.GET.get("q", "")[:LONGEST_SEARCH].strip()
    notes = Paginator(Note.objects.of(user).matching(words), NOTES_A_PAGE)
    return {"q": words, "notes": notes.get_page(request.GET.get("page"))}


@require_POST
@same_origin_only
@limited
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
        route = mark.route
        context = {"roadmap": step.roadmap, "route": route, "total": route.total}
        context |= {"step": step, "rows": [step], "mark": mark}
        return render(request, f"roadmaps/{page}.html#marked", context)
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
    pending_mark.make(request, step, state, back)
    if request.htmx:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Ask whether to take back all marks on a roadmap; a POST does it. As long as there
    are none again, the page offers to undo that.
    """
    user = request.user
    roadmap = get_object_or_404(Roadmap.objects.visible(user.is_staff), slug=slug)
    if request.method == "POST":
        past = StepProgress.objects.reset(user, roadmap)
        if past.marks:
            request.session[PAST] = {slug: undo.sign_past(user, roadmap, past)}
        return redirect("progress:reset", slug)
    marks = StepProgress.objects.filter(user=user, step__roadmap=roadmap).count()
    way_back = "" if marks else request.session.get(PAST, {}).get(slug, "")
    context = {"roadmap": roadmap, "marks": marks, "past": way_back}
    return render(request, "progress/reset.html", context)


@login_required
@require_POST
def restore(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Undo a reset."""
    user = request.user
    roadmap = get_object_or_404(Roadmap.objects.visible(user.is_staff), slug=slug)
    try:
        past = undo.read_past(request.POST.get("past", ""), user, roadmap)
    except signing.BadSignature as error:
        raise BadRequest("This undo was not made for you and this roadmap.") from error
    StepProgress.objects.restore(user, roadmap, past)
    request.session.pop(PAST, None)
    return redirect(roadmap)
