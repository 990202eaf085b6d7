"""Imports a file of exported data, from this site or another one, into an account."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction

from accounts.models import User
from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.route import StepStatus
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from data_export.document import ImportDocument

MAX_FILE_SIZE = 2_000_000  # bytes
TOO_LARGE = (
    f"The file is larger than {MAX_FILE_SIZE // 1_000_000} MB. Nothing was imported."
)
MAX_SHOWN_ERRORS = 5


class RestoreResult(NamedTuple):
    """What an import changed, for the page that reports it."""

    marked_steps: list[Step]
    completed_roadmaps: list[Roadmap]
    notes_added: list[Step]
    notes_appended: list[Step]
    notes_too_long: list[Step]
    unchanged: int  # marks and notes that were already here, the same or newer
    unmatched: list[str]  # "roadmap/step" or "roadmap", if it does not exist here


def parse(file: File[bytes]) -> ImportDocument:
    """Return the contents of an uploaded file.

    Raises ValidationError, with messages for the user.
    """
    if file.size is None or file.size > MAX_FILE_SIZE:
        raise ValidationError(TOO_LARGE)
    # Imported here, because pydantic would make every process start 10 % slower.
    import pydantic

    from data_export.document import ImportDocument

    try:
        return ImportDocument.model_validate_json(file.read())
    except pydantic.ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        raise ValidationError(format_errors(errors)) from error


def format_errors(errors: list[ErrorDetails]) -> list[str]:
    messages = [
        "This is no file of data from Cairn, or it was changed. Nothing was imported."
    ]
    for error in errors[:MAX_SHOWN_ERRORS]:
        messages.append(f"{format_location(error['loc'])}{error['msg']}")
    if len(errors) > MAX_SHOWN_ERRORS:
        messages.append(f"… and {len(errors) - MAX_SHOWN_ERRORS} more.")
    return messages


def format_location(location: tuple[int | str, ...]) -> str:
    """Return "progress, entry 3, done_at: " for ("progress", 2, "done_at")."""
    parts = [
        f"entry {part + 1}" if isinstance(part, int) else part for part in location
    ]
    return f"{', '.join(parts)}: " if parts else ""


@transaction.atomic
def restore(user: User, document: ImportDocument) -> RestoreResult:
    """Merge the progress, notes and completions of the file into the account.

    Nothing newer is overwritten. Importing the same file again changes nothing.
    """
    content = match_content(user, document)
    statuses = content.statuses_by_step_id()
    notes = content.notes_by_step_id()
    changed_step_ids = StepProgress.objects.merge(user, statuses)
    completed_roadmap_ids = Completion.objects.merge(
        user, content.completion_dates_by_roadmap_id()
    )
    merged_notes = Note.objects.merge_notes(user, notes)
    unchanged_steps = len(statuses) - len(changed_step_ids)
    unchanged_notes = len(notes) - sum(map(len, merged_notes))
    return RestoreResult(
        marked_steps=content.steps_with_ids(changed_step_ids),
        completed_roadmaps=content.roadmaps_with_ids(completed_roadmap_ids),
        notes_added=content.steps_with_ids(merged_notes.added),
        notes_appended=content.steps_with_ids(merged_notes.appended),
        notes_too_long=content.steps_with_ids(merged_notes.too_long),
        unchanged=unchanged_steps + unchanged_notes,
        unmatched=content.unmatched_paths(),
    )


def match_content(user: User, document: ImportDocument) -> MatchedContent:
    visible = Roadmap.objects.visible(user.is_staff)
    roadmaps = visible.filter(slug__in=document.roadmap_slugs())
    steps = Step.objects.defer_large_fields().filter(roadmap__in=roadmaps)
    return MatchedContent(
        document,
        {roadmap.slug: roadmap for roadmap in roadmaps},
        {
            f"{step.roadmap.slug}/{step.slug}": step
            for step in steps.select_related("roadmap")
        },
    )


class MatchedContent(NamedTuple):
    """A file, with those of its roadmaps and steps that the user can see here."""

    document: ImportDocument
    roadmaps: dict[str, Roadmap]  # by slug
    steps: dict[str, Step]  # by path, "roadmap/step"

    def statuses_by_step_id(self) -> dict[int, StepStatus]:
        return {
            self.steps[row.path].pk: StepStatus(row.state, row.started_at, row.done_at)
            for row in self.document.progress
            if row.path in self.steps
        }

    def notes_by_step_id(self) -> dict[int, tuple[str, datetime]]:
        """Text and time of saving of each note."""
        return {
            self.steps[row.path].pk: (row.text, row.saved_at)
            for row in self.document.notes
            if row.path in self.steps
        }

    def completion_dates_by_roadmap_id(self) -> dict[int, datetime]:
        return {
            self.roadmaps[row.roadmap].pk: row.completed_at
            for row in self.document.completions
            if row.roadmap in self.roadmaps
        }

    def steps_with_ids(self, ids: set[int]) -> list[Step]:
        return [step for step in self.steps.values() if step.pk in ids]

    def roadmaps_with_ids(self, ids: set[int]) -> list[Roadmap]:
        return [roadmap for roadmap in self.roadmaps.values() if roadmap.pk in ids]

    def unmatched_paths(self) -> list[str]:
        paths = [path for path in self.document.step_paths() if path not in self.steps]
        slugs = [row.roadmap for row in self.document.completions]
        return paths + [slug for slug in slugs if slug not in self.roadmaps]
