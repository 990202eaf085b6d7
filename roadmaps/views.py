"""The pages under `/` and `/roadmaps/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import HtmxRequest
from core.rate_limit import rate_limit
from groups.own_assignments import find_own_assignments
from groups.step_feedback import StepFeedback
from progress import undo
from progress.equivalent_steps import attach_equivalents
from progress.forms import NoteForm
from progress.needs import find_needs
from progress.next_roadmaps import suggest_next_roadmaps
from progress.notes import Note, NoteConflictError
from progress.route import AnnotatedStep, Filter, Route
from progress.snapshot import find_hidden_roadmap, get_route, routes_in_progress
from roadmaps.card import Card
from roadmaps.content_cache import get_step_content
from roadmaps.models import Roadmap, Step
from roadmaps.share import roadmap_preview, site_preview
from roadmaps.visibility import Visibility

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

DAY = 24 * 60 * 60  # seconds
FEW_ROADMAPS = 12  # more are grouped by category, and can be filtered by word
ROADMAPS_PER_PAGE = 50
MAX_FILTER_LENGTH = 100  # characters


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All roadmaps. Those that the person has started come first, the most recently
    marked at the top.

    `?q=` asks for those that have its words, `?page=` for more of a long list.
    """
    user = request.user
    q = request.GET.get("q", "")[:MAX_FILTER_LENGTH].strip()
    roadmaps = Roadmap.objects.matching(q)
    routes = routes_in_progress(user) if user.is_authenticated else {}
    started = roadmaps.with_is_hidden(user).in_bulk(routes)
    entries = [(started[pk], route) for pk, route in routes.items() if pk in started]
    completed = [entry for entry in entries if entry[1].completed_at]
    suggested: list[Roadmap] = []
    if completed and user.is_authenticated and not q:
        suggested = list(
            suggest_next_roadmaps(user, [each.pk for each, _ in completed])
        )
    shown_above = {*routes, *(each.pk for each in suggested)}
    others = roadmaps.visible_to(user).exclude(pk__in=shown_above)
    others = others.with_step_count().with_hours()
    paginator = Paginator(others, ROADMAPS_PER_PAGE)
    are_many = bool(q) or paginator.count + len(shown_above) > FEW_ROADMAPS
    if are_many:  # the page groups them
        paginator.object_list = others.order_by("category", "position", "pk")
    context = {
        "in_progress": [entry for entry in entries if not entry[1].completed_at],
        "suggested": suggested,
        "others": paginator.get_page(request.GET.get("page")),
        "completed": completed,
        "are_many": are_many,
        "q": q,
        "share": site_preview(request),
    }
    return render(request, "roadmaps/index.html", context)


def explain_hidden(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """Send a visitor to sign in if that is all that the roadmap asks for. Tell a person
    who has marks or notes on a roadmap that it is hidden, and that they are safe.

    Everybody else gets the same 404 as for an unknown address. The explaining page has
    that status, too. Otherwise a cache or a bookmark checker could take it for the
    roadmap.
    """

    @wraps(view)
    def wrapper(request: HtmxRequest, **slugs: str) -> HttpResponse:
        try:
            return view(request, **slugs)
        except Http404:
            slug = slugs.get("roadmap_slug", slugs["slug"])
            if not request.user.is_authenticated and opens_after_sign_in(slug):
                if request.htmx:  # they have signed out in another tab
                    return HttpResponseClientRefresh()
                return redirect_to_login(request.get_full_path())
            hidden = find_hidden_roadmap(slug, request.user)
            if hidden is None:
                raise
        context = {"roadmap": hidden}
        status = HTTPStatus.NOT_FOUND
        return render(request, "roadmaps/hidden.html", context, status=status)

    return wrapper


def opens_after_sign_in(slug: str) -> bool:
    """Whether everybody who is signed in may open the roadmap with this slug."""
    roadmaps = Roadmap.objects.known_as(slug).filter(
        is_published=True, visibility=Visibility.SIGNED_IN
    )
    return roadmaps.exists()


@require_safe
@explain_hidden
def roadmap(request: HtmxRequest, slug: str) -> HttpResponse:
    """A roadmap with its steps and the person's progress.

    `?show=` is a filter by state, and `?q=` one by words.
    """
    roadmap, route = get_route_or_404(slug, request.user)
    if roadmap.slug != slug:
        return redirect(roadmap)
    attach_offers(request, route, route.steps)
    show = Filter(request.GET.get("show", "")).value
    q = ""
    if route.is_long:
        q = request.GET.get("q", "")[:MAX_FILTER_LENGTH].strip()
        route.filter_by_words(q)
    are_all_open = bool(show or q) or not request.user.is_authenticated
    context = {
        "roadmap": roadmap,
        "route": route,
        "rows": route.steps,
        "total": route.total,
        "share": partial(
            roadmap_preview,
            request,
            roadmap,
            route.steps,
            roadmap.title,
            roadmap.summary,
        ),
        "sections": route.get_sections(are_all_open=are_all_open),
        "show": show,
        "q": q,
        "has_completed": "completed" in request.GET,
    }
    if request.user.is_authenticated:
        suggest = partial(suggest_next_roadmaps, request.user, [roadmap.pk])
        context["suggestions"] = suggest  # called for a completed roadmap only
        if not request.htmx:
            context["own_assignments"] = find_own_assignments(roadmap.pk, request.user)
        if not route.is_started:
            context["undo_reset"] = undo.find_reset(request.session, roadmap)
    if request.GET.get("notes") and request.user.is_authenticated:
        notes = Note.objects.for_user(request.user).filter(step__roadmap=roadmap)
        context["notes"] = notes.order_by("step__position")
    return render_or_refresh(request, "roadmaps/roadmap.html", context)


@require_safe
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture that other sites show for a link to the roadmap.

    Pages link to it with its version in the address, so an edit shows at once although
    the picture is cached for a day.
    """
    roadmap = get_object_or_404(Roadmap.objects.known_as(slug))
    # Not for public ones, because reading the user adds `Vary: Cookie`.
    if not roadmap.is_public:
        visible = Roadmap.objects.visible_to(request.user)
        get_object_or_404(visible, pk=roadmap.pk)
    card = Card.for_roadmap(roadmap, roadmap.steps.active().defer_large_fields())
    response = HttpResponse(card.png, content_type="image/png")
    if roadmap.is_public:
        patch_cache_control(response, public=True, max_age=DAY)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit
@explain_hidden
def step(request: HtmxRequest, roadmap_slug: str, slug: str) -> HttpResponse:
    """A step's own page. A POST saves the private note on it."""
    if request.method == "POST" and not request.user.is_authenticated:
        # Before anything is read: a visitor learns nothing of what may be there.
        if request.htmx:
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return redirect_to_login(request.get_full_path())
    roadmap, route = get_route_or_404(roadmap_slug, request.user)
    step = next((step for step in route.steps if step.slug == slug), None)
    if step is None:
        step = renamed_step_or_404(route, roadmap, slug)
    # A page opened before the renaming still saves its note here.
    is_renamed = (roadmap.slug, step.slug) != (roadmap_slug, slug)
    if is_renamed and request.method != "POST":
        return redirect(step)
    attach_offers(request, route, [step])
    previous_step, next_step = route.previous_and_next(step)
    context = {
        "roadmap": roadmap,
        "route": route,
        "step": step,
        "previous_step": previous_step,
        "next_step": next_step,
        "share": partial(
            roadmap_preview,
            request,
            roadmap,
            route.steps,
            f"{step.title} · {roadmap.title}",
            step.summary,
        ),
    }
    if request.method != "POST" or not request.htmx:
        content = get_step_content(step.pk, str(roadmap.content_version))
        context |= {
            "content": content,
            "topics": [
                (topic, topic.pk in step.checked_topics) for topic in content.topics
            ],
            "needs": find_needs(step, route, request.user),
            "are_answers_open": "answers" in request.GET,
            "has_parts": content.has_parts or step.has_outline,
        }
        if request.user.is_authenticated:
            feedback = StepFeedback.read(request.user, step, roadmap.pk)
            context["feedback"] = feedback
            context["confirmations"] = feedback.confirmations
    if request.method == "POST":
        return save_note(request, step, context)
    if request.user.is_authenticated:
        note = Note.objects.filter(user=request.user, step=step.pk).first()
        context |= {"note": note, "note_form": NoteForm.for_note(note)}
    return render_or_refresh(request, "roadmaps/step.html", context)


def get_route_or_404(slug: str, user: User | AnonymousUser) -> tuple[Roadmap, Route]:
    """The route on the roadmap that has this slug, or had it before."""
    try:
        return get_route(slug, user)
    except Roadmap.DoesNotExist:
        visible = Roadmap.objects.visible_to(user)
        return get_route(get_object_or_404(visible.formerly(slug)).slug, user)


def renamed_step_or_404(route: Route, roadmap: Roadmap, slug: str) -> AnnotatedStep:
    """The step that had this slug in an earlier version. Raises Http404."""
    versions = Step.history.filter(roadmap=roadmap, slug=slug).order_by("-history_id")
    step_id = versions.values_list("id", flat=True).first()
    step = route.get(step_id) if step_id else None
    if step is None:
        raise Http404("There is no such step.")
    return step


def save_note(
    request: HtmxRequest, step: AnnotatedStep, context: dict[str, Any]
) -> HttpResponse:
    """Save the note. If that fails, say why and show the text again."""
    user = cast("User", request.user)  # `step` has asked visitors to sign in
    if request.POST.get("owner", str(user.pk)) != str(user.pk):
        raise PermissionDenied("The page was opened by somebody else.")
    status = HTTPStatus.OK
    form = context["note_form"] = NoteForm(request.POST)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        text, page = form.cleaned_data["text"], form.cleaned_data["page"]
        try:
            note = Note.objects.write(user, step.pk, text, page, form.base_version)
        except NoteConflictError as conflict:
            context["conflict"] = conflict.stored
            status = HTTPStatus.CONFLICT
        else:
            if not request.htmx:
                return redirect(f"{step.get_absolute_url()}?saved=1#step_note")
            context |= {"note": note, "note_form": NoteForm.for_note(note)}
            context["saved_at"] = timezone.now()
    part = "#note_response" if request.htmx else ""
    return render(request, f"roadmaps/step.html{part}", context, status=status)


def render_or_refresh(
    request: HtmxRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """The whole page; for htmx, only what can have changed on it."""
    if not request.htmx:
        return render(request, template, context)
    if not request.user.is_authenticated:  # they have signed out in another tab
        return HttpResponseClientRefresh()
    return render(request, f"{template}#refresh_response", context)


def attach_offers(
    request: HttpRequest, route: Route, steps: list[AnnotatedStep]
) -> None:
    """Set `undo_offer` and `equivalent` on the steps that have one.

    The query has the undo offers of the page: after a plain form, the redirect puts
    them there; htmx sends them when a page refreshes itself.
    """
    if request.user.is_authenticated:
        offers = undo.read_offers(request.GET.getlist("undo"), request.user)
        for step in steps:
            step.undo_offer = offers.get(step.pk)
        if route.marks_elsewhere:
            attach_equivalents(steps, request.user)
