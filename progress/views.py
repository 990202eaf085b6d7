"""My progress, and the changes that a person makes to it."""

from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from allauth.core import ratelimit
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

from accounts import signup_policy
from accounts.models import User
from accounts.requests import AuthenticatedRequest, HtmxRequest
from core.rate_limit import rate_limit
from core.same_origin import same_origin_only
from groups.confirmations import Confirmation
from progress import pending_mark, undo
from progress.activity import ActivityChart, get_first_day
from progress.metrics import TICKS
from progress.models import MarkResult, StepProgress
from progress.next_roadmaps import suggest_next_roadmaps
from progress.notes import Note
from progress.route import NEVER, AnnotatedStep, Filter, State, UndoOffer
from progress.snapshot import routes_in_progress
from progress.step_copies import StepCopy
from roadmaps.models import Roadmap, Step
from roadmaps.step_parts import Topic

RECENT_STEPS = 10
NOTES_PER_PAGE = 20
MAX_SEARCH_LENGTH = 200  # characters


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """My progress. For htmx, only what can have changed, or the notes that match."""
    user = request.user
    if not user.is_authenticated:
        if request.htmx:  # they have signed out in another tab
            return HttpResponseClientRefresh()
        return redirect_to_login(request.get_full_path())
    if request.htmx.target == "div#notes_found":
        context = search_notes(request, user)
        return render(request, "progress/index.html#search_response", context)
    StepCopy.objects.catch_up(user)
    context = search_notes(request, user)
    routes_by_id = routes_in_progress(user)
    roadmaps = Roadmap.objects.with_is_hidden(user).in_bulk(routes_by_id)
    routes = [(roadmaps[pk], route) for pk, route in routes_by_id.items()]
    today = timezone.localdate()
    context |= {
        "in_progress": [
            (roadmap, route) for roadmap, route in routes if not route.completed_at
        ],
        "completed": sorted(
            [(roadmap, route) for roadmap, route in routes if route.completed_at],
            key=lambda item: item[1].completed_at or NEVER,
            reverse=True,
        ),
        "recently_done": StepProgress.objects.done(user)[:RECENT_STEPS],
        "activity": ActivityChart(
            StepProgress.objects.done_by_day(user, get_first_day(today)), today
        ),
    }
    part = "#refresh_response" if request.htmx else ""
    return render(request, f"progress/index.html{part}", context)


def search_notes(request: HtmxRequest, user: User) -> dict[str, object]:
    """The page of the person's notes that `?q=` and `?page=` ask for."""
    search = request.GET.get("q", "")[:MAX_SEARCH_LENGTH].strip()
    notes = Paginator(Note.objects.for_user(user).matching(search), NOTES_PER_PAGE)
    return {"q": search, "notes": notes.get_page(request.GET.get("page"))}


@require_POST
@same_origin_only
@rate_limit
def mark(request: HtmxRequest, step_id: int, state: str) -> HttpResponse:
    """Mark a step as `state`. With `?undo=`, restore the dates of an earlier mark."""
    if not request.user.is_authenticated:
        return remember_mark(request, step_id, state)
    offer = requested_undo(request, request.user, step_id, state)
    try:
        result = StepProgress.objects.mark(request.user, step_id, state, offer)
    except Step.DoesNotExist as error:
        raise Http404("There is no such step.") from error
    result.step.undo_offer = undo.offer_undo(request.user, result)
    if request.htmx:
        response = render_mark(request, request.user, result)
    else:
        response = redirect(url_after_mark(request, request.user, result))
    TICKS.labels(state).inc()
    return response


def requested_undo(
    request: HtmxRequest, user: User, step_id: int, state: str
) -> UndoOffer | None:
    """The undo in the address, if there is one. Raises BadRequest if it is not for this
    person, step and state.
    """
    token = request.GET.get("undo")
    if not token:
        return None
    try:
        offer = undo.read_offer(token, user)
    except signing.BadSignature as error:
        raise BadRequest("This undo was not made for you.") from error
    if (offer.step_id, offer.status.state) != (step_id, state):
        raise BadRequest("This undo was made for another step or state.")
    return offer


def render_mark(request: HtmxRequest, user: User, result: MarkResult) -> HttpResponse:
    """Only what the mark changed on the page that it was made on."""
    page = "step" if is_from_step_page(request) else "roadmap"
    context = {
        "roadmap": result.roadmap,
        "route": result.route,
        "total": result.route.total,
        "step": result.step,
        "next_step": result.route.previous_and_next(result.step)[1],
        "rows": [result.step],
        "section": result.route.get_section(result.step),
        "mark": result,
        "show": Filter(request.POST.get("show", "")).value,
        "has_completed": result.has_completed,
        "suggestions": partial(suggest_next_roadmaps, user, [result.roadmap.pk]),
        "confirmations": partial(Confirmation.objects.on_step, user, result.step),
    }
    return render(request, f"roadmaps/{page}.html#mark_response", context)


def url_after_mark(request: HtmxRequest, user: User, result: MarkResult) -> str:
    """The page that the mark was made on, at the step. The query has the page's filter
    and undo offers, and whether the mark completed the roadmap.
    """
    step = result.step
    offers = undo.read_offers(request.POST.getlist("undo"), user)
    offers.pop(step.pk, None)
    if step.undo_offer:
        offers[step.pk] = step.undo_offer
    query: dict[str, str | list[str]] = {}
    if show := Filter(request.POST.get("show", "")).value:
        query["show"] = show
    if q := request.POST.get("q"):
        query["q"] = q
    if offers:
        query["undo"] = [offer.token for offer in offers.values()]
    if result.has_completed:
        query["completed"] = "1"
    path, hash_, fragment = page_url(request, step).partition("#")
    query_string = f"?{urlencode(query, doseq=True)}" if query else ""
    return f"{path}{query_string}{hash_}{fragment}"


def is_from_step_page(request: HtmxRequest) -> bool:
    """Whether the mark was made on the step's own page, not on the roadmap's."""
    return request.POST.get("at") in ("step", "finish")


def page_url(request: HtmxRequest, step: Step | AnnotatedStep) -> str:
    """Where the mark was made: at the step on the roadmap's page, or on the step's own
    page, at its top or at the panel where it ends.
    """
    if not is_from_step_page(request):
        return step.get_row_url()
    anchor = "#step_finish" if request.POST["at"] == "finish" else ""
    return f"{step.get_absolute_url()}{anchor}"


@require_POST
@same_origin_only
@rate_limit
def check_topic(request: HtmxRequest, topic_id: int, outcome: str) -> HttpResponse:
    """Tick a topic of a step, or untick it."""
    is_checked = outcome == "checked"
    if not request.user.is_authenticated:
        return remember_topic(request, topic_id, is_checked)
    try:
        result = StepProgress.objects.check_topic(request.user, topic_id, is_checked)
    except Topic.DoesNotExist as error:
        raise Http404("There is no such topic.") from error
    step = result.step
    topic = next(each for each in step.topics if each.pk == topic_id)
    if not request.htmx:
        return redirect(f"{step.get_absolute_url()}#topic_{topic.slug}")
    context = {
        "roadmap": result.roadmap,
        "route": result.route,
        "step": step,
        "next_step": result.route.previous_and_next(step)[1],
        "topic": topic,
        "has_started": step.state != result.step_before.state,
        "confirmations": partial(Confirmation.objects.on_step, request.user, step),
    }
    return render(request, "roadmaps/step.html#topic_response", context)


def remember_mark(request: HtmxRequest, step_id: int, state: str) -> HttpResponse:
    """Remember a visitor's mark in a cookie, and send them to sign up or in."""
    if limit_response := limit_pending_marks(request):
        return limit_response
    steps = Step.objects.public().select_related("roadmap")
    step = steps.filter(pk=step_id).first()
    if step is None:
        return refuse_mark(request)
    return send_to_sign_in(request, step, state, page_url(request, step))


def remember_topic(
    request: HtmxRequest, topic_id: int, is_checked: bool
) -> HttpResponse:
    """Remember a visitor's tick of a topic in the same way."""
    if limit_response := limit_pending_marks(request):
        return limit_response
    topics = Topic.objects.public().select_related("step__roadmap")
    topic = topics.filter(pk=topic_id).first()
    if topic is None:
        return refuse_mark(request)
    state = State.LEARNING if is_checked else State.NONE
    destination = topic.get_absolute_url()
    return send_to_sign_in(request, topic.step, state, destination, topic.pk)


def refuse_mark(request: HtmxRequest) -> HttpResponse:
    """The response to a visitor's mark on something that visitors cannot see.

    It is the same whether that exists or not. An open page, of somebody who has been
    signed out meanwhile, says so.
    """
    if request.htmx:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    raise Http404("There is no such step or topic for visitors.")


def limit_pending_marks(request: HtmxRequest) -> HttpResponse | None:
    """Return the response to a visitor who marks too often, or None.

    `rate_limit` counts per person, so it does not count visitors. This counts per
    address.
    """
    response: HttpResponse | None
    response = ratelimit.consume_or_429(request, action="pending_mark")
    return response


def send_to_sign_in(
    request: HtmxRequest, step: Step, state: str, destination: str, topic_id: int = 0
) -> HttpResponse:
    response: HttpResponse
    if request.htmx:
        response = HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    else:
        query = urlencode({"next": destination})
        way_in = "signup" if signup_policy.is_open_to_visitors() else "login"
        response = redirect(f"{reverse(f'account_{way_in}')}?{query}")
    pending_mark.remember(request, response, step, state, destination, topic_id)
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Ask whether to delete all marks on a roadmap. A POST deletes them.

    The roadmap's page then offers to undo that, until the person marks a step again.
    """
    user = request.user
    roadmap = get_object_or_404(Roadmap.objects.visible_to(user).known_as(slug))
    if request.method == "POST":
        snapshot = StepProgress.objects.reset(user, roadmap)
        if snapshot.statuses:
            token = undo.sign_reset(user, roadmap, snapshot)
            undo.keep_reset(request.session, roadmap, token)
        return redirect(roadmap)
    marks = StepProgress.objects.filter(user=user, step__roadmap=roadmap).count()
    return render(request, "progress/reset.html", {"roadmap": roadmap, "marks": marks})


@login_required
@require_POST
def restore(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Undo a reset."""
    user = request.user
    roadmap = get_object_or_404(Roadmap.objects.visible_to(user).known_as(slug))
    try:
        snapshot = undo.read_reset(request.POST.get("past", ""), user, roadmap)
    except signing.BadSignature as error:
        raise BadRequest("This undo was not made for you and this roadmap.") from error
    StepProgress.objects.restore(user, roadmap, snapshot)
    undo.drop_reset(request.session)
    return redirect(roadmap)
