"""Imports a file of exported data into an account, of this Cairn or another one."""

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

    from data_export.document import ImportDocument

MAX_FILE_SIZE = 2_000_000  # bytes
TOO_LARGE = (
    f"The file is larger than {MAX_FILE_SIZE // 1_000_000} MB. Nothing was imported."
)
MAX_SHOWN_ERRORS = 5


class RestoreResult(NamedTuple):
    """What an import changed, for the page that reports it."""

    marks: list[Step]
    completed: list[Roadmap]
    notes_added: list[Step]
    notes_appended: list[Step]
    notes_too_long: list[Step]
    unchanged: int  # marks and notes for which the account has the same or newer ones
    unmatched: list[str]  # "roadmap/step" or "roadmap" that does not exist here


def parse(file: File[bytes]) -> ImportDocument:
    """The contents of an uploaded file.

    Raises ValidationError, with messages for the user who chose the file.
    """
    if file.size is None or file.size > MAX_FILE_SIZE:
        raise ValidationError(TOO_LARGE)
    # Imported here because pydantic adds a tenth to the start of every process.
    import pydantic

    from data_export.document import ImportDocument

    try:
        return ImportDocument.model_validate_json(file.read())
    except pydantic.ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        shown = errors[:MAX_SHOWN_ERRORS]
        hidden = len(errors) - len(shown)
        raise ValidationError(
            [
                "This is no file of data from Cairn, or it was changed. Nothing was "
                "imported.",
                *(f"{location(error['loc'])}{error['msg']}" for error in shown),
                *([f"… and {hidden} more."] if hidden else []),
            ]
        ) from invalid


def location(path: tuple[int | str, ...]) -> str:
    """ "progress, entry 3, done_at: " for ("progress", 2, "done_at")."""
    parts = [f"entry {part + 1}" if isinstance(part, int) else part for part in path]
    return f"{', '.join(parts)}: " if parts else ""


@transaction.atomic
def restore(user: User, document: ImportDocument) -> RestoreResult:
    """Merge the file's marks, notes and completions into the account.

    Nothing newer is overwritten. Importing the same file again changes nothing.
    """
    roadmaps, steps = find_content(user, document)
    marks = {
        steps[row.path].pk: StepStatus(row.state, row.started_at, row.done_at)
        for row in document.progress
        if row.path in steps
    }
    notes = {
        steps[row.path].pk: (row.text, row.saved_at)
        for row in document.notes
        if row.path in steps
    }
    completions = {
        roadmaps[row.roadmap].pk: row.completed_at
        for row in document.completions
        if row.roadmap in roadmaps
    }
    changed_marks = StepProgress.objects.merge(user, marks)
    completed = Completion.objects.merge(user, completions)
    merged_notes = Note.objects.merge_notes(user, notes)
    unchanged_marks = len(marks) - len(changed_marks)
    unchanged_notes = len(notes) - sum(map(len, merged_notes))

    def steps_with_ids(ids: set[int]) -> list[Step]:
        return [step for step in steps.values() if step.pk in ids]

    return RestoreResult(
        marks=steps_with_ids(changed_marks),
        completed=[each for each in roadmaps.values() if each.pk in completed],
        notes_added=steps_with_ids(merged_notes.added),
        notes_appended=steps_with_ids(merged_notes.appended),
        notes_too_long=steps_with_ids(merged_notes.too_long),
        unchanged=unchanged_marks + unchanged_notes,
        unmatched=[
            *(path for path in document.step_paths() if path not in steps),
            *(
                row.roadmap
                for row in document.completions
                if row.roadmap not in roadmaps
            ),
        ],
    )


def find_content(
    user: User, document: ImportDocument
) -> tuple[dict[str, Roadmap], dict[str, Step]]:
    """The document's roadmaps by slug, and the steps of these roadmaps by path.

    Only what exists here and is visible to the user.
    """
    visible = Roadmap.objects.visible(user.is_staff)
    roadmaps = visible.filter(slug__in=document.roadmap_slugs())
    steps = Step.objects.defer_large_fields().filter(roadmap__in=roadmaps)
    return (
        {roadmap.slug: roadmap for roadmap in roadmaps},
        {
            f"{step.roadmap.slug}/{step.slug}": step
            for step in steps.select_related("roadmap")
        },
    )
