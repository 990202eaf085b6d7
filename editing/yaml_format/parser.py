"""YAML as plain values that know where they stand, so that errors can name the line."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

LARGEST = 20_000_000  # bytes
MOST = 200_000  # values
MOST_KEYS = 100  # of one mapping
DEEPEST = 20  # levels
MOST_PROBLEMS = 50  # that are told at once
LONGEST_QUOTE = 60  # characters of the file in an error
# What YAML 1.2 does not allow in a stream (its production c-printable), and DEL.
UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
# YAML 1.2's core schema.
WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_A_NUMBER = re.compile(r"\.nan|[-+]?\.inf|0x[0-9a-f]+|0o[0-7]+", re.IGNORECASE)
# What libyaml says, and what a writer can do about it.
REMEDIES = {
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
type Location = tuple[str | int, ...]


class SourceError(Exception):
    """What is wrong with a file, a line each: `name:line:column: what`."""


class Source:
    """One YAML document: its `text`, its `value`, the place of each part of it, and
    `problems` that did not keep it from being read.

    Raises SourceError when it is not one plain YAML document. Anchors and aliases are
    refused: a small file could grow without bound.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.problems: list[str] = []
        self._places: dict[Location, Any] = {}
        self._count = 0
        self.text = self._decode(data)
        self._events = yaml.parse(self.text, Loader=yaml.CSafeLoader)
        try:
            self.value = self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = error.problem or "not YAML"
            for said, remedy in REMEDIES.items():
                what += remedy if said in what else ""
            raise SourceError(self._say(mark, what)) from error

    @classmethod
    def at(cls, path: Path) -> "Source":
        """Raises SourceError also when the file cannot be read."""
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except OSError as error:
            raise SourceError(f"{path}: {error.strerror}") from error
        return cls(str(path), data)

    def problem(self, location: Location, what: str) -> str:
        """`what` in a line that names the place, or the nearest one that exists."""
        while location not in self._places:
            location = location[:-1]
        return self._say(self._places[location], what)

    def _say(self, mark: Any, what: str) -> str:
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}: {what}"

    def _decode(self, data: bytes) -> str:
        if len(data) > LARGEST:
            raise SourceError(
                f"{self.name}: larger than {LARGEST:,} bytes; no roadmap is that long"
            )
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode(errors="replace")
            raise self._error_after(before, "not UTF-8; save it as UTF-8") from error
        if found := UNPRINTABLE.search(text):
            what = f"a control character ({code_point(found[0])}); take it out"
            raise self._error_after(text[: found.start()], what)
        return text

    def _error_after(self, before: str, what: str) -> SourceError:
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        return SourceError(f"{self.name}:{line}:{column}: {what}")

    def _document(self) -> Value:
        _, start = next(self._events), next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            what = "the file is empty; it should begin with `slug:`"
            raise SourceError(f"{self.name}:1:1: {what}")
        value = self._value(next(self._events), (), 0)
        _, end = next(self._events), next(self._events)
        if not isinstance(end, yaml.StreamEndEvent):
            what = "a second document; one roadmap a file"
            raise SourceError(self._say(end.start_mark, what))
        return value

    def _value(self, event: yaml.Event, location: Location, depth: int) -> Value:
        self._count += 1
        self._refuse_what_grows(event, depth)
        self._places.setdefault(location, event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return [
                self._value(item, (*location, index), depth + 1)
                for index, item in enumerate(self._until(yaml.SequenceEndEvent))
            ]
        return self._mapping(location, depth)

    def _until(self, end: type[yaml.Event]) -> Iterable[yaml.Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _mapping(self, location: Location, depth: int) -> Value:
        values: dict[str, Value] = {}
        for event in self._until(yaml.MappingEndEvent):
            self._refuse_what_grows(event, depth)
            if not isinstance(event, yaml.ScalarEvent):
                what = "a key should be one word"
                raise SourceError(self._say(event.start_mark, what))
            key = event.value
            is_repeated = key in values
            self._places.setdefault((*location, key), event.start_mark)
            value = self._value(next(self._events), (*location, key), depth + 1)
            if is_repeated:
                what = f"{quote(key)} stands here a second time; keep one of the two"
                self.problems.append(self._say(event.start_mark, what))
            else:
                values[key] = value
            if len(values) > MOST_KEYS:
                what = f"more than {MOST_KEYS} keys; the format has fewer"
                raise SourceError(self._say(event.start_mark, what))
        return values

    def _refuse_what_grows(self, event: yaml.Event, depth: int) -> None:
        what = ""
        if depth > DEEPEST:
            what = "nested too deeply"
        elif self._count > MOST:
            what = f"more than {MOST:,} values; no roadmap is that long"
        elif getattr(event, "anchor", None):
            what = "anchors (&) and aliases (*) are not supported; write it out"
        elif getattr(event, "tag", None):
            what = "tags (!) are not supported; put text in quotes"
        if what:
            raise SourceError(self._say(event.start_mark, what))


def _scalar(event: yaml.ScalarEvent) -> Value:
    """The value of an unquoted scalar by YAML 1.2's core schema; text otherwise."""
    text = str(event.value)
    if not event.implicit[0]:
        return text
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if INTEGER.fullmatch(text):
        return int(text)
    if NUMBER.fullmatch(text) or NOT_A_NUMBER.fullmatch(text):
        return float("nan")
    return text


def quote(text: str) -> str:
    """Words of a file that are fit for a terminal and a line."""
    short = text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"
    return short if short.isprintable() else ascii(short)


def code_point(character: str) -> str:
    return f"U+{ord(character):04X}"


def listed(problems: list[str]) -> SourceError:
    """An error of them all, or of as many as somebody reads."""
    told = problems[:MOST_PROBLEMS]
    if len(problems) > MOST_PROBLEMS:
        told.append(f"and {len(problems) - MOST_PROBLEMS:,} more.")
    return SourceError("\n".join(told))
