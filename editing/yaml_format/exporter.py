"""A roadmap as the text of its file, the same bytes each time."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from editing.yaml_format.parser import listed
from editing.yaml_format.schema import (
    ResourceEntry,
    RoadmapFile,
    StepEntry,
    explain,
    tidy,
)
from roadmaps.models import Resource, Roadmap, Step

# Where editors with a YAML language server find the schema from fixtures/.
FIRST_LINE = "# yaml-language-server: $schema=../docs/roadmap.schema.json"
# What reads as text without quotes under YAML 1.1 and 1.2 alike.
PLAIN = re.compile(r"[^\W\d_]([^\s:#\ufeff]|:(?=\S)|(?<=\S)#| (?=[^\s#]))*")
EMOJI = re.compile("[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]+")
WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
# Ends of a line to YAML 1.1 only, and a mark that some readers take for one of order.
ESCAPED = {c: f"\\u{ord(c):04x}" for c in "\x7f\x85\u2028\u2029\ufeff"}
NOT_IN_A_BLOCK = re.compile("[\r\x85\u2028\u2029\ufeff]")


def text_of(file: RoadmapFile) -> str:
    return "\n".join([FIRST_LINE, *_lines(file)]) + "\n"


def serialize(
    roadmap: Roadmap, steps: Iterable[Step], resources: Iterable[Resource]
) -> RoadmapFile:
    """What is stored, in the words of a file; not checked, unlike what one reads."""
    links: dict[int, list[ResourceEntry]] = {}
    for resource in resources:
        entry = ResourceEntry.model_construct(
            title=resource.title, url=resource.url, kind=resource.kind
        )
        links.setdefault(resource.step_id, []).append(entry)
    return RoadmapFile.model_construct(
        slug=roadmap.slug,
        title=roadmap.title,
        category=roadmap.category,
        icon=roadmap.icon,
        summary=roadmap.summary,
        position=roadmap.position,
        published=roadmap.is_published,
        steps=[
            StepEntry.model_construct(
                slug=step.slug,
                title=step.title,
                optional=step.is_optional,
                retired=step.is_retired,
                summary=step.summary,
                same_as=step.same_as,
                body=tidy(step.body),
                resources=links.get(step.pk, []),
            )
            for step in steps
        ],
    )


def export(roadmap: Roadmap) -> str:
    """The roadmap as its file. Raises SourceError, naming the step, when something in
    it may not stand in one.
    """
    resources = Resource.objects.filter(step__roadmap=roadmap)
    steps = roadmap.steps.defer("body_html", "search_vector", "whole_vector")
    file = serialize(roadmap, steps, resources)
    try:
        RoadmapFile.model_validate(file.model_dump(exclude_defaults=True))
    except ValidationError as error:
        problems = []
        for wrong in error.errors(include_url=False, include_input=False):
            match wrong["loc"]:
                case ("steps", int(index), *_):
                    where = f"{roadmap.slug}/{file.steps[index].slug}"
                case _:
                    where = roadmap.slug
            problems.append(f"{where}: {explain(wrong)}; mend it in the admin")
        raise listed(problems) from error
    return text_of(file)


def _lines(entry: BaseModel, indent: str = "") -> Iterator[str]:
    for name, field in type(entry).model_fields.items():
        value = getattr(entry, name)
        if not field.is_required() and value == field.default:
            continue
        if not isinstance(value, list):
            yield f"{indent}{name}: {_scalar(name, value, indent)}"
        elif not value:
            yield f"{indent}{name}: []"
        else:
            gap = [""] if name == "steps" else []
            yield from gap
            yield f"{indent}{name}:"
            for index, item in enumerate(value):
                yield from gap if index else []
                first, *rest = _lines(item, f"{indent}    ")
                yield f"{indent}  - {first.lstrip()}"
                yield from rest


def _scalar(name: str, value: Any, indent: str) -> str:
    if not isinstance(value, str):
        return json.dumps(value)  # true, false and whole numbers
    if name == "body" and not NOT_IN_A_BLOCK.search(value):
        return _block(value, f"{indent}  ")
    is_word = PLAIN.fullmatch(value) and value.lower() not in WORDS
    if is_word or EMOJI.fullmatch(value):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(ESCAPED.get(character, character) for character in quoted)


def _block(text: str, indent: str) -> str:
    starts_with_space = text.startswith((" ", "\t"))
    header = "|2" if starts_with_space else "|"
    lines = [indent + line if line else "" for line in text.split("\n")[:-1]]
    return "\n".join([header, *lines])
