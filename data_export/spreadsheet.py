"""A user's steps and notes as CSV, for a spreadsheet."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.timezone import localtime

from accounts.models import User
from core.csv_export import csv_lines
from progress.notes import Note
from progress.route import AnnotatedStep, State
from progress.snapshot import annotate_steps
from roadmaps.models import Roadmap, Step

HEADER = [
    *("roadmap", "roadmap_title", "step", "title", "required", "retired"),
    *("state", "started_at", "done_at", "note"),
]


def to_csv(user: User) -> str:
    """Return one row per step of every roadmap with progress or a note of the user.

    The text begins with a byte order mark.
    Retired steps, and those of roadmaps that the user may no longer open, are left out
    unless the user has progress or a note on them.
    """
    notes = {note.step_id: note.text for note in Note.objects.for_user(user)}
    with_progress = Step.objects.filter(progress__user=user).values("roadmap")
    with_notes = Step.objects.filter(notes__user=user).values("roadmap")
    roadmaps = Roadmap.objects.filter(Q(pk__in=with_progress) | Q(pk__in=with_notes))
    roadmap_by_id = roadmaps.with_is_hidden(user).in_bulk()
    steps = Step.objects.defer_large_fields().filter(roadmap__in=roadmap_by_id)
    rows = []
    for step in annotate_steps(steps.order_by("roadmap", "position", "pk"), user):
        roadmap, note = roadmap_by_id[step.roadmap_id], notes.get(step.pk, "")
        is_on_route = not (step.is_retired or roadmap.is_hidden)
        if is_on_route or step.state != State.NONE or note:
            rows.append(row_cells(roadmap, step, note))
    return "".join(csv_lines(HEADER, rows))


def row_cells(roadmap: Roadmap, step: AnnotatedStep, note: str) -> Iterator[str]:
    """Yield the cells of one row, in the order of `HEADER`."""
    yield from (roadmap.slug, roadmap.title, step.slug, step.title)
    yield "no" if step.is_optional else "yes"
    yield "yes" if step.is_retired else "no"
    yield step.state
    for date in (step.started_at, step.done_at):
        yield localtime(date).isoformat(timespec="seconds") if date else ""
    yield note
