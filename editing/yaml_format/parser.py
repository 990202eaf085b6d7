"""Parse YAML into plain values, and find their positions for error messages."""

import re
import sys
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable
from pathlib import Path

import yaml
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.fault_limit import MAX_FAULTS
from core.text import UNPRINTABLE, format_code_point
from editing.yaml_format.syntax_errors import Position, explain

MAX_FILE_SIZE = 20_000_000  # bytes
MAX_VALUES = 200_000
# Files with fewer could take more than ten times their size in memory.
MIN_BYTES_PER_VALUE = 25
MAX_KEYS = 100  # in one mapping
MAX_DEPTH = 20
MAX_QUOTE_LENGTH = 60  # characters
# Unquoted scalars by the core schema of YAML 1.2.
CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False}
INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
OTHER_NUMBER = re.compile(r"\.nan|[-+]?\.inf|0x[0-9a-f]+|0o[0-7]+", re.IGNORECASE)
type Value = str | int | float | bool | list[Value] | dict[str, Value] | None
type Location = tuple[str | int, ...]  # the keys and indexes that lead to a value


class InvalidFileError(Exception):
    """The problems of a file, each as a line `name:line:column: message`.

    The message has the first 20 problems.
    """

    def __init__(self, *problems: str) -> None:
        lines = list(problems[:MAX_FAULTS])
        if len(problems) >= MAX_FAULTS:
            message = _("These are the first %(count)d problems. There may be more.")
            lines.append(message % {"count": MAX_FAULTS})
        super().__init__("\n".join(lines))


class YamlDocument:
    """A file with one YAML document.

    Raises InvalidFileError unless the data is text of a reasonable size.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        check_text(name, data)
        self._data = data.removeprefix(BOM_UTF8)

    @classmethod
    def from_path(cls, path: Path) -> "YamlDocument":
        """Raises InvalidFileError, also if the file cannot be read."""
        try:
            with path.open("rb") as file:
                data = file.read(MAX_FILE_SIZE + 1)
        except OSError as error:
            raise InvalidFileError(f"{path}: {error.strerror}") from error
        return cls(str(path), data)

    @property
    def text(self) -> str:
        return self._data.decode()

    def read(self) -> tuple[Value, list[str]]:
        """Return the document's value, and problems such as repeated keys.

        Raises InvalidFileError unless the file is one YAML document. Anchors, aliases
        and tags are refused: with aliases, a small file could expand without limit.
        """
        parser = _Parser(self.name, self._data)
        try:
            return parser.parse_document(), parser.problems
        except yaml.MarkedYAMLError as error:
            position, message = explain(error, self._data)
            raise InvalidFileError(parser.format(position, message)) from error

    def format_problems(self, problems: Iterable[tuple[Location, str]]) -> list[str]:
        """Return each message with the position of the value at its location, in the
        order of the file.

        A missing value has the position of the mapping or list that it is missing in.
        The positions of all values take several times the memory of the values, so
        only these are looked up, by parsing again.
        """
        problems = list(problems)
        if not problems:
            return []
        wanted = {
            location[:length]
            for location, _ in problems
            for length in range(len(location) + 1)
        }
        parser = _Parser(self.name, self._data, wanted)
        parser.parse_document()
        found = [
            (parser.find_position(location), message) for location, message in problems
        ]
        found.sort(key=lambda problem: problem[0])
        return [parser.format(position, message) for position, message in found]


class _Parser:
    """Parses the document once. Remembers the positions of the `wanted` locations."""

    def __init__(
        self, name: str, data: bytes, wanted: Collection[Location] = ()
    ) -> None:
        self.name = name
        self.problems: list[str] = []
        self._events = yaml.parse(data, Loader=yaml.CSafeLoader)
        self._wanted = wanted
        self._positions: dict[Location, Position] = {}
        self._value_count = 0
        self._max_values = min(5_000 + len(data) // MIN_BYTES_PER_VALUE, MAX_VALUES)

    def format(self, position: Position, message: str) -> str:
        return f"{self.name}:{position.line + 1}:{position.column + 1}: {message}"

    def find_position(self, location: Location) -> Position:
        while location not in self._positions:
            location = location[:-1]
        return self._positions[location]

    def _format(self, event: yaml.Event, message: str) -> str:
        return self.format(Position.of(event.start_mark), message)

    def _error_at(self, event: yaml.Event, message: str) -> InvalidFileError:
        return InvalidFileError(self._format(event, message))

    def _remember_position(self, location: Location, event: yaml.Event) -> None:
        if location in self._wanted:
            self._positions.setdefault(location, Position.of(event.start_mark))

    def parse_document(self) -> Value:
        next(self._events)
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            message = _("The file is empty. It should begin with `slug:`.")
            raise InvalidFileError(self.format(Position(0, 0), message))
        value = self._parse_value(next(self._events), (), 0)
        next(self._events)
        end = next(self._events)
        if not isinstance(end, yaml.StreamEndEvent):
            raise self._error_at(end, _("Put each roadmap into a file of its own."))
        return value

    def _parse_value(self, event: yaml.Event, location: Location, depth: int) -> Value:
        self._value_count += 1
        self._check_limits(event, depth)
        self._remember_position(location, event)
        if isinstance(event, yaml.ScalarEvent):
            return parse_scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return [
                self._parse_value(item, (*location, index), depth + 1)
                for index, item in enumerate(self._events_until(yaml.SequenceEndEvent))
            ]
        return self._parse_mapping(location, depth)

    def _events_until(self, end: type[yaml.Event]) -> Iterable[yaml.Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _parse_mapping(self, location: Location, depth: int) -> Value:
        values: dict[str, Value] = {}
        for event in self._events_until(yaml.MappingEndEvent):
            self._check_limits(event, depth)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error_at(event, _("Use one word as the key."))
            key = sys.intern(event.value)
            is_repeated = key in values
            self._remember_position((*location, key), event)
            value = self._parse_value(next(self._events), (*location, key), depth + 1)
            if is_repeated:
                message = _("This key appears twice. Keep only one.")
                self._add_problem(event, f"{quote(key)}: {message}")
            else:
                values[key] = value
            if len(values) > MAX_KEYS:
                message = _("There are more than %(number)d keys here.")
                raise self._error_at(event, message % {"number": MAX_KEYS})
        return values

    def _add_problem(self, event: yaml.Event, message: str) -> None:
        self.problems.append(self._format(event, message))
        if len(self.problems) >= MAX_FAULTS:
            raise InvalidFileError(*self.problems)

    def _check_limits(self, event: yaml.Event, depth: int) -> None:
        message = ""
        if depth > MAX_DEPTH:
            message = _("This is nested too deeply.")
        elif self._value_count > self._max_values:
            number = number_format(self._max_values, force_grouping=True)
            message = _("A file of this size can have at most %(number)s values.")
            message %= {"number": number}
        elif getattr(event, "anchor", None):
            message = _(
                "Anchors (&) and aliases (*) are not supported. Write the value itself."
            )
        elif getattr(event, "tag", None):
            message = _("Tags (!) are not supported. Put text in quotes.")
        if message:
            raise self._error_at(event, message)


def check_text(name: str, data: bytes) -> None:
    """Raises InvalidFileError unless the data is UTF-8 without control characters."""
    if len(data) > MAX_FILE_SIZE:
        size = number_format(MAX_FILE_SIZE, force_grouping=True)
        message = _("The file is larger than %(size)s bytes.") % {"size": size}
        raise InvalidFileError(f"{name}: {message}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(errors="replace")
        message = _("This is not UTF-8. Save the file as UTF-8.")
        raise InvalidFileError(f"{name}:{format_end(before)}: {message}") from error
    if match := UNPRINTABLE.search(text):
        before = text[: match.start()]
        message = _("Remove the control character %(code_point)s.")
        message %= {"code_point": format_code_point(match[0])}
        raise InvalidFileError(f"{name}:{format_end(before)}: {message}")


def format_end(text: str) -> str:
    """Return the line and column of the end of the text, such as "3:17"."""
    return f"{text.count('\n') + 1}:{len(text) - text.rfind('\n')}"


def parse_scalar(event: yaml.ScalarEvent) -> Value:
    """Return the value of an unquoted scalar by YAML 1.2's core schema, else its text.

    Numbers that no key of the format allows, such as octal ones, become NaN, so that
    the schema reports them.
    """
    text = str(event.value)
    if not event.implicit[0]:
        return text
    if text.lower() in CONSTANTS:
        return CONSTANTS[text.lower()]
    if INTEGER.fullmatch(text):
        return int(text)
    if NUMBER.fullmatch(text):
        return float(text)
    if OTHER_NUMBER.fullmatch(text):
        return float("nan")
    return text


def quote(text: str) -> str:
    """Return text from a file shortened and escaped, for one line of a terminal."""
    is_short = len(text) <= MAX_QUOTE_LENGTH
    short = text if is_short else f"{text[:MAX_QUOTE_LENGTH]}…"
    return short if short.isprintable() else ascii(short)
