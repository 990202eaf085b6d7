"""Validate the texts of a roadmap's file."""

import math
import re
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from pydantic_core import PydanticCustomError

from core.text import describe_line_fault, describe_text_fault, shows_nothing
from core.web_address import describe_url_fault
from roadmaps.emoji import validate_emoji as check_emoji
from roadmaps.markdown import validate_markdown
from roadmaps.models import MAX_HOURS, MIN_HOURS
from roadmaps.slugs import SLUG

HOURS = re.compile(r"([0-9]{1,3}(?:\.[0-9])?)(?: ?- ?([0-9]{1,3}(?:\.[0-9])?))?")


def validate_line(text: str) -> str:
    if shows_nothing(text):
        raise_fault(_("This must not be empty."))
    raise_fault(describe_line_fault(text))
    return text.strip()


def validate_body(text: str) -> str:
    raise_fault(describe_text_fault(text))
    try:
        validate_markdown(text)
    except ValidationError as error:
        raise_fault(str(error.message))
    return normalize_body(text)


def validate_short_text(text: str) -> str:
    """Validate Markdown that has no final line break."""
    if shows_nothing(text):
        raise_fault(_("This must not be empty."))
    return validate_body(text).removesuffix("\n")


def validate_hours(value: Any) -> str:
    """Return hours as a file has them: "4", "0.5" or "4-6"."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and math.isfinite(value):
        value = f"{value:g}"
    match = HOURS.fullmatch(value) if isinstance(value, str) else None
    if value == "":
        return ""
    if match is None:
        raise_fault(_("Write a number of hours or a range, such as 4, 0.5 or 4-6."))
    fewest, most = parse_hours(value)
    if fewest < MIN_HOURS or most > MAX_HOURS:
        raise_fault(_("Use hours between 0.5 and 400."))
    if fewest > most:
        raise_fault(_("Write the smaller number of hours first."))
    return format_hours(fewest, most)


def parse_hours(text: str) -> tuple[Decimal, Decimal]:
    match = HOURS.fullmatch(text)
    assert match  # noqa: S101, only validated text is parsed
    return Decimal(match[1]), Decimal(match[2] or match[1])


def format_hours(fewest: Decimal | None, most: Decimal | None) -> str:
    if fewest is None or most is None:
        return ""
    numbers = dict.fromkeys(f"{float(number):g}" for number in (fewest, most))
    return "-".join(numbers)


def validate_date(text: str) -> str:
    try:
        is_date = text == "" or date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_date = False
    if not is_date:
        raise_fault(_("Write a date as year-month-day, such as 2026-11-29."))
    return text


def raise_fault(fault: str) -> None:
    """Raise an error with the sentence on what is wrong, unless it is empty."""
    if fault:
        raise PydanticCustomError("fault", "{fault}", {"fault": fault})


def normalize_body(body: str) -> str:
    """Return the body with LF line ends, no blank lines around it and one final LF."""
    text = body.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    normalized = f"{text}\n" if not shows_nothing(text) else ""
    return body if normalized == body else normalized  # a second copy takes memory


def validate_slug(text: str) -> str:
    if not re.fullmatch(SLUG, text):
        message = _("Use only a to z, 0 to 9 and single hyphens between them.")
        if slug := suggest_slug(text):
            message = _(
                "Use only a to z, 0 to 9 and single hyphens between them, for example "
                "%(slug)s."
            )
        raise_fault(message % {"slug": slug})
    return text


def suggest_slug(text: str) -> str:
    slug = re.sub("[-_]+", "-", slugify(text))
    return slug if re.fullmatch(SLUG, slug) else ""


def validate_emoji(text: str) -> str:
    try:
        check_emoji(text)
    except ValidationError as error:
        raise_fault(str(error.message))
    return text


def validate_step_path(text: str) -> str:
    if text and not re.fullmatch(f"{SLUG}/{SLUG}", text):
        raise_fault(
            _("Use the slugs of a roadmap and one of its steps, such as cooking/fry.")
        )
    return text


def validate_url(text: str) -> str:
    raise_fault(describe_url_fault(text))
    return text
