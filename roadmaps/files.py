"""A roadmap as a YAML file: its format, and taking it in."""

from pathlib import Path
from typing import Annotated, NamedTuple

from django.db import transaction
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from roadmaps.models import SLUG, Roadmap, Step
from roadmaps.yaml_source import UNPRINTABLE, Source, SourceError

# What pydantic calls an error, as the writer of a file understands it.
EXPLANATIONS = {
    "bool_type": "should be true or false",
    "extra_forbidden": "is not a key of the format",
    "int_type": "should be a whole number",
    "list_type": "should be a list",
    "missing": "is missing",
    "model_type": "should be a mapping, `key: value`",
    "string_pattern_mismatch": "should be lower-case letters, digits, single hyphens",
    "string_too_long": "should be at most {max_length} characters long",
    "string_too_short": "should not be empty",
    "string_type": "should be text; put it in quotes",
    "too_short": "should have at least {min_length}",
}


def one_line(text: str) -> str:
    if UNPRINTABLE.search(text) or "\n" in text or "\t" in text:
        raise PydanticCustomError("one_line", "should be one line of plain text")
    return text


Slug = Annotated[str, StringConstraints(pattern=f"^{SLUG}$", max_length=80)]
OneLine = AfterValidator(one_line)
Title = Annotated[str, StringConstraints(min_length=1, max_length=120), OneLine]
Category = Annotated[str, StringConstraints(min_length=1, max_length=80), OneLine]
Icon = Annotated[str, StringConstraints(min_length=1, max_length=16), OneLine]
Summary = Annotated[str, StringConstraints(min_length=1, max_length=300), OneLine]


class StepEntry(BaseModel, extra="forbid", strict=True):
    slug: Slug
    title: Title
    optional: bool = False
    summary: Summary


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
    first_with: dict[str, int] = {}
    for index, step in enumerate(roadmap.steps):
        first = first_with.setdefault(step.slug, index)
        if first != index:
            what = f"slug {step.slug} is the slug of step {first + 1} already"
            raise SourceError(source.problem(("steps", index, "slug"), what))
    return roadmap


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
    for position, entry in enumerate(file.steps, start=1):
        wanted = {
            "position": position,
            "title": entry.title,
            "summary": entry.summary,
            "is_optional": entry.optional,
            "is_retired": False,
        }
        step = missing.pop(entry.slug, None)
        if step is None:
            added.append(Step(roadmap=roadmap, slug=entry.slug, **wanted))
        elif any(getattr(step, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(step, name, value)
            changed.append(step)
    retired = [step for step in missing.values() if not step.is_retired]
    for step in retired:
        step.is_retired = True
    Step.objects.bulk_create(added)
    Step.objects.bulk_update(
        changed + retired,
        ["position", "title", "summary", "is_optional", "is_retired"],
    )
    return Taken(len(added), len(changed), len(retired))
