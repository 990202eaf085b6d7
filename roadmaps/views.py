"""The pages under `/` and `/roadmaps/`."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import HtmxRequest
from core.rate_limit import limited
from progress import equivalent_steps, undo
from progress.forms import NoteForm
from progress.models import Note, NoteConflictError, Route, routes_in_progress, walk
from roadmaps.card import SITE, Card
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from progress.models import AnnotatedStep

DAY = 24 * 60 * 60  # seconds

# What of a route is shown, by the value of `?show=`; the style sheet does the rest, so
# that the list is the same bytes and a step that is linked can always be reached.
FILTERS = {
    "": "All",
    "remaining": "Remaining",
    "required": "Required",
    "learning": "In progress",
}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    roadmaps = Roadmap.objects.visible(request.user.is_staff).with_step_count()
    routes = routes_in_progress(request.user) if request.user.is_authenticated else {}
    listed = [(roadmap, routes.get(roadmap.pk)) for roadmap in roadmaps]
    return render(request, "roadmaps/index.html", {"listed": listed, "card": SITE})


@require_safe
def roadmap(request: HtmxRequest, slug: str) -> HttpResponse:
    roadmap, route = walk_or_404(slug, request.user)
    put_offers(request, route, route.steps)
    show = request.GET.get("show", "")
    show = show if show in FILTERS else ""
    context = {
        "roadmap": roadmap,
        "route": route,
        "rows": route.steps,
        "total": route.total,
        "card": partial(Card.of, roadmap, route.steps),
        "filters": FILTERS,
        "show": show,
    }
    if request.GET.get("notes") and request.user.is_authenticated:
        own = Note.objects.of(request.user).filter(step__roadmap=roadmap)
        context["notes"] = own.order_by("step__position")
    return render_or_refresh(request, "roadmaps/roadmap.html", context)


@require_safe
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture of a roadmap, for where its pages are shared.

    They add its version to the address: an edit shows at once, kept copies or not.
    """
    roadmap = get_object_or_404(Roadmap, slug=slug)
    # Who asks is asked for drafts only: a published one is the same for everybody.
    if not (roadmap.is_published or request.user.is_staff):
        raise Http404("There is no such roadmap.")
    card = Card.of(roadmap, roadmap.steps.active().outline())
    response = HttpResponse(card.png, content_type="image/png")
    if roadmap.is_published:
        patch_cache_control(response, public=True, max_age=DAY)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@limited
def step(request: HtmxRequest, roadmap_slug: str, slug: str) -> HttpResponse:
    """A step's own page. A POST writes the private note on it."""
    roadmap, route = walk_or_404(roadmap_slug, request.user)
    step = next((step for step in route.steps if step.slug == slug), None)
    if step is None:
        step = renamed(route, roadmap, slug)
        # A page that was opened before still saves its note here.
        if request.method != "POST":
            return redirect(step)
    put_offers(request, route, [step])
    before, after = route.around(step)
    context = {
        "roadmap": roadmap,
        "route": route,
        "step": step,
        "before": before,
        "after": after,
        "resources": step.resources.all(),
        "card": partial(Card.of, roadmap, route.steps),
    }
    if request.method == "POST":
        return write_note(request, step, context)
    if request.user.is_authenticated:
        note = Note.objects.filter(user=request.user, step=step).first()
        context["note_form"] = NoteForm.on(note)
    return render_or_refresh(request, "roadmaps/step.html", context)


def walk_or_404(slug: str, user: User | AnonymousUser) -> tuple[Roadmap, Route]:
    try:
        return walk(slug, user)
    except Roadmap.DoesNotExist as error:
        raise Http404("There is no such roadmap.") from error


def renamed(route: Route, roadmap: Roadmap, slug: str) -> AnnotatedStep:
    """The step that once had this slug, as its versions tell. Raises Http404."""
    once = Step.history.filter(roadmap=roadmap, slug=slug).order_by("-history_id")
    pk = once.values_list("id", flat=True).first()
    for step in route.steps:
        if step.pk == pk:
            return step
    raise Http404("There is no such step.")


def write_note(
    request: HtmxRequest, step: Step, context: dict[str, Any]
) -> HttpResponse:
    """Save what was typed. Where that cannot be, say why and lose none of it."""
    if not request.user.is_authenticated:
        if request.htmx:
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return redirect_to_login(step.get_absolute_url())
    status = HTTPStatus.OK
    form = context["note_form"] = NoteForm(request.POST)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        text, page = form.cleaned_data["text"], form.cleaned_data["page"]
        try:
            note = Note.objects.write(request.user, step, text, page, form.version)
        except NoteConflictError as conflict:
            context["conflict"] = conflict.stored
            status = HTTPStatus.CONFLICT
        else:
            if not request.htmx:
                return redirect(f"{step.get_absolute_url()}?saved=1#step_note")
            context |= {"saved_at": timezone.now(), "note_form": NoteForm.on(note)}
    part = "#noted" if request.htmx else ""
    return render(request, f"roadmaps/step.html{part}", context, status=status)


def render_or_refresh(
    request: HtmxRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """The page, its frame kept; what can have changed, when the page itself asks."""
    if not request.htmx:
        page = request.build_absolute_uri(request.path)
        kept_by = (
            f"{context['roadmap'].content_version} {page} {context.get('show', '')}"
        )
        return render(request, template, context | {"kept_by": kept_by})
    if not request.user.is_authenticated:  # they have signed out in another tab
        return HttpResponseClientRefresh()
    return render(request, f"{template}#fresh", context)


def put_offers(request: HttpRequest, route: Route, steps: list[AnnotatedStep]) -> None:
    """Give the steps what may be put to a standing with its dates: by an undo that the
    page still holds (a plain form keeps it in the address, htmx sends it along when the
    page refreshes itself), or from the same step in another roadmap.
    """
    if request.user.is_authenticated:
        offers = undo.still_open(request.GET.getlist("undo"), request.user)
        for step in steps:
            step.offer = offers.get(step.pk)
        if route.marks_elsewhere:
            equivalent_steps.introduce(steps, request.user)
