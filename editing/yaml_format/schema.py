"""The format of a roadmap's file: the single definition that the parser, the exporter
and docs/roadmap.schema.json follow.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from core.fault_limit import MAX_FAULTS, FaultCount, StopAfterMaxFaults
from editing.near_misses import suggest
from editing.yaml_format.parser import (
    InvalidFileError,
    Location,
    YamlDocument,
    quote,
)
from editing.yaml_format.validators import (
    validate_body,
    validate_emoji,
    validate_line,
    validate_slug,
    validate_step_path,
    validate_url,
)
from roadmaps.models import MAX_BODY_LENGTH
from roadmaps.slugs import SLUG

# Our messages for pydantic's error types.
ERROR_MESSAGES = {
    "bool_type": gettext_lazy("Write true or false."),
    "empty": gettext_lazy("This has no value. Write one after the colon."),
    "extra_forbidden": gettext_lazy("There is no such key."),
    "greater_than_equal": gettext_lazy("Use %(ge)s or more."),
    "int_type": gettext_lazy("Use a whole number."),
    "less_than": gettext_lazy("Use a number below %(lt)s."),
    "list_type": gettext_lazy("Write a list, each entry after a hyphen."),
    "literal_error": gettext_lazy("Use one of these: %(expected)s."),
    "missing": gettext_lazy("This key is missing."),
    "model_type": gettext_lazy("Write a mapping, such as `key: value`."),
    "string_too_long": gettext_lazy("Use at most %(max_length)s characters."),
    "string_too_short": gettext_lazy("This must not be empty."),
    "string_type": gettext_lazy("This must be text. Put it in quotes."),
    "too_long": gettext_lazy("Use at most %(max_length)s entries."),
}
# Unlike YAML 1.1, version 1.2 reads these as text.
BOOLEAN_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def schema_pattern(pattern: str) -> Any:
    """A pattern for the JSON Schema only; a validator here checks more."""
    return Field(json_schema_extra={"pattern": pattern})


Line = AfterValidator(validate_line)
NotBlank = schema_pattern(r"\S")
Title = Annotated[str, StringConstraints(min_length=1, max_length=120), Line, NotBlank]
Category = Annotated[
    str, StringConstraints(min_length=1, max_length=80), Line, NotBlank
]
Icon = Annotated[
    str,
    StringConstraints(min_length=1, max_length=16),
    Line,
    AfterValidator(validate_emoji),
    NotBlank,
]
Summary = Annotated[
    str, StringConstraints(min_length=1, max_length=300), Line, NotBlank
]
ResourceTitle = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Line, NotBlank
]
Slug = Annotated[
    str,
    StringConstraints(max_length=80),
    AfterValidator(validate_slug),
    schema_pattern(f"^{SLUG}$"),
]
StepPath = Annotated[
    str,
    StringConstraints(max_length=161),
    AfterValidator(validate_step_path),
    schema_pattern(f"^({SLUG}/{SLUG})?$"),
]
Url = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(validate_url),
    schema_pattern("^https?://"),
]
Body = Annotated[
    str, StringConstraints(max_length=MAX_BODY_LENGTH), AfterValidator(validate_body)
]


class Entry(BaseModel, extra="forbid", strict=True):
    """A mapping in the file. An export writes its keys in the order of the fields."""


class ResourceEntry(Entry):
    """A link of a step."""

    title: ResourceTitle = Field(description="The page's own title, in plain words.")
    url: Url = Field(description="An address that begins with https:// or http://.")
    kind: Literal["docs", "article", "book", "course", "video", "practice"] = Field(
        description="What a learner does with it: look things up (docs), read "
        "(article, book), follow (course), watch (video) or do (practice)."
    )


class StepEntry(Entry):
    """A step of the roadmap. Steps are in the order of the route."""

    slug: Slug = Field(
        description="The step's permanent ID. Every learner's progress refers to it. "
        "Never reuse one."
    )
    was: Slug = Field(
        "",
        description="The step's previous slug. Its progress and notes stay with it. "
        "Remove this line once every server has imported the file.",
    )
    title: Title = Field(description="Two to four words.")
    optional: bool = Field(
        False,
        description="Optional steps are counted separately from required ones. "
        "Default: false.",
    )
    retired: bool = Field(
        False,
        description="A retired step is no longer on the route. Learners who did it "
        "still see it. Default: false.",
    )
    new_meaning: bool = Field(
        False,
        description="The step now asks something different of learners: those who did "
        "it see “Changed since you did it”. It has an effect only in an import that "
        "changes the step's title, summary, body or resources. Remove this line "
        "after that import.",
    )
    summary: Summary = Field(description="One sentence that tells the reader to act.")
    same_as: StepPath = Field(
        "",
        description="The step of another roadmap that teaches the same thing, as "
        "roadmap/step.",
    )
    body: Body = Field(
        "", description="What to learn, in Markdown. Begin the block with `|`."
    )
    resources: list[Annotated[ResourceEntry, StopAfterMaxFaults]] = Field(
        [],
        max_length=200,
        description="The step's links, in order, each address once.",
    )


class RoadmapFile(Entry):
    """A roadmap. `manage.py import_roadmap` makes the stored one match this file."""

    slug: Slug = Field(description="The roadmap's ID, used in its address.")
    was: Slug = Field(
        "",
        description="The roadmap's previous slug. Its steps and everybody's progress "
        "stay with it, and old addresses lead to it. Remove this line once every "
        "server has imported the file.",
    )
    title: Title = Field(description="For example “Backend Developer Roadmap”.")
    category: Category = Field(description="For example “Backend Development”.")
    icon: Icon = Field(description="An emoji.")
    summary: Summary = Field(description="One sentence.")
    position: Annotated[int, Field(ge=0, lt=2**31)] = Field(
        0,
        description="The roadmap's place in the list of roadmaps, lowest first. "
        "Default: a new roadmap comes last, a stored one keeps its place.",
    )
    published: bool = Field(
        False, description="Only staff can see a draft. Default: false."
    )
    steps: list[Annotated[StepEntry, StopAfterMaxFaults]] = Field(
        max_length=10_000,
        description="The steps, in order. An import retires stored steps that are "
        "not in this list, and never deletes one.",
    )

    _document: YamlDocument | None = PrivateAttr(None)

    def format_problems(self, problems: Iterable[tuple[Location, str]]) -> list[str]:
        """Return each message with the file's name, and the line of the value."""
        assert self._document  # noqa: S101, only parsed files have problems
        return self._document.format_problems(problems)

    def error(self, problems: Iterable[tuple[Location, str]]) -> InvalidFileError:
        """Return an error that has the line and column of each problem."""
        return InvalidFileError(*self.format_problems(problems))


def read(path: Path) -> RoadmapFile:
    """Return the roadmap in the file. Raises InvalidFileError with its problems."""
    return parse(YamlDocument.from_path(path))


def parse(document: YamlDocument) -> RoadmapFile:
    """Return the roadmap in the document. Raises InvalidFileError, as `read` does."""
    value, problems = document.read()
    try:
        file = RoadmapFile.model_validate(value, context=FaultCount())
    except ValidationError as validation_error:
        details = validation_error.errors(include_url=False)[:MAX_FAULTS]
        problems += document.format_problems(
            (each["loc"], describe_error(each)) for each in details
        )
        raise InvalidFileError(*problems) from validation_error
    problems += document.format_problems(islice(find_repeats(file), MAX_FAULTS))
    if problems:
        raise InvalidFileError(*problems)
    file._document = document
    return file


def find_repeats(file: RoadmapFile) -> Iterator[tuple[Location, str]]:
    """Yield the places of slugs and addresses that occur more often than they may."""
    slugs: dict[str, int] = {}
    for index, step in enumerate(file.steps):
        first = slugs.setdefault(step.slug, index)
        if first != index:
            message = _("Step %(number)d already has the slug %(slug)s.")
            values = {"number": first + 1, "slug": step.slug}
            yield ("steps", index, "slug"), f"slug: {message % values}"
        urls: set[str] = set()
        for number, resource in enumerate(step.resources):
            if resource.url in urls:
                message = _("This step already has the resource %(url)s.")
                message = f"url: {message % {'url': resource.url}}"
                yield ("steps", index, "resources", number, "url"), message
            urls.add(resource.url)
    yield from find_repeated_old_slugs(file, slugs.keys())


def find_repeated_old_slugs(
    file: RoadmapFile, slugs: Collection[str]
) -> Iterator[tuple[Location, str]]:
    old_slugs: dict[str, int] = {}
    for index, step in enumerate(file.steps):
        if not step.was:
            continue
        first = old_slugs.setdefault(step.was, index)
        message = ""
        if first != index:
            message = _(
                "Step %(number)d already says that it was %(slug)s. Only one step "
                "can have had this slug, so remove one of the two lines."
            )
        elif step.was in slugs:
            message = _(
                "%(slug)s is still the slug of a step in this file. Remove that step "
                "or this line."
            )
        if message:
            values = {"number": first + 1, "slug": step.was}
            yield ("steps", index, "was"), f"was: {message % values}"


def describe_error(error: ErrorDetails) -> str:
    """Return a message: the key, what is wrong or what to write, and a suggestion."""
    location, value = error["loc"], error["input"]
    kind = "empty" if value is None and error["type"] != "missing" else error["type"]
    name = next((p for p in reversed(location) if isinstance(p, str)), "")
    if kind not in ERROR_MESSAGES:
        message = error["msg"]
    else:
        message = ERROR_MESSAGES[kind] % get_values(error)
    if kind == "extra_forbidden":
        message += suggest(name, get_model(location).model_fields)
    elif kind == "literal_error" and isinstance(value, str):
        message += suggest(value, get_choices(error))
    elif kind == "bool_type" and str(value).lower() in BOOLEAN_WORDS:
        word = BOOLEAN_WORDS[str(value).lower()]
        message = _("Write %(word)s.") % {"word": word}
    return f"{quote(name)}: {message}" if name else message


def get_values(error: ErrorDetails) -> dict[str, str]:
    """Return the values of the placeholders in our messages."""
    values = {
        name: str(number_format(value, force_grouping=True))
        for name, value in error.get("ctx", {}).items()
        if isinstance(value, int)
    }
    return values | {"expected": ", ".join(get_choices(error))}


def get_choices(error: ErrorDetails) -> list[str]:
    """Return the values that are allowed."""
    return re.findall("'(.*?)'", error.get("ctx", {}).get("expected", ""))


def get_model(location: Location) -> type[Entry]:
    """Return the model of the mapping that has, or lacks, the key at the location."""
    match location:
        case ("steps", int(), "resources", int(), *_):
            return ResourceEntry
        case ("steps", int(), *_):
            return StepEntry
    return RoadmapFile
