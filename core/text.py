"""What text must not contain, and whether it shows anything. Forms, files and settings
all use these rules.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

# Characters that YAML 1.2 does not allow (its production c-printable), and DEL.
UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
# Characters that change the order in which text is shown (Unicode TR36, "Trojan
# Source"). The marks for Arabic and Hebrew, U+200E, U+200F and U+061C, are not among
# them: they affect only the characters next to them.
BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# White space, control characters, the Default_Ignorable_Code_Points of Unicode, and
# three more that fonts draw empty: U+2800, U+FFF9 to U+FFFB and U+1D159.
INVISIBLE_CHARACTER = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff]"
)
# The blocks of Unicode whose letters are written from right to left.
RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
NOTHING = re.compile(f"{INVISIBLE_CHARACTER.pattern}*")


def shows_nothing(text: str) -> bool:
    """Whether the text is empty, or has only characters that nobody can see."""
    return NOTHING.fullmatch(text) is not None


def format_code_point(character: str) -> str:
    return f"U+{ord(character):04X}"


def is_line(text: str) -> bool:
    """Whether the text is valid as one line.

    Unlike `describe_line_fault`, this needs no translations. Settings are read before
    these are available.
    """
    is_one_line = len(text.strip().splitlines()) <= 1
    faults = UNPRINTABLE.search(text) or BIDI_CONTROLS.search(text)
    return is_one_line and not faults


def describe_line_fault(text: str) -> str:
    """Return a sentence on what to change in one line of text, or ""."""
    if len(text.strip().splitlines()) > 1 or UNPRINTABLE.search(text):
        return _("Use one line of plain text.")
    return describe_text_fault(text)


def describe_text_fault(text: str) -> str:
    """Return a sentence on what to change in text of several lines, or ""."""
    if match := UNPRINTABLE.search(text):
        message = _("Remove the control character %(code_point)s.")
    elif match := BIDI_CONTROLS.search(text):
        message = _("Remove the character %(code_point)s, which reorders text.")
    else:
        return ""
    return message % {"code_point": format_code_point(match[0])}


def validate_line(text: str) -> None:
    if fault := describe_line_fault(text):
        raise ValidationError(fault, code="not_a_line")


def validate_text(text: str) -> None:
    if fault := describe_text_fault(text):
        raise ValidationError(fault, code="not_plain_text")


def get_direction(text: str) -> str:
    """Return the value for `dir` by the first letter of the text, as `auto` does.

    For lists that follow one text; an element with text of its own has `dir="auto"`.
    """
    for character in text:
        match unicodedata.bidirectional(character):
            case "R" | "AL":
                return "rtl"
            case "L":
                return "ltr"
    return "ltr"


def isolate(text: str) -> str:
    """Return the text so that it does not reorder the words around it.

    For plain text and attributes; HTML has the element `bdi`. The text comes between
    the characters U+2068 and U+2069, unless everything around it and in it is written
    from left to right.
    """
    is_needed = RIGHT_TO_LEFT.search(text) or get_language_bidi()
    return f"\u2068{text}\u2069" if is_needed else text
