"""The form of a private note."""

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from progress.notes import MAX_NOTE_LENGTH, Note


class PlainTextField(forms.CharField):
    """Counts a line break as one character: browsers count one too, but send two."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n")


class NoteForm(forms.Form):
    text = PlainTextField(
        required=False,
        max_length=MAX_NOTE_LENGTH,
        strip=False,
        help_text=_("Only you can see this. You can use Markdown."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    # Identifies the open page.
    page = forms.CharField(max_length=32, widget=forms.HiddenInput)
    # The version of the note that the page started from.
    base = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    # The version that the person chose to overwrite.
    over = forms.CharField(required=False, max_length=40)

    @classmethod
    def for_note(cls, note: Note | None) -> "NoteForm":
        """The form for a page that was just opened, with the stored note in it."""
        initial = {"page": secrets.token_hex(8)}
        if note:
            initial |= {"text": note.text, "base": note.version}
        return cls(initial=initial)

    @property
    def base_version(self) -> str:
        """The newest version that the page has shown: saving may replace it."""
        return str(self.cleaned_data["over"] or self.cleaned_data["base"])
