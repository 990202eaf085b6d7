"""A roadmap as a YAML file: its format, and taking it in."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import URLValidator
from django.db import transaction
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from roadmaps.models import SLUG, Resource, Roadmap, Step
from roadmaps.yaml_source import UNPRINTABLE, Location, Source, SourceError

# What pydantic calls an error, as the writer of a file understands it.
EXPLANATIONS = {
    "bool_type": "should be true or false",
    "extra_forbidden": "is not a key of the format",
    "int_type": "should be a whole number",
    "list_type": "should be a list",
    "literal_error": "should be one of {expected}",
    "missing": "is missing",
    "model_type": "should be a mapping, `key: value`",
    "string_too_long": "should be at most {max_length} characters long",
    "string_too_short": "should not be empty",
    "string_type": "should be text; put it in quotes",
    "too_short": "should have at least {min_length}",
}


def one_line(text: str) -> str:
    if UNPRINTABLE.search(text) or len(text.strip().splitlines()) != 1:
        raise PydanticCustomError("one_line", "should be one line of plain text")
    return text


def plain_text(text: str) -> str:
    if UNPRINTABLE.search(text):
        raise PydanticCustomError("plain_text", "should hold no control characters")
    return text


def slug(text: str) -> str:
    if not re.fullmatch(SLUG, text):
        what = "should be lower-case letters, digits and single hyphens"
        raise PydanticCustomError("slug", what)
    return text


def step_path(text: str) -> str:
    if text and not re.fullmatch(f"{SLUG}/{SLUG}", text):
        what = "should be the slugs of a roadmap and its step, roadmap/step"
        raise PydanticCustomError("step_path", what)
    return text


def web_address(text: str) -> str:
    try:
        URLValidator(schemes=["https", "http"])(text)
    except DjangoValidationError as error:
        what = "should be an address that begins with https:// or http://"
        raise PydanticCustomError("web_address", what) from error
    return text


Slug = Annotated[str, StringConstraints(max_length=80), AfterValidator(slug)]
StepPath = Annotated[str, StringConstraints(max_length=161), AfterValidator(step_path)]
OneLine = AfterValidator(one_line)
Title = Annotated[str, StringConstraints(min_length=1, max_length=120), OneLine]
Category = Annotated[str, StringConstraints(min_length=1, max_length=80), OneLine]
Icon = Annotated[str, StringConstraints(min_length=1, max_length=16), OneLine]
Summary = Annotated[str, StringConstraints(min_length=1, max_length=300), OneLine]
Body = Annotated[str, AfterValidator(plain_text)]
Address = Annotated[str, StringConstraints(max_length=500), AfterValidator(web_address)]
ResourceTitle = Annotated[str, StringConstraints(min_length=1, max_length=200), OneLine]


class ResourceEntry(BaseModel, extra="forbid", strict=True):
    title: ResourceTitle
    url: Address
    kind: Literal["docs", "article", "book", "course", "video", "practice"]


class StepEntry(BaseModel, extra="forbid", strict=True):
    slug: Slug
    title: Title
    optional: bool = False
    summary: Summary
    same_as: StepPath = ""
    body: Body = ""
    resources: list[ResourceEntry] = []


class RoadmapFile(BaseModel, extra="forbid", strict=True):
    slug: Slug
    title: Title
    category: Category
    icon: Icon
    summary: Summary
    position: Annotated[int, Field(ge=0, lt=2**31)] = 0
    published: bool = False
    steps: Annotated[list[StepEntry], Field(min_length=1)]


def read(path: Path) -> RoadmapFile:
    """The roadmap in the file. Raises SourceError naming all that is wrong with it."""
    source = Source(path)
    try:
        roadmap = RoadmapFile.model_validate(source.value)
    except ValidationError as error:
        problems = [source.problem(e["loc"], explain(e)) for e in error.errors()]
        raise SourceError("\n".join(problems)) from error
    for location, what in repeated(roadmap):
        raise SourceError(source.problem(location, what))
    return roadmap


def repeated(roadmap: RoadmapFile) -> Iterator[tuple[Location, str]]:
    """Where something stands a second time that may stand once."""
    steps: dict[str, int] = {}
    for index, step in enumerate(roadmap.steps):
        first = steps.setdefault(step.slug, index)
        if first != index:
            what = f"slug {step.slug} is the slug of step {first + 1} already"
            yield ("steps", index, "slug"), what
        urls: set[str] = set()
        for number, resource in enumerate(step.resources):
            if resource.url in urls:
                what = f"url {resource.url} is among this step's resources already"
                yield ("steps", index, "resources", number, "url"), what
            urls.add(resource.url)


def explain(error: ErrorDetails) -> str:
    explanation = EXPLANATIONS.get(error["type"], error["msg"])
    name = next((str(p) for p in reversed(error["loc"]) if isinstance(p, str)), "")
    return f"{name or 'the file'} {explanation.format(**error.get('ctx', {}))}"


class Taken(NamedTuple):
    """What taking a file in has changed, in steps."""

    added: int
    changed: int
    retired: int


@transaction.atomic
def take_in(file: RoadmapFile) -> Taken:
    """Make the roadmap what the file says. Steps are known by their slug; one that the
    file does not have is retired, never deleted.
    """
    roadmap, _ = Roadmap.objects.update_or_create(
        slug=file.slug,
        defaults={
            "title": file.title,
            "category": file.category,
            "icon": file.icon,
            "summary": file.summary,
            "position": file.position,
            "is_published": file.published,
        },
    )
    missing = {step.slug: step for step in roadmap.steps.select_for_update()}
    added, changed = [], []
    in_order = []
    for position, entry in enumerate(file.steps, start=1):
        wanted = {
            "position": position,
            "title": entry.title,
            "summary": entry.summary,
            "body": entry.body,
            "same_as": entry.same_as,
            "is_optional": entry.optional,
            "is_retired": False,
        }
        step = missing.pop(entry.slug, None)
        if step is None:
            step = Step(roadmap=roadmap, slug=entry.slug)
            added.append(step)
        elif any(getattr(step, name) != value for name, value in wanted.items()):
            changed.append(step)
        for name, value in wanted.items():
            setattr(step, name, value)
        step.render_body()
        in_order.append(step)
    retired = [step for step in missing.values() if not step.is_retired]
    for step in retired:
        step.is_retired = True
    Step.objects.bulk_create(added)
    Step.objects.bulk_update(changed + retired, [*wanted, "body_html"])
    resources = zip(in_order, (entry.resources for entry in file.steps), strict=True)
    relinked = replace_resources(roadmap, dict(resources))
    return Taken(len(added), len({*changed, *relinked} - {*added}), len(retired))


def replace_resources(
    roadmap: Roadmap, wanted: dict[Step, list[ResourceEntry]]
) -> list[Step]:
    """Give each step the resources that are wanted; returns those that had others."""
    stored: dict[int, list[ResourceEntry]] = {}
    for resource in Resource.objects.filter(step__roadmap=roadmap):
        entry = ResourceEntry.model_validate(
            {"title": resource.title, "url": resource.url, "kind": resource.kind}
        )
        stored.setdefault(resource.step_id, []).append(entry)
    relinked = [
        step for step, entries in wanted.items() if stored.get(step.pk, []) != entries
    ]
    Resource.objects.filter(step__in=relinked).delete()
    Resource.objects.bulk_create(
        Resource(step=step, position=position, **entry.model_dump())
        for step in relinked
        for position, entry in enumerate(wanted[step], start=1)
    )
    return relinked
