"""Validate the texts of a roadmap's file."""

import re

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import URLValidator
from django.utils.text import slugify
from pydantic_core import PydanticCustomError

from editing.yaml_format.parser import UNPRINTABLE, format_code_point
from roadmaps.emoji import is_emoji
from roadmaps.markdown import ADVICE, validate_markdown
from roadmaps.models import SLUG

# Characters that change the order in which text is shown (Unicode TR36, "Trojan
# Source").
BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def validate_line(text: str) -> str:
    if len(text.strip().splitlines()) != 1 or UNPRINTABLE.search(text):
        raise PydanticCustomError("one_line", "should be one line of plain text")
    validate_no_bidi_controls(text)
    return text.strip()


def validate_body(text: str) -> str:
    if match := UNPRINTABLE.search(text):
        message = f"should hold no control characters ({format_code_point(match[0])})"
        raise PydanticCustomError("plain_text", "{message}", {"message": message})
    validate_no_bidi_controls(text)
    try:
        validate_markdown(text)
    except DjangoValidationError as error:
        message = f"should be less complex: {ADVICE}"
        raise PydanticCustomError(
            "too_complex", "{message}", {"message": message}
        ) from error
    return normalize_body(text)


def normalize_body(body: str) -> str:
    """Return the body with LF line ends, no blank lines around it and one final LF."""
    text = body.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    normalized = f"{text}\n" if text.strip() else ""
    return body if normalized == body else normalized  # a second copy takes memory


def validate_no_bidi_controls(text: str) -> None:
    if match := BIDI_CONTROLS.search(text):
        code_point = format_code_point(match[0])
        message = f"should hold no marks that reorder text ({code_point})"
        raise PydanticCustomError("reordering", "{message}", {"message": message})


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
    try:
        URLValidator(schemes=["https", "http"])(text)
    except DjangoValidationError as error:
        message = "should be an address that begins with https:// or http://"
        raise PydanticCustomError("web_address", message) from error
    return text
