"""An uploaded roadmap file: its form, its size limit, and its signed copy in a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

MAX_FILE_SIZE = 2_000_000  # bytes
MAX_FORM_OVERHEAD = 10_000  # bytes of a request beside the file
SIGNING_SALT = "editing.admin.upload.preview"


def validate_size(file: UploadedFile[Any]) -> None:
    if file.size is None or file.size > MAX_FILE_SIZE:
        raise forms.ValidationError("The file is larger than 2 MB.")


class UploadForm(forms.Form):
    file = forms.FileField(
        help_text="A roadmap as YAML, at most 2 MB. First you see what it would do.",
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


def limit_upload[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Answer 413 by the Content-Length, before any of the body is read.

    The CSRF middleware would read it, so the wrapped admin view checks the token.
    """

    @csrf_exempt
    @wraps(view)
    def limited(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request: Any = args[0]
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > MAX_FILE_SIZE + MAX_FORM_OVERHEAD:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return render(request, "413.html", status=status)
        return view(*args, **kwargs)

    return limited
