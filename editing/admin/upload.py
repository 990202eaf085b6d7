"""A roadmap's file as a browser sends it: its form, its limit, its way to and fro."""

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

from editing.yaml_format.parser import Source

LARGEST = 2_000_000  # bytes of a file
ENVELOPE = 10_000  # bytes that a form adds to it
PREVIEW = "editing.admin.upload.preview"


def refuse_large(file: "UploadedFile[Any]") -> None:
    if file.size is None or file.size > LARGEST:
        raise forms.ValidationError("The file is larger than 2 MB.")


class FileForm(forms.Form):
    file = forms.FileField(
        help_text="A roadmap as YAML, at most 2 MB. First you see what it would do.",
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,application/yaml"}),
        validators=[refuse_large],
        allow_empty_file=True,
    )


@dataclass(frozen=True)
class Upload:
    """A file that was sent, and the state of the roadmap that its preview was for."""

    name: str
    text: str
    fingerprint: str

    @property
    def source(self) -> Source:
        """Raises SourceError."""
        return Source(self.name, self.text.encode())

    def seal(self) -> str:
        """What a page holds, to be sent again as it is."""
        return signing.dumps(astuple(self), salt=PREVIEW, compress=True)

    @classmethod
    def unseal(cls, sealed: str) -> "Upload":
        """Raises signing.BadSignature when it was not made by `seal`."""
        return cls(*signing.loads(sealed, salt=PREVIEW))


def not_too_large[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Answer 413 by the length that is announced, before anything is read; that is why
    the token is checked inside of it, and not by the middleware.
    """

    @csrf_exempt
    @wraps(view)
    def limited(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request: Any = args[0]
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > LARGEST + ENVELOPE:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return render(request, "413.html", status=status)
        return view(*args, **kwargs)

    return limited
