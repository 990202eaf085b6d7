"""Parse YAML into plain values and remember their positions, for error messages."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

MAX_FILE_SIZE = 20_000_000  # bytes
MAX_VALUES = 200_000
MAX_KEYS = 100  # in one mapping
MAX_DEPTH = 20
MAX_REPORTED_PROBLEMS = 50
MAX_QUOTE_LENGTH = 60  # characters
# Characters that YAML 1.2 does not allow (its production c-printable), and DEL.
UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
# Unquoted scalars by the core schema of YAML 1.2.
CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False}
INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
OTHER_NUMBER = re.compile(r"\.nan|[-+]?\.inf|0x[0-9a-f]+|0o[0-7]+", re.IGNORECASE)
# Advice to append to the error messages of libyaml.
ADVICE = {
    "cannot start any token": "; indent with spaces, and put text in quotes that "
    "begins with a tab, @, ` or %",
    "mapping values are not allowed": "; put text in quotes that holds a colon and a "
    "space, and check the indentation",
    "did not find expected": "; check the indentation, and that quotes and brackets "
    "above are closed",
    "could not find expected ':'": "; a line should be `key: value`",
    "unexpected end of stream": "; close the quotes",
    "unknown escape character": "; write \\\\ for a backslash, or use single quotes",
    "invalid Unicode character escape": "; write the character itself",
}

type Value = str | int | float | bool | list[Value] | dict[str, Value] | None
type Location = tuple[str | int, ...]  # the keys and indexes that lead to a value


class InvalidFileError(Exception):
    """The problems of a file, each as a line `name:line:column: message`.

    The message has the first 50 problems and the number of the others.
    """

    def __init__(self, *problems: str) -> None:
        lines = list(problems[:MAX_REPORTED_PROBLEMS])
        if len(problems) > MAX_REPORTED_PROBLEMS:
            lines.append(f"and {len(problems) - MAX_REPORTED_PROBLEMS:,} more.")
        super().__init__("\n".join(lines))


class YamlDocument:
    """A parsed file: its `text`, its `value` and its `problems`, such as repeated keys.

    Raises InvalidFileError unless the data is one YAML document. Anchors, aliases and
    tags are refused: with aliases, a small file could expand without limit.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.problems: list[str] = []
        self._marks: dict[Location, Any] = {}
        self._value_count = 0
        self.text = self._decode(data)
        self._events = yaml.parse(self.text, Loader=yaml.CSafeLoader)
        try:
            self.value = self._parse_document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            message = error.problem or "not YAML"
            for phrase, advice in ADVICE.items():
                message += advice if phrase in message else ""
            raise InvalidFileError(self._format(mark, message)) from error

    @classmethod
    def from_path(cls, path: Path) -> "YamlDocument":
        """Raises InvalidFileError, also if the file cannot be read."""
        try:
            with path.open("rb") as file:
                data = file.read(MAX_FILE_SIZE + 1)
        except OSError as error:
            raise InvalidFileError(f"{path}: {error.strerror}") from error
        return cls(str(path), data)

    def format_problem(self, location: Location, message: str) -> str:
        """Return the message with the position of the value at `location`.

        A missing value has the position of the mapping or list that it is missing in.
        """
        while location not in self._marks:
            location = location[:-1]
        return self._format(self._marks[location], message)

    def _format(self, mark: Any, message: str) -> str:
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}: {message}"

    def _decode(self, data: bytes) -> str:
        if len(data) > MAX_FILE_SIZE:
            raise InvalidFileError(
                f"{self.name}: larger than {MAX_FILE_SIZE:,} bytes; "
                "no roadmap is that long"
            )
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode(errors="replace")
            raise self._error_after(before, "not UTF-8; save it as UTF-8") from error
        if match := UNPRINTABLE.search(text):
            message = (
                f"a control character ({format_code_point(match[0])}); take it out"
            )
            raise self._error_after(text[: match.start()], message)
        return text

    def _error_after(self, before: str, message: str) -> InvalidFileError:
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        return InvalidFileError(f"{self.name}:{line}:{column}: {message}")

    def _error_at(self, event: yaml.Event, message: str) -> InvalidFileError:
        return InvalidFileError(self._format(event.start_mark, message))

    def _parse_document(self) -> Value:
        _, start = next(self._events), next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            message = "the file is empty; it should begin with `slug:`"
            raise InvalidFileError(f"{self.name}:1:1: {message}")
        value = self._parse_value(next(self._events), (), 0)
        _, end = next(self._events), next(self._events)
        if not isinstance(end, yaml.StreamEndEvent):
            raise self._error_at(end, "a second document; one roadmap a file")
        return value

    def _parse_value(self, event: yaml.Event, location: Location, depth: int) -> Value:
        self._value_count += 1
        self._check_limits(event, depth)
        self._marks.setdefault(location, event.start_mark)
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
                raise self._error_at(event, "a key should be one word")
            key = event.value
            is_repeated = key in values
            self._marks.setdefault((*location, key), event.start_mark)
            value = self._parse_value(next(self._events), (*location, key), depth + 1)
            if is_repeated:
                message = f"{quote(key)} stands here a second time; keep one of the two"
                self.problems.append(self._format(event.start_mark, message))
            else:
                values[key] = value
            if len(values) > MAX_KEYS:
                message = f"more than {MAX_KEYS} keys; the format has fewer"
                raise self._error_at(event, message)
        return values

    def _check_limits(self, event: yaml.Event, depth: int) -> None:
        message = ""
        if depth > MAX_DEPTH:
            message = "nested too deeply"
        elif self._value_count > MAX_VALUES:
            message = f"more than {MAX_VALUES:,} values; no roadmap is that long"
        elif getattr(event, "anchor", None):
            message = "anchors (&) and aliases (*) are not supported; write it out"
        elif getattr(event, "tag", None):
            message = "tags (!) are not supported; put text in quotes"
        if message:
            raise self._error_at(event, message)


def parse_scalar(event: yaml.ScalarEvent) -> Value:
    """Return the value of an unquoted scalar by YAML 1.2's core schema, else its text.

    Numbers that are not plain integers become NaN. No key of the format allows them, so
    the schema reports them as the wrong type.
    """
    text = str(event.value)
    if not event.implicit[0]:
        return text
    if text.lower() in CONSTANTS:
        return CONSTANTS[text.lower()]
    if INTEGER.fullmatch(text):
        return int(text)
    if NUMBER.fullmatch(text) or OTHER_NUMBER.fullmatch(text):
        return float("nan")
    return text


def quote(text: str) -> str:
    """Return text from a file shortened and escaped, for one line of a terminal."""
    is_short = len(text) <= MAX_QUOTE_LENGTH
    short = text if is_short else f"{text[:MAX_QUOTE_LENGTH]}…"
    return short if short.isprintable() else ascii(short)


def format_code_point(character: str) -> str:
    return f"U+{ord(character):04X}"
