"""Validate the texts of a roadmap's file."""

import re

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from pydantic_core import PydanticCustomError

from core.text import describe_line_fault, describe_text_fault, shows_nothing
from core.web_address import describe_url_fault
from roadmaps.emoji import is_emoji
from roadmaps.markdown import ADVICE, validate_markdown
from roadmaps.models import SLUG


def validate_line(text: str) -> str:
    if shows_nothing(text):
        raise PydanticCustomError("shows_nothing", "should not be empty")
    raise_fault(describe_line_fault(text))
    return text.strip()


def validate_body(text: str) -> str:
    raise_fault(describe_text_fault(text))
    try:
        validate_markdown(text)
    except ValidationError as error:
        message = f"should be less complex: {ADVICE}"
        raise PydanticCustomError(
            "too_complex", "{message}", {"message": message}
        ) from error
    return normalize_body(text)


def raise_fault(fault: str) -> None:
    if fault:
        raise PydanticCustomError("not_plain_text", "{fault}", {"fault": fault})


def normalize_body(body: str) -> str:
    """Return the body with LF line ends, no blank lines around it and one final LF."""
    text = body.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    normalized = f"{text}\n" if not shows_nothing(text) else ""
    return body if normalized == body else normalized  # a second copy takes memory


def validate_slug(text: str) -> str:
    if not re.fullmatch(SLUG, text):
        message = f"should be a to z, 0 to 9 and single hyphens{suggest_slug(text)}"
        raise PydanticCustomError("slug", "{message}", {"message": message})
    return text


def suggest_slug(text: str) -> str:
    slug = re.sub("[-_]+", "-", slugify(text))
    return f", for example {slug}" if re.fullmatch(SLUG, slug) else ""


def validate_emoji(text: str) -> str:
    if not is_emoji(text):
        raise PydanticCustomError("emoji", "should be an emoji, for example 🧭")
    return text


def validate_step_path(text: str) -> str:
    if text and not re.fullmatch(f"{SLUG}/{SLUG}", text):
        message = "should be the slugs of a roadmap and its step, roadmap/step"
        raise PydanticCustomError("step_path", message)
    return text


def validate_url(text: str) -> str:
    raise_fault(describe_url_fault(text))
    return text
