"""The forms of links to work, confirmations and comments."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import LineField, WebAddressField
from core.text import shows_nothing, validate_text
from groups.comments import MAX_COMMENT_LENGTH
from groups.confirmations import MAX_SENTENCE_LENGTH, MAX_URL_LENGTH
from progress.forms import PlainTextField


class WorkLinkForm(forms.Form):
    url = WebAddressField(
        label=_("Link to your work"),
        required=False,
        max_length=MAX_URL_LENGTH,
        assume_scheme="https",
        help_text=_("For example, to your code. To remove the link, leave this empty."),
    )


class ConfirmationForm(forms.Form):
    sentence = LineField(
        label=_("What you saw (optional)"),
        required=False,
        max_length=MAX_SENTENCE_LENGTH,
    )


class CommentForm(forms.Form):
    text = PlainTextField(
        label=_("Text"),
        max_length=MAX_COMMENT_LENGTH,
        validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if shows_nothing(text):
            raise forms.ValidationError(_("Write something first."))
        return text
