"""A user's roadmaps as checklists in Markdown, in the syntax of GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localtime

from accounts.models import User
from progress.route import Route, State
from progress.snapshot import routes_in_progress
from roadmaps.models import Roadmap

if TYPE_CHECKING:
    from datetime import datetime

    from progress.route import AnnotatedStep

ESCAPE_MARKUP = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>~#|&"})


def to_markdown(user: User) -> str:
    """One checklist per roadmap on which the user has progress."""
    routes = routes_in_progress(user)
    roadmaps = Roadmap.objects.in_bulk(routes)
    checklists = [checklist(roadmaps[pk], route) for pk, route in routes.items()]
    return "\n".join(checklists) if checklists else "No step is marked yet.\n"


def checklist(roadmap: Roadmap, route: Route) -> str:
    title = roadmap.title.translate(ESCAPE_MARKUP)
    lines = [f"# {title}", "", totals(route), "", *map(item, route.steps)]
    if route.retired_done:
        lines += ["", "## Retired, you did this", "", *map(item, route.retired_done)]
    return "\n".join([*lines, ""])


def totals(route: Route) -> str:
    """ "8 of 14 required · 1 of 9 optional · 2 skipped"."""
    total = route.total
    text = f"{total.required.done} of {total.required.total} required"
    if total.optional.total:
        text += f" · {total.optional.done} of {total.optional.total} optional"
    if total.skipped:
        text += f" · {total.skipped} skipped"
    if route.completed_at:
        text += f" · completed on {format_day(route.completed_at)}"
    return text


def item(step: AnnotatedStep) -> str:
    """ "- [x] Caching (optional) — done 3 May 2026"."""
    title = step.title.translate(ESCAPE_MARKUP)
    box, status = " ", ""
    if step.done_at:
        box, status = "x", f" — done {format_day(step.done_at)}"
    elif step.state == State.SKIPPED:
        title, status = f"~~{title}~~", " — skipped"
    elif step.state == State.LEARNING:
        status = " — in progress"
    optional = " (optional)" if step.is_optional else ""
    return f"- [{box}] {title}{optional}{status}"


def format_day(date: datetime) -> str:
    return f"{localtime(date):%-d %B %Y}"
