"""Read an uploaded file of exported data, in memory of at most ten times its size."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from data_export.document import ImportDocument

MAX_FILE_SIZE = 25_000_000  # bytes: 300 notes of 20,000 characters of 4 bytes each
MAX_MEGABYTES = MAX_FILE_SIZE // 1_000_000
TOO_LARGE = format_lazy(
    gettext_lazy(
        "The file is larger than {megabytes} MB, so nothing was imported. Divide "
        "its lists into several files, and import them one at a time."
    ),
    megabytes=MAX_MEGABYTES,
)
NOT_UTF_8 = gettext_lazy(
    "The file is not UTF-8, so nothing was imported. Save it as UTF-8."
)
INVALID = gettext_lazy(
    "This file is not a JSON file from Cairn, or it was changed. Nothing was imported."
)
TOO_MANY_VALUES = gettext_lazy(
    "The file has too many values for its size. Nothing was imported."
)
# Our messages for pydantic's error types. Any other error is `INVALID_VALUE`.
ERROR_MESSAGES = {
    "json_invalid": gettext_lazy("The file is not valid JSON."),
    "missing": gettext_lazy("This is missing."),
    "list_type": gettext_lazy("Use a list."),
    "string_type": gettext_lazy("Use text."),
    "string_too_long": gettext_lazy("Use at most %(max_length)s characters."),
    "literal_error": gettext_lazy("This value is not supported."),
    "timezone_aware": gettext_lazy("Add the time zone."),
    "value_error": "%(error)s",  # from data_export.document
}
INVALID_VALUE = gettext_lazy("This value is not valid.")
# Each value takes up to 75 bytes in memory. Files from Cairn have more than 15 bytes
# per value even without indentation.
MIN_BYTES_PER_VALUE = 10
MAX_VALUES = 500_000
MAX_VALUES_PER_ENTRY = 1_000
# A string that is not closed matches up to the end of the file, so that the time stays
# linear.
STRING_OR_SIGN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{\]},]', re.DOTALL)
SECTION_DEPTH = 2  # of the brackets of `{"notes": [`


def parse(file: File[bytes]) -> ImportDocument:
    """Return the contents of an uploaded file.

    Raises ValidationError, with messages for the user.
    """
    if file.size is None or file.size > MAX_FILE_SIZE:
        raise ValidationError(TOO_LARGE)
    data = file.read()
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise ValidationError(NOT_UTF_8)
    data = data.removeprefix(BOM_UTF8)
    if has_too_many_values(data):
        raise ValidationError(TOO_MANY_VALUES)
    # Imported here, because pydantic would make every process start 10 % slower.
    import pydantic

    from core.fault_limit import FaultCount
    from data_export.document import ImportDocument

    try:
        return ImportDocument.model_validate_json(data, context=FaultCount())
    except pydantic.ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        raise ValidationError(format_errors(errors)) from error


def has_too_many_values(data: bytes) -> bool:
    """Whether the parsed JSON could take more than ten times the memory of the data.

    Values are counted by the brackets and commas before them. Python objects are made
    of one entry at a time, so an entry has a limit of its own.
    """
    limit = min(len(data) // MIN_BYTES_PER_VALUE + 1_000, MAX_VALUES)
    depth = count = count_in_entry = 0
    for match in STRING_OR_SIGN.finditer(data):
        sign = match[0]
        if sign in b"]}":
            depth -= 1
        elif sign in b"[{,":
            depth += sign != b","
            count += 1
            count_in_entry = count_in_entry + 1 if depth > SECTION_DEPTH else 0
            if count > limit or count_in_entry > MAX_VALUES_PER_ENTRY:
                return True
    return False


def format_errors(errors: list[ErrorDetails]) -> list[str]:
    from core.fault_limit import MAX_FAULTS

    messages = [str(INVALID)]
    messages += [format_error(error) for error in errors[:MAX_FAULTS]]
    if len(errors) >= MAX_FAULTS:
        message = _("These are the first %(count)d problems. There may be more.")
        messages.append(message % {"count": MAX_FAULTS})
    return messages


def format_error(error: ErrorDetails) -> str:
    """Return text such as "progress, entry 3, done_at: This is missing."."""
    message = str(ERROR_MESSAGES.get(error["type"], INVALID_VALUE))
    message %= error.get("ctx", {})
    location = format_location(error["loc"])
    return f"{location}: {message}" if location else message


def format_location(location: tuple[int | str, ...]) -> str:
    """Return "progress, entry 3, done_at" for ("progress", 2, "done_at")."""
    return ", ".join(
        _("entry %(number)d") % {"number": part + 1} if isinstance(part, int) else part
        for part in location
    )
