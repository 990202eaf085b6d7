"""What counts as an emoji."""

from unicodedata import category

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.text import is_line, shows_nothing

MARKERS = "\ufe0f\u20e3"  # they turn a character into an emoji or a keycap
EMOJI_LETTER = "ℹ\ufe0f"  # noqa: RUF001, the only emoji that is also a letter


def is_emoji(text: str) -> bool:
    """Whether the text consists of emoji, without letters and spaces."""
    if shows_nothing(text) or not is_line(text):
        return False
    is_picture = any(is_symbol(character) for character in text)
    rest = text.replace(EMOJI_LETTER, "")
    return is_picture and not any(c.isalpha() or c.isspace() for c in rest)


def is_symbol(character: str) -> bool:
    """Whether it makes the text around it an emoji.

    Python does not know the category of symbols that are newer than itself.
    """
    is_in_emoji_block = "\U0001f000" <= character <= "\U0001ffff"
    return is_in_emoji_block or category(character) == "So" or character in MARKERS


def validate_emoji(text: str) -> None:
    if not is_emoji(text):
        raise ValidationError(_("Use an emoji, for example 🧭."), code="emoji")
