"""A user's steps and notes as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.timezone import localtime

from accounts.models import User
from progress.notes import Note
from progress.route import State
from progress.snapshot import annotate_steps
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from progress.route import AnnotatedStep

# A spreadsheet takes a cell that begins with one of these for a formula:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n")
HEADER = [
    *("roadmap", "roadmap_title", "step", "title", "required", "retired"),
    *("state", "started_at", "done_at", "note"),
]


def to_csv(user: User) -> str:
    """One row per step of every roadmap on which the user has progress or a note.

    Retired steps are left out unless the user has progress or a note on them.
    """
    notes = {note.step_id: note.text for note in Note.objects.for_user(user)}
    with_marks = Step.objects.filter(progress__user=user).values("roadmap")
    with_notes = Step.objects.filter(notes__user=user).values("roadmap")
    roadmaps = Roadmap.objects.filter(Q(pk__in=with_marks) | Q(pk__in=with_notes))
    roadmap_by_id = roadmaps.in_bulk()
    steps = Step.objects.defer_large_fields().filter(roadmap__in=roadmap_by_id)
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADER)
    for step in annotate_steps(steps.order_by("roadmap", "position", "pk"), user):
        note = notes.get(step.pk, "")
        if not step.is_retired or step.state != State.NONE or note:
            row = cells(roadmap_by_id[step.roadmap_id], step, note)
            writer.writerow(map(escape_formula, row))
    return file.getvalue()


def cells(roadmap: Roadmap, step: AnnotatedStep, note: str) -> Iterator[str]:
    """The cells of one row, in the order of `HEADER`."""
    yield from (roadmap.slug, roadmap.title, step.slug, step.title)
    yield "no" if step.is_optional else "yes"
    yield "yes" if step.is_retired else "no"
    yield step.state
    for date in (step.started_at, step.done_at):
        yield localtime(date).isoformat(timespec="seconds") if date else ""
    yield note


def escape_formula(cell: str) -> str:
    """The text, with a `'` before what a spreadsheet would run as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_PREFIXES) else cell
