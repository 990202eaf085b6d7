"""One's progress for other programs: a spreadsheet, and a checklist."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.timezone import localtime

from accounts.models import User
from progress.notes import Note
from progress.route import Route, State
from progress.snapshot import annotate_steps, routes_in_progress
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from progress.route import AnnotatedStep

# What makes a spreadsheet take a cell for a formula:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
HEADER = [
    *("roadmap", "roadmap_title", "step", "title", "required", "retired"),
    *("state", "started_at", "done_at", "note"),
]
MARKUP = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>~#|&"})


def to_csv(user: User) -> str:
    """A row a step of the roadmaps on which they have a mark or a note."""
    notes = {note.step_id: note.text for note in Note.objects.of(user)}
    marked = Step.objects.filter(progress__user=user).values("roadmap")
    noted = Step.objects.filter(notes__user=user).values("roadmap")
    roadmaps = Roadmap.objects.filter(Q(pk__in=marked) | Q(pk__in=noted)).in_bulk()
    steps = Step.objects.outline().filter(roadmap__in=roadmaps)
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADER)
    for step in annotate_steps(steps.order_by("roadmap", "position", "pk"), user):
        note = notes.get(step.pk, "")
        if not step.is_retired or step.state != State.NONE or note:
            roadmap = roadmaps[step.roadmap_id]
            writer.writerow(map(harmless, cells(roadmap, step, note)))
    return file.getvalue()


def cells(roadmap: Roadmap, step: AnnotatedStep, note: str) -> Iterator[str]:
    yield from (roadmap.slug, roadmap.title, step.slug, step.title)
    yield "no" if step.is_optional else "yes"
    yield "yes" if step.is_retired else "no"
    yield step.state
    for date in (step.started_at, step.done_at):
        yield localtime(date).isoformat(timespec="seconds") if date else ""
    yield note


def harmless(cell: str) -> str:
    """Text that a spreadsheet shows and does not run."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def to_markdown(user: User) -> str:
    """A checklist a roadmap, as GitHub renders them."""
    routes = routes_in_progress(user)
    roadmaps = Roadmap.objects.in_bulk(routes)
    parts = [checklist(roadmaps[pk], route) for pk, route in routes.items()]
    return "\n".join(parts) if parts else "No step is marked yet.\n"


def checklist(roadmap: Roadmap, route: Route) -> str:
    total = route.total
    counts = f"{total.required.done} of {total.required.of} required"
    if total.optional.of:
        counts += f" · {total.optional.done} of {total.optional.of} optional"
    if total.skipped:
        counts += f" · {total.skipped} skipped"
    if route.completed_at:
        counts += f" · completed on {day(route.completed_at)}"
    lines = [f"# {roadmap.title.translate(MARKUP)}", "", counts, ""]
    lines += map(item, route.steps)
    if route.retired:
        lines += ["", "## Retired, you did this", "", *map(item, route.retired)]
    return "\n".join([*lines, ""])


def item(step: AnnotatedStep) -> str:
    title = step.title.translate(MARKUP)
    box, said = " ", ""
    if step.done_at:
        box, said = "x", f" — done {day(step.done_at)}"
    elif step.state == State.SKIPPED:
        title, said = f"~~{title}~~", " — skipped"
    elif step.state == State.LEARNING:
        said = " — in progress"
    return f"- [{box}] {title}{' (optional)' if step.is_optional else ''}{said}"


def day(date: datetime) -> str:
    return f"{localtime(date):%-d %B %Y}"
