"""YAML as plain values that know where they stand, so that errors can name the line."""

import re
from pathlib import Path
from typing import Any

import yaml

LARGEST = 5_000_000  # bytes
DEEPEST = 20  # levels
# What YAML 1.2 does not allow in a stream (its production c-printable), and DEL.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
BOOLEANS = {"true": True, "false": False}

type Value = str | int | float | bool | list[Value] | dict[str, Value] | None
type Location = tuple[str | int, ...]


class SourceError(Exception):
    """What is wrong with a file, a line each: `path:line:column: what`."""


class Source:
    """One YAML document: its `value`, and the place of each part of it.

    Raises SourceError when the file cannot be read or is not one plain YAML document.
    Anchors and aliases are refused: a small file could grow without bound.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[Location, Any] = {}
        text = self._read()
        try:
            self._refuse_what_grows(text)
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise SourceError(self._say(mark, error.problem or "not YAML")) from error
        if node is None:
            raise SourceError(f"{path}:1:1: the file is empty")
        self.value = self._value_of(node, ())

    def problem(self, location: Location, what: str) -> str:
        """`what` in a line that names the place, or the nearest one that exists."""
        while location not in self._places:
            location = location[:-1]
        return self._say(self._places[location], what)

    def _say(self, mark: Any, what: str) -> str:
        return f"{self.path}:{mark.line + 1}:{mark.column + 1}: {what}"

    def _read(self) -> str:
        try:
            with self.path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except OSError as error:
            raise SourceError(f"{self.path}: {error.strerror}") from error
        if len(data) > LARGEST:
            raise SourceError(f"{self.path}: larger than {LARGEST:,} bytes")
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise self._error_after(
                data[: error.start].decode(), "not UTF-8"
            ) from error
        if found := UNPRINTABLE.search(text):
            what = f"a control character (U+{ord(found[0]):04X})"
            raise self._error_after(text[: found.start()], what)
        return text

    def _error_after(self, before: str, what: str) -> SourceError:
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        return SourceError(f"{self.path}:{line}:{column}: {what}")

    def _refuse_what_grows(self, text: str) -> None:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                raise SourceError(self._say(event.start_mark, "nested too deeply"))
            if getattr(event, "anchor", None):
                what = "anchors (&) and aliases (*) are not supported"
                raise SourceError(self._say(event.start_mark, what))

    def _value_of(self, node: yaml.Node, location: Location) -> Value:
        self._places.setdefault(location, node.start_mark)
        if isinstance(node, yaml.SequenceNode):
            return [
                self._value_of(item, (*location, index))
                for index, item in enumerate(node.value)
            ]
        if isinstance(node, yaml.MappingNode):
            return self._mapping_of(node, location)
        return _scalar(node)

    def _mapping_of(self, node: yaml.MappingNode, location: Location) -> Value:
        values: dict[str, Value] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                what = "a key should be one word"
                raise SourceError(self._say(key_node.start_mark, what))
            key = key_node.value
            if key in values:
                what = f"{key} stands here a second time"
                raise SourceError(self._say(key_node.start_mark, what))
            self._places[*location, key] = key_node.start_mark
            values[key] = self._value_of(value_node, (*location, key))
        return values


def _scalar(node: yaml.Node) -> Value:
    """The value of an unquoted scalar by YAML 1.2's core schema; text otherwise."""
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return BOOLEANS.get(node.value.lower(), node.value)
    if kind == "int" and re.fullmatch(r"[-+]?[0-9]{1,18}", node.value):
        return int(node.value)
    if kind == "float":
        return float("nan")
    return str(node.value)
