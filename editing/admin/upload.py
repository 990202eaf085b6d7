"""An uploaded roadmap file: its form, its size limit, and its signed copy in a page."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

MAX_FILE_SIZE = 2_000_000  # bytes
MAX_REQUEST_SIZE = MAX_FILE_SIZE + 10_000  # bytes, with the form around the file
SIGNING_SALT = "editing.admin.upload.preview"


def validate_size(file: UploadedFile[Any]) -> None:
    if file.size is None or file.size > MAX_FILE_SIZE:
        raise forms.ValidationError(_("This file is larger than 2 MB."))


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "A roadmap in YAML, up to 2 MB. You’ll see the changes before anything is "
            "imported."
        ),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,application/yaml"}),
        validators=[validate_size],
        allow_empty_file=True,
    )


@dataclass(frozen=True)
class Upload:
    """An uploaded file, and the fingerprint of the stored roadmap at its preview."""

    name: str
    text: str
    fingerprint: str

    def sign(self) -> str:
        """Return the upload as signed text, for a hidden field of the preview."""
        return signing.dumps(astuple(self), salt=SIGNING_SALT, compress=True)

    @classmethod
    def unsign(cls, signed: str) -> Upload:
        """Raises signing.BadSignature unless `sign` returned the text."""
        return cls(*signing.loads(signed, salt=SIGNING_SALT))
