"""What a person types into progress."""

import secrets
from typing import Any

from django import forms

from progress.models import LONGEST_NOTE, Note


class PlainTextField(forms.CharField):
    """Text with one character a line break, as browsers count it, not as they send."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n")


class NoteForm(forms.Form):
    text = PlainTextField(
        required=False,
        max_length=LONGEST_NOTE,
        strip=False,
        help_text="Only you can read it. Markdown works. Saved as you type.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    page = forms.CharField(max_length=32, widget=forms.HiddenInput)
    base = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    over = forms.CharField(required=False, max_length=40)

    @classmethod
    def on(cls, note: Note | None) -> "NoteForm":
        """The form of a page that begins with what is stored."""
        initial = {"page": secrets.token_hex(8)}
        if note:
            initial |= {"text": note.text, "base": note.version}
        return cls(initial=initial)

    @property
    def version(self) -> str:
        """The version that this page may replace: the one that it knows of."""
        return str(self.cleaned_data["over"] or self.cleaned_data["base"])
