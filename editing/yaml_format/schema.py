"""The format of a roadmap's file: the one definition that reads, writes and documents
it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import URLValidator
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from editing.yaml_format.parser import (
    UNPRINTABLE,
    Location,
    Source,
    SourceError,
    code_point,
    listed,
    quote,
)
from roadmaps.models import LONGEST_BODY, SLUG

# What pydantic calls an error, as the writer of a file understands it.
EXPLANATIONS = {
    "bool_type": "should be true or false",
    "extra_forbidden": "is not a key of the format",
    "int_type": "should be a whole number",
    "list_type": "should be a list",
    "literal_error": "should be one of {expected}",
    "missing": "is missing",
    "model_type": "should be a mapping, `key: value`",
    "string_too_long": "should be at most {max_length:,} characters long",
    "string_too_short": "should not be empty",
    "string_type": "should be text; put it in quotes",
    "too_long": "should have at most {max_length:,}",
}
# Marks that let a line read otherwise than it is (Unicode TR36, "Trojan Source").
REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    if len(text.strip().splitlines()) != 1 or UNPRINTABLE.search(text):
        raise PydanticCustomError("one_line", "should be one line of plain text")
    return _in_plain_order(text.strip())


def plain_text(text: str) -> str:
    """With ends of lines as in a file, and one at its end: a form sends others."""
    if found := UNPRINTABLE.search(text):
        what = f"should hold no control characters ({code_point(found[0])})"
        raise PydanticCustomError("plain_text", "{what}", {"what": what})
    return tidy(_in_plain_order(text))


def tidy(body: str) -> str:
    lines = body.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    return f"{lines}\n" if lines.strip() else ""


def _in_plain_order(text: str) -> str:
    if found := REORDERING.search(text):
        what = f"should hold no marks that reorder text ({code_point(found[0])})"
        raise PydanticCustomError("reordering", "{what}", {"what": what})
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


def _pattern(pattern: str) -> Any:
    """What the schema says of a text that a function here checks."""
    return Field(json_schema_extra={"pattern": pattern})


OneLine = AfterValidator(one_line)
NotBlank = _pattern(r"\S")
Title = Annotated[
    str, StringConstraints(min_length=1, max_length=120), OneLine, NotBlank
]
Category = Annotated[
    str, StringConstraints(min_length=1, max_length=80), OneLine, NotBlank
]
Icon = Annotated[str, StringConstraints(min_length=1, max_length=16), OneLine, NotBlank]
Summary = Annotated[
    str, StringConstraints(min_length=1, max_length=300), OneLine, NotBlank
]
ResourceTitle = Annotated[
    str, StringConstraints(min_length=1, max_length=200), OneLine, NotBlank
]
Slug = Annotated[
    str, StringConstraints(max_length=80), AfterValidator(slug), _pattern(f"^{SLUG}$")
]
StepPath = Annotated[
    str,
    StringConstraints(max_length=161),
    AfterValidator(step_path),
    _pattern(f"^({SLUG}/{SLUG})?$"),
]
Address = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(web_address),
    _pattern("^https?://"),
]
Body = Annotated[
    str, StringConstraints(max_length=LONGEST_BODY), AfterValidator(plain_text)
]


class Entry(BaseModel, extra="forbid", strict=True):
    """A mapping of the file. Its keys are in the order in which they are written."""


class ResourceEntry(Entry):
    """A link of a step."""

    title: ResourceTitle = Field(description="The page's own name, made plain.")
    url: Address = Field(description="Begins with https:// or http://.")
    kind: Literal["docs", "article", "book", "course", "video", "practice"] = Field(
        description="What one does with it: look things up, read, follow, watch, do."
    )


class StepEntry(Entry):
    """A step of the roadmap, in its place."""

    slug: Slug = Field(
        description="Its identity: every learner's tick hangs on it. Never reused."
    )
    was: Slug = Field(
        "",
        description="The slug that it had. Progress and notes stay with it; take this "
        "line out once every server has the file.",
    )
    title: Title = Field(description="Two to four words.")
    optional: bool = Field(
        False, description="Counted apart from what one has to do. Default: false."
    )
    retired: bool = Field(
        False,
        description="Off the route; people who did it keep it. Default: false.",
    )
    new_meaning: bool = Field(
        False,
        description="It asks something else of a learner now: people who ticked it "
        "see “Changed since you ticked it”. Counts only in an import that changes the "
        "step's title, summary, body or resources; take this line out after it.",
    )
    summary: Summary = Field(description="One sentence, an imperative.")
    same_as: StepPath = Field(
        "",
        description="The step of another roadmap that teaches the same: roadmap/step.",
    )
    body: Body = Field("", description="Markdown: what to learn. Begin it with `|`.")
    resources: list[ResourceEntry] = Field(
        [], max_length=200, description="Links, in their order; none twice."
    )


class RoadmapFile(Entry):
    """A roadmap of Cairn: made what this file says by `manage.py import_roadmap`."""

    slug: Slug = Field(description="Its identity and its address.")
    title: Title = Field(description="As “Backend Developer Roadmap”.")
    category: Category = Field(description="As “Backend Development”.")
    icon: Icon = Field(description="An emoji.")
    summary: Summary = Field(description="One sentence.")
    position: Annotated[int, Field(ge=0, lt=2**31)] = Field(
        0, description="Its place in the list of roadmaps, lowest first. Default: 0."
    )
    published: bool = Field(
        False, description="A draft is seen by staff only. Default: false."
    )
    steps: list[StepEntry] = Field(
        max_length=10_000,
        description="In their order. A step that is missing here is retired by an "
        "import, never deleted.",
    )

    _source: Source | None = PrivateAttr(None)

    def refusal(self, problems: list[tuple[Location, str]]) -> SourceError:
        """An error that names the places of the file."""
        assert self._source  # noqa: S101, only what was read is refused
        return listed([self._source.problem(*problem) for problem in problems])


def read(path: Path) -> RoadmapFile:
    """The roadmap in the file. Raises SourceError naming all that is wrong with it."""
    return parse(Source.at(path))


def parse(source: Source) -> RoadmapFile:
    """The roadmap in the source. Raises SourceError, as `read` does."""
    problems = source.problems
    try:
        file = RoadmapFile.model_validate(source.value)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        problems += [source.problem(e["loc"], explain(e)) for e in wrong]
        raise listed(problems) from error
    problems += [source.problem(*repetition) for repetition in repeated(file)]
    if problems:
        raise listed(problems)
    file._source = source
    return file


def repeated(file: RoadmapFile) -> Iterator[tuple[Location, str]]:
    """Where something stands a second time that may stand once."""
    steps: dict[str, int] = {}
    for index, step in enumerate(file.steps):
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
    renamed: dict[str, int] = {}
    for index, step in enumerate(file.steps):
        if not step.was:
            continue
        first = renamed.setdefault(step.was, index)
        what = ""
        if first != index:
            what = f"was {step.was} names what step {first + 1} was already"
        elif step.was in steps:
            what = f"was {step.was} is the slug of a step in this file"
        if what:
            what += "; each step has one slug at a time: take one of them out"
            yield ("steps", index, "was"), what


def explain(error: ErrorDetails) -> str:
    explanation = EXPLANATIONS.get(error["type"], error["msg"])
    name = next((p for p in reversed(error["loc"]) if isinstance(p, str)), "the file")
    return f"{quote(name)} {explanation.format(**error.get('ctx', {}))}"
