"""A file of one's data, put back: into this account, of this Cairn or another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.route import StepStatus
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from django.core.files import File

    from data_export.document import OfStep, Restorable

LARGEST = 2_000_000  # bytes
TOO_LARGE = f"The file is larger than {LARGEST // 1_000_000} MB. Nothing was imported."
MOST_TOLD = 5  # faults of a file


class Restored(NamedTuple):
    """What became of a file."""

    marks: list[Step]
    completed: list[Roadmap]
    notes_added: list[Step]
    notes_appended: list[Step]
    notes_too_long: list[Step]
    unchanged: int  # marks and notes that are here already, or something newer
    unmatched: list[str]  # "roadmap/step", or "roadmap", that this Cairn does not have


def read(file: File[bytes]) -> Restorable:
    """Raises ValidationError, in words for whoever chose the file."""
    if file.size is None or file.size > LARGEST:
        raise ValidationError(TOO_LARGE)
    # Not at every start: pydantic, which only files need, takes a tenth of it.
    from pydantic import ValidationError as Invalid

    from data_export.document import Restorable

    try:
        return Restorable.model_validate_json(file.read())
    except Invalid as error:
        faults = error.errors(include_url=False, include_input=False)
        told = [f"{where(fault['loc'])}{fault['msg']}" for fault in faults[:MOST_TOLD]]
        more = len(faults) - len(told)
        raise ValidationError(
            [
                "This is no file of data from Cairn, or it was changed. Nothing was "
                "imported.",
                *told,
                *([f"… and {more} more."] if more else []),
            ]
        ) from error


def where(loc: tuple[int | str, ...]) -> str:
    """ "progress, entry 3, done_at: " of ("progress", 2, "done_at")."""
    steps = [f"entry {part + 1}" if isinstance(part, int) else part for part in loc]
    return f"{', '.join(steps)}: " if steps else ""


@transaction.atomic
def restore(user: User, file: Restorable) -> Restored:
    """Take over the file's marks, notes and completions, and overwrite nothing newer.
    A second time it changes nothing.
    """
    of_steps: list[OfStep] = [*file.progress, *file.notes]
    slugs = {row.roadmap for row in of_steps}
    slugs |= {row.roadmap for row in file.completions}
    roadmaps = Roadmap.objects.visible(user.is_staff).filter(slug__in=slugs)
    by_slug = {roadmap.slug: roadmap for roadmap in roadmaps}
    steps = Step.objects.outline().filter(roadmap__in=roadmaps)
    by_path = {
        f"{step.roadmap.slug}/{step.slug}": step
        for step in steps.select_related("roadmap")
    }
    by_id = {step.pk: step for step in by_path.values()}

    marks = {
        by_path[row.path].pk: StepStatus(row.state, row.started_at, row.done_at)
        for row in file.progress
        if row.path in by_path
    }
    notes = {
        by_path[row.path].pk: (row.text, row.saved_at)
        for row in file.notes
        if row.path in by_path
    }
    dates = {
        by_slug[row.roadmap].pk: row.completed_at
        for row in file.completions
        if row.roadmap in by_slug
    }
    changed = StepProgress.objects.merge(user, marks)
    completed = Completion.objects.merge(user, dates)
    merged = Note.objects.merge_notes(user, notes)

    def named(ids: set[int]) -> list[Step]:
        return [step for pk, step in by_id.items() if pk in ids]

    paths = dict.fromkeys(row.path for row in of_steps)
    return Restored(
        marks=named(changed),
        completed=[each for each in by_slug.values() if each.pk in completed],
        notes_added=named(merged.added),
        notes_appended=named(merged.appended),
        notes_too_long=named(merged.too_long),
        unchanged=len(marks) - len(changed) + len(notes) - sum(map(len, merged)),
        unmatched=[path for path in paths if path not in by_path]
        + [row.roadmap for row in file.completions if row.roadmap not in by_slug],
    )
