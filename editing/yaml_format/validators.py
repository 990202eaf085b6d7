"""Validate the texts of a roadmap's file."""

import re

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from pydantic_core import PydanticCustomError

from core.text import describe_line_fault, describe_text_fault, shows_nothing
from core.web_address import describe_url_fault
from roadmaps.emoji import validate_emoji as check_emoji
from roadmaps.markdown import validate_markdown
from roadmaps.slugs import SLUG


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
