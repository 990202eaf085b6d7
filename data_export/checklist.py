"""A user's roadmaps as checklists in GitHub Flavored Markdown."""

from datetime import datetime

from django.utils.timezone import localtime

from accounts.models import User
from progress.route import AnnotatedStep, Route, State
from progress.snapshot import routes_in_progress
from roadmaps.models import Roadmap

ESCAPE_MARKUP = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>~#|&"})


def to_markdown(user: User) -> str:
    """Return one checklist for each roadmap on which the user has progress."""
    routes = routes_in_progress(user)
    roadmaps = Roadmap.objects.in_bulk(routes)
    checklists = [format_checklist(roadmaps[pk], route) for pk, route in routes.items()]
    return "\n".join(checklists) if checklists else "No step is marked yet.\n"


def format_checklist(roadmap: Roadmap, route: Route) -> str:
    title = roadmap.title.translate(ESCAPE_MARKUP)
    lines = [f"# {title}", "", format_total(route), "", *map(format_step, route.steps)]
    if route.retired_done:
        lines += [
            "",
            "## Retired, you did this",
            "",
            *map(format_step, route.retired_done),
        ]
    return "\n".join([*lines, ""])


def format_total(route: Route) -> str:
    """Return text such as "8 of 14 required · 1 of 9 optional · 2 skipped"."""
    total = route.total
    text = f"{total.required.done} of {total.required.total} required"
    if total.optional.total:
        text += f" · {total.optional.done} of {total.optional.total} optional"
    if total.skipped:
        text += f" · {total.skipped} skipped"
    if route.completed_at:
        text += f" · completed on {format_date(route.completed_at)}"
    return text


def format_step(step: AnnotatedStep) -> str:
    """Return a line such as "- [x] Caching (optional) — done 3 May 2026"."""
    title = step.title.translate(ESCAPE_MARKUP)
    checkbox, status = "[ ]", ""
    if step.done_at:
        checkbox, status = "[x]", f" — done {format_date(step.done_at)}"
    elif step.state == State.SKIPPED:
        title, status = f"~~{title}~~", " — skipped"
    elif step.state == State.LEARNING:
        status = " — in progress"
    optional = " (optional)" if step.is_optional else ""
    return f"- {checkbox} {title}{optional}{status}"


def format_date(date: datetime) -> str:
    return f"{localtime(date):%-d %B %Y}"
