"""Export a roadmap as a YAML file. The same roadmap always gives the same bytes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from core.fault_limit import FaultCount
from editing.yaml_format.columns import Rows, to_section_entries, to_step_entry
from editing.yaml_format.parser import InvalidFileError
from editing.yaml_format.schema import (
    BLOCKS,
    SHORT_TEXTS,
    UNQUOTED,
    RoadmapFile,
    describe_error,
)
from roadmaps.models import SEARCH_VECTORS, Roadmap, Step
from roadmaps.sections import Section

# For text editors with a YAML language server; the path is relative to fixtures/.
SCHEMA_COMMENT = "# yaml-language-server: $schema=../docs/roadmap.schema.json"
# Text that needs no quotes: YAML 1.1 and 1.2 both read it as text.
PLAIN_SCALAR = re.compile(r"[^\W\d_]([^\s:#\ufeff]|:(?=\S)|(?<=\S)#| (?=[^\s#]))*")
EMOJI = re.compile("[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]+")
CONSTANTS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
# DEL, the characters that only YAML 1.1 reads as line ends, and the byte order mark.
ESCAPES = {c: f"\\u{ord(c):04x}" for c in "\x7f\x85\u2028\u2029\ufeff"}
NOT_IN_BLOCKS = re.compile("[\r\x85\u2028\u2029\ufeff]")


def export(roadmap: Roadmap) -> str:
    """Return the text of the roadmap's file.

    Raises InvalidFileError if stored text is not allowed in a file. Each problem names
    its step.
    """
    steps = roadmap.steps.defer("html", *SEARCH_VECTORS)
    file = serialize(roadmap, list(steps))
    try:
        values = file.model_dump(exclude_defaults=True)
        RoadmapFile.model_validate(values, context=FaultCount())
    except ValidationError as validation_error:
        details = validation_error.errors(include_url=False)
        advice = _("Correct it in the admin.")
        raise InvalidFileError(
            *(
                f"{_get_path(file, each['loc'])}: {describe_error(each)} {advice}"
                for each in details
            )
        ) from validation_error
    return to_yaml(file)


def _get_path(file: RoadmapFile, location: tuple[str | int, ...]) -> str:
    match location:
        case ("steps", int(index), *_):
            return f"{file.slug}/{file.steps[index].slug}"
    return file.slug


def serialize(
    roadmap: Roadmap,
    steps: Sequence[Step],
    parts: Mapping[int, Mapping[str, Rows]] | None = None,
) -> RoadmapFile:
    """Return the stored roadmap as a file's entries, without validating them.

    `parts` are those of the steps, by id and kind, if the caller has read them.
    """
    if parts is None:
        parts = Step.objects.related_snapshot([step.pk for step in steps])
    sections = list(roadmap.sections.values("pk", *Section.SNAPSHOT_FIELDS))
    slugs = {row.pop("pk"): row["slug"] for row in sections}
    return RoadmapFile.model_construct(
        slug=roadmap.slug,
        title=roadmap.title,
        category=roadmap.category,
        icon=roadmap.icon,
        summary=roadmap.summary,
        position=roadmap.position,
        published=roadmap.is_published,
        visibility=str(roadmap.visibility),
        sections=to_section_entries(sections),
        steps=[
            to_step_entry(step, slugs.get(step.section_id, ""), parts.get(step.pk, {}))
            for step in steps
        ],
    )


def to_yaml(file: RoadmapFile) -> str:
    return "\n".join([SCHEMA_COMMENT, *_format_entry(file)]) + "\n"


def _format_entry(entry: BaseModel, indent: str = "") -> Iterator[str]:
    """Yield the entry's lines, without the keys that have their default value.

    The position is always there: without it, an import puts a new roadmap last.
    """
    for name, field in type(entry).model_fields.items():
        value = getattr(entry, name)
        is_default = not field.is_required() and value == field.default
        if is_default and name != "position":
            continue
        if isinstance(value, list):
            yield from _format_list(name, value, indent)
        else:
            yield f"{indent}{name}: {_format_scalar(name, value, indent)}"


def _format_list(
    name: str, entries: Sequence[BaseModel | str], indent: str
) -> Iterator[str]:
    if not entries:
        yield f"{indent}{name}: []"
        return
    is_spaced = name == "steps"
    if is_spaced or name == "sections":
        yield ""
    yield f"{indent}{name}:"
    for index, entry in enumerate(entries):
        if isinstance(entry, str):
            yield f"{indent}  - {_format_scalar(name, entry, indent)}"
            continue
        if is_spaced and index:
            yield ""
        first, *rest = _format_entry(entry, f"{indent}    ")
        yield f"{indent}  - {first.lstrip()}"
        yield from rest


def _format_scalar(name: str, value: Any, indent: str) -> str:
    if not isinstance(value, str):
        return json.dumps(value)  # true, false or a whole number
    if name in UNQUOTED:
        return value
    is_plain = PLAIN_SCALAR.fullmatch(value) and value.lower() not in CONSTANTS
    may_be_block = name in BLOCKS or (name in SHORT_TEXTS and not is_plain)
    if may_be_block and value and not NOT_IN_BLOCKS.search(value):
        return _format_block(value, f"{indent}  ")
    if is_plain or EMOJI.fullmatch(value):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(ESCAPES.get(character, character) for character in quoted)


def _format_block(text: str, indent: str) -> str:
    begins_with_space = text.startswith((" ", "\t"))
    header = "|2" if begins_with_space else "|"
    lines = text.removesuffix("\n").split("\n")
    lines = [indent + line if line else "" for line in lines]
    return "\n".join([header, *lines])
