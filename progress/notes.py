"""Private notes on steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import Truncator

from core.postgresql.replica import is_reading_replica
from core.text import shows_nothing
from progress.locks import lock_user_and_steps
from roadmaps.full_text import GeneratedSearchVectorField, weighted_vector
from roadmaps.markdown import HTML_VERSION, to_html
from roadmaps.models import LARGE_FIELDS, Step
from roadmaps.visibility import may_see

if TYPE_CHECKING:
    from accounts.models import User

MAX_NOTE_LENGTH = 20_000  # characters
MAX_SEARCH_WORDS = 10
# A list of notes folds those that are longer, and shows an excerpt.
SHORT_NOTE_LENGTH, SHORT_NOTE_LINES = 500, 8
EXCERPT_LENGTH = 200  # characters
NOTE_SEPARATOR = "\n\n---\n\n"  # between merged notes; a horizontal rule in Markdown


class NoteConflictError(Exception):
    """The note was saved on another page since this page was opened."""

    def __init__(self, stored: Note) -> None:
        self.stored = stored


class MergedNotes(NamedTuple):
    """What `merge_notes` did, as step ids."""

    added: set[int]
    appended: set[int]
    too_long: set[int]  # not merged: both texts together would be too long


class NoteQuerySet(models.QuerySet["Note"]):
    def for_user(self, user: User) -> NoteQuerySet:
        """The person's notes, newest first, including those on retired steps.

        `is_hidden` tells whether the person may no longer open the step's roadmap.
        """
        return (
            self.filter(user=user)
            .annotate(is_hidden=~may_see(user, "step__roadmap__"))
            .select_related("step__roadmap")
            .defer("search_vector", *(f"step__{name}" for name in LARGE_FIELDS))
            .order_by("-saved_at", "-step")
        )

    def matching(self, search: str) -> NoteQuerySet:
        """The notes that contain every word, in the text or in a title above it.

        Words after the tenth are ignored: each one reads all notes.
        """
        notes = self
        for word in list(dict.fromkeys(search.split()))[:MAX_SEARCH_WORDS]:
            notes = notes.filter(
                Q(text__icontains=word)
                | Q(step__title__icontains=word)
                | Q(step__roadmap__title__icontains=word)
            )
        return notes

    @transaction.atomic
    def write(
        self, user: User, step_id: int, text: str, page: str, base_version: str
    ) -> Note | None:
        """Save `text` as the person's note. An empty text deletes it and returns None.

        `page` identifies the open page that saves, and `base_version` is the version
        that it started from. A page may always replace what it saved itself, even if
        its requests arrive out of order. Raises NoteConflictError, and writes nothing,
        if another page has saved since.
        """
        # A merge of steps may be about to move the person's other note here.
        lock_user_and_steps(user, [step_id])
        own = self.filter(user=user, step=step_id)
        stored = own.select_for_update().first()
        if stored and stored.page != page and stored.version != base_version:
            raise NoteConflictError(stored)
        if shows_nothing(text):
            own.delete()
            return None
        note = Note(user=user, step_id=step_id, text=text, page=page)
        note.render()
        self._save_all([note])
        return note

    @transaction.atomic
    def merge_notes(
        self, user: User, notes: Mapping[int, tuple[str, datetime]]
    ) -> MergedNotes:
        """Add notes from a file: for each step id a text and the date it was saved.

        Where the person has a note already, the text is appended to it, unless the note
        contains it. The HTML is made when the notes are first read: a file may have
        many.
        """
        lock_user_and_steps(user, notes)
        stored = {
            note.step_id: note.text
            for note in self.select_for_update().filter(user=user, step__in=notes)
        }
        merged = MergedNotes(set(), set(), set())
        changed = []
        for step_id, (text, saved_at) in notes.items():
            if step_id not in stored:
                merged.added.add(step_id)
                changed.append(
                    Note(user=user, step_id=step_id, text=text, saved_at=saved_at)
                )
            elif text.strip() not in stored[step_id]:
                joined = f"{stored[step_id].rstrip()}{NOTE_SEPARATOR}{text}"
                if len(joined) > MAX_NOTE_LENGTH:
                    merged.too_long.add(step_id)
                else:
                    merged.appended.add(step_id)
                    changed.append(Note(user=user, step_id=step_id, text=joined))
        self._save_all(changed)
        return merged

    def _save_all(self, notes: list[Note]) -> None:
        self.bulk_create(
            notes,
            update_conflicts=True,
            unique_fields=["user", "step"],
            update_fields=["text", "html", "html_version", "page", "saved_at"],
            # Long notes are slow to index, and a query may take four seconds.
            batch_size=50,
        )


class Note(models.Model):
    """One private Markdown note per person and step."""

    pk = models.CompositePrimaryKey("user", "step")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notes",
        db_index=False,  # the primary key starts with it
    )
    # PROTECT: a step with notes is retired, never deleted.
    step = models.ForeignKey(Step, models.PROTECT, related_name="notes")
    text = models.TextField(max_length=MAX_NOTE_LENGTH)
    html = models.TextField(blank=True)  # read it with `get_html`
    # The HTML_VERSION that made it. 0: it is not made yet, or the text has changed.
    html_version = models.PositiveSmallIntegerField(default=0)
    page = models.CharField(max_length=32)  # the open page that saved it
    saved_at = models.DateTimeField(default=timezone.now)
    # Not indexed: people search only their own notes, found by the primary key.
    search_vector = GeneratedSearchVectorField(weighted_vector("text", "C"))

    objects = NoteQuerySet.as_manager()

    class Meta:
        app_label = "progress"

    def __str__(self) -> str:
        return f"note on step {self.step_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.render()
        super().save(*args, **kwargs)

    @property
    def version(self) -> str:
        """The value that a page sends back to say which version it started from."""
        return self.saved_at.isoformat()

    @property
    def is_long(self) -> bool:
        is_high = self.text.strip().count("\n") >= SHORT_NOTE_LINES
        return is_high or len(self.text) > SHORT_NOTE_LENGTH

    @property
    def excerpt(self) -> str:
        """The beginning of the note as plain text."""
        words = unescape(strip_tags(self.get_html())).split()
        return Truncator(" ".join(words)).chars(EXCERPT_LENGTH)

    def render(self) -> None:
        """Set `html`: the note as HTML, for a place below an h3."""
        self.html = to_html(self.text, below=3, line_breaks=True)
        self.html_version = HTML_VERSION

    def get_html(self) -> str:
        """Return the note as HTML. If it is out of date, make it again and store it."""
        if self.html_version != HTML_VERSION:
            self.render()
            if is_reading_replica():
                return self.html
            same = Note.objects.filter(
                user=self.user_id, step=self.step_id, saved_at=self.saved_at
            )
            same.update(html=self.html, html_version=self.html_version)
        return self.html
