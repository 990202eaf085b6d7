"""Say what is wrong with a file that is not YAML, in the line that must be mended.

libyaml names the place where it noticed the error, often a line later, and what it
expected there.
"""

import re
from io import BytesIO
from itertools import islice
from typing import Any, NamedTuple

import yaml
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

KEY = re.compile(r"[\s-]*[\w-]+:(\s|$)")
KEY_WITHOUT_SPACE = re.compile(r"[\s-]*[\w-]+:\S")
WIDE_SPACES = re.compile(r"^[\s-]*?([^\S \r\n])")  # any but plain ones, before the text

LACKS_COLON = gettext_lazy("There is no colon after the key. Write `key: value`.")
LACKS_SPACE = gettext_lazy("There is no space after the colon. Write `key: value`.")
COLON_IN_TEXT = gettext_lazy(
    "The text has a colon followed by a space. Put the text in quotes."
)
NEEDS_QUOTES = gettext_lazy("Text can’t begin with %(character)s. Put it in quotes.")
WRONG_INDENT = gettext_lazy(
    "The indentation doesn’t match any line above. Indent each key exactly as far "
    "as the other keys of its mapping."
)
NOT_CLOSED = gettext_lazy(
    "The %(character)s is never closed. Close it, or put the text in quotes."
)
NO_END_OF_TEXT = gettext_lazy(
    "There is text after the closing quote. Put the whole text in quotes, and write a "
    "quote inside it twice ('') or with a backslash (\\\")."
)
# Our messages for other problems that libyaml reports.
MESSAGES = {
    "unknown escape character": gettext_lazy(
        "This escape is unknown. Write \\\\ for a backslash, or use single quotes."
    ),
    "invalid Unicode character escape": gettext_lazy(
        "This escape is not a valid character. Write the character itself."
    ),
}


class Position(NamedTuple):
    """A place in the file. Both numbers begin with 0."""

    line: int
    column: int

    @classmethod
    def of(cls, mark: Any) -> "Position":
        """The position of libyaml's mark."""
        return cls(mark.line, mark.column)


class Lines(NamedTuple):
    """The lines around an error."""

    at_place: str
    above_number: int
    above: str  # the last one before it that is not blank
    at_context: str  # where libyaml began to read what it could not finish


def explain(error: yaml.MarkedYAMLError, data: bytes) -> tuple[Position, str]:
    """Return the place to mend, the cause and the remedy."""
    context = Position.of(error.context_mark) if error.context_mark else None
    mark = error.problem_mark or error.context_mark
    place = Position.of(mark) if mark else Position(0, 0)
    message = error.problem or ""
    lines = find_lines(data, place, context)
    line = lines.at_place
    if match := WIDE_SPACES.match(line):
        advice = _(
            "There is an unusual kind of space in the indentation. Use ordinary spaces."
        )
        if match[1] == "\t":
            advice = _("There is a tab in the indentation. Use spaces.")
        return Position(place.line, match.start(1)), advice
    if "cannot start any token" in message or "scanning an" in (error.context or ""):
        start, line = (
            (place, line)
            if "token" in message or not context
            else (context, lines.at_context)
        )
        character = line[start.column : start.column + 1]
        return start, NEEDS_QUOTES % {"character": character}
    if "could not find expected ':'" in message and context:
        return context, explain_key(lines.at_context)
    if "mapping values are not allowed" in message:
        return explain_colon(lines, place)
    if "end of stream" in message and context:
        quote = lines.at_context[context.column : context.column + 1]
        return context, NOT_CLOSED % {"character": quote}
    if "did not find expected" in message:
        return explain_unexpected(error, line, place, context)
    for phrase, own_message in MESSAGES.items():
        if phrase in message:
            return place, str(own_message)
    # An English phrase of libyaml.
    return place, _("This is not valid YAML (%(problem)s).") % {"problem": message}


def find_lines(data: bytes, place: Position, context: Position | None) -> Lines:
    """Return the lines to look at. A list of all lines could take much memory."""
    last = above = about = (0, b"")
    for number, line in enumerate(islice(BytesIO(data), place.line + 1)):
        if last[1].strip():
            above = last
        last = (number, line)
        if context and number == context.line:
            about = last
    is_beyond_end = last[0] < place.line
    return Lines(
        "" if is_beyond_end else decode(last[1]),
        above[0],
        decode(above[1]),
        decode(about[1]),
    )


def decode(line: bytes) -> str:
    return line.decode().rstrip("\r\n")


def explain_key(line: str) -> str:
    return str(LACKS_SPACE if KEY_WITHOUT_SPACE.match(line) else LACKS_COLON)


def explain_colon(lines: Lines, place: Position) -> tuple[Position, str]:
    """Explain a colon that comes where libyaml reads text."""
    if KEY.match(lines.at_place[: place.column]):
        return place, str(COLON_IN_TEXT)
    if not KEY.match(lines.above):
        position = Position(lines.above_number, measure_indent(lines.above))
        return position, explain_key(lines.above)
    return Position(place.line, measure_indent(lines.at_place)), str(WRONG_INDENT)


def measure_indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def explain_unexpected(
    error: yaml.MarkedYAMLError, line: str, place: Position, context: Position | None
) -> tuple[Position, str]:
    if "flow" in (error.context or "") and context:
        is_list = "sequence" in (error.context or "")
        return context, NOT_CLOSED % {"character": "[" if is_list else "{"}
    is_indentation = not line[: place.column].strip()
    return place, str(WRONG_INDENT if is_indentation else NO_END_OF_TEXT)
