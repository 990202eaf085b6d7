"""The format of a roadmap's file: the single definition that the parser, the exporter
and docs/roadmap.schema.json follow.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_args

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
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
    validate_date,
    validate_emoji,
    validate_hours,
    validate_line,
    validate_short_text,
    validate_slug,
    validate_step_path,
    validate_url,
)
from roadmaps.models import (
    MAX_BODY_LENGTH,
    MAX_HINT_LENGTH,
    MAX_HINTS,
    MAX_NEEDS,
    TEXT_FIELDS,
)
from roadmaps.slugs import SLUG
from roadmaps.step_parts import (
    MAX_ANSWER_LENGTH,
    MAX_OUTCOME_LENGTH,
    MAX_PARTS,
    MAX_PUBLISHER_LENGTH,
    MAX_QUESTION_LENGTH,
    MAX_TOPIC_LENGTH,
)

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

type Problem = tuple[Location, str]

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
NeededStep = Annotated[
    str,
    StringConstraints(min_length=1, max_length=161),
    AfterValidator(validate_step_path),
    schema_pattern(f"^{SLUG}/{SLUG}$"),
]
Url = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(validate_url),
    schema_pattern("^https?://"),
]
Publisher = Annotated[str, StringConstraints(max_length=MAX_PUBLISHER_LENGTH), Line]
Body = Annotated[
    str, StringConstraints(max_length=MAX_BODY_LENGTH), AfterValidator(validate_body)
]
Checked = Annotated[str, StringConstraints(max_length=120), Line]
Hint = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_HINT_LENGTH), Line, NotBlank
]
Outcome = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_OUTCOME_LENGTH), Line, NotBlank
]
ShortText = AfterValidator(validate_short_text)
TopicText = Annotated[str, StringConstraints(max_length=MAX_TOPIC_LENGTH), ShortText]
QuestionText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_QUESTION_LENGTH), ShortText
]
AnswerText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_ANSWER_LENGTH), ShortText
]
Hours = Annotated[
    str,
    BeforeValidator(validate_hours),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0.5, "maximum": 400},
                {"type": "string", "pattern": r"^[0-9.]+( ?- ?[0-9.]+)?$"},
            ]
        }
    ),
]
Date = Annotated[
    str,
    AfterValidator(validate_date),
    schema_pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
]
# Keys with Markdown. An export writes the first ones as blocks (`|`), the others only
# if they need it.
BLOCKS = frozenset(TEXT_FIELDS)
SHORT_TEXTS = frozenset({"text", "question", "answer"})
UNQUOTED = frozenset({"hours", "checked_on"})


class Entry(BaseModel, extra="forbid", strict=True):
    """A mapping in the file. An export writes its keys in the order of the fields."""


class ResourceEntry(Entry):
    """A link of a step."""

    title: ResourceTitle = Field(description="The page's own title, in plain words.")
    url: Url = Field(description="An address that begins with https:// or http://.")
    publisher: Publisher = Field(
        "",
        description="What to call the site next to the link, such as MDN. Default: its "
        "host name.",
    )
    kind: Literal["docs", "article", "book", "course", "video", "practice"] = Field(
        description="What a learner does with it: look things up (docs), read "
        "(article, book), follow (course), watch (video) or do (practice)."
    )
    role: Literal["", "start", "practise", "reference", "deeper"] = Field(
        "",
        description="The heading under which the step lists it: Start here, Practise, "
        "Look up or Go deeper.",
    )
    minutes: Annotated[int, Field(ge=1, lt=10_000)] = Field(
        0, description="How long it takes to read, watch or do."
    )


class TopicEntry(Entry):
    """A part of a step that learners tick on its own."""

    slug: Slug = Field(
        description="The topic's permanent ID within its step. Never reuse one."
    )
    was: Slug = Field(
        "",
        description="The topic's previous slug. Its ticks stay with it. Remove this "
        "line once every server has imported the file.",
    )
    title: Title = Field(description="One to five words.")
    retired: bool = Field(
        False,
        description="A retired topic is no longer part of the step. Ticks are kept. "
        "Default: false.",
    )
    text: TopicText = Field(
        "", description="One or two sentences that explain it, in Markdown."
    )
    url: Url = Field("", description="A page about it.")
    publisher: Publisher = Field(
        "",
        description="What to call the page next to the link, such as MDN or RFC 9111. "
        "Default: the host name.",
    )


class QuestionEntry(Entry):
    """A question with which learners check themselves."""

    question: QuestionText = Field(description="In Markdown.")
    answer: AnswerText = Field(
        description="In Markdown. It is hidden until a learner opens it."
    )


class SectionEntry(Entry):
    """A heading over neighbouring steps."""

    slug: Slug = Field(description="The section's ID, which its steps name.")
    title: Title = Field(description="One to four words.")


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
    section: Slug = Field(
        "",
        description="The slug of the section that the step is in. The steps of a "
        "section follow each other.",
    )
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
        "changes the title, summary, why, primer, body, exercise, mistakes, done_when "
        "or optional, or adds or retires topics. Remove this line after that import.",
    )
    summary: Summary = Field(description="One sentence that tells the reader to act.")
    hours: Hours = Field(
        "",
        description="A learner's effort in hours, between 0.5 and 400: a number or a "
        "range, such as 4-6.",
    )
    needs: list[NeededStep] = Field(
        [],
        max_length=MAX_NEEDS,
        description="Steps of this or other roadmaps to do before, as roadmap/step. "
        "This is advice: learners can do the steps in any order.",
    )
    same_as: StepPath = Field(
        "",
        description="The step of another roadmap that teaches the same thing, as "
        "roadmap/step.",
    )
    checked_on: Date = Field(
        "", description="When somebody last did the step and found it correct."
    )
    checked_with: Checked = Field(
        "", description="The versions it was checked with, such as PostgreSQL 18."
    )
    skip_if: Body = Field(
        "",
        description="It continues “You can skip this if you can…”. In Markdown.",
    )
    why: Body = Field("", description="Why it matters, in Markdown.")
    primer: Body = Field("", description="What to know before the topics, in Markdown.")
    body: Body = Field(
        "",
        description="What to learn, in Markdown, for steps without the other texts. "
        "Begin the block with `|`.",
    )
    topics: list[Annotated[TopicEntry, StopAfterMaxFaults]] = Field(
        [],
        max_length=MAX_PARTS,
        description="What to learn, in order. Learners tick each topic on its own. An "
        "import retires stored topics that are not in this list.",
    )
    exercise: Body = Field("", description="Something to do, in Markdown.")
    stretch: Body = Field(
        "", description="More to do for those who want it, in Markdown."
    )
    hints: list[Hint] = Field(
        [],
        max_length=MAX_HINTS,
        description="Hints for the exercise, each one line of Markdown.",
    )
    questions: list[Annotated[QuestionEntry, StopAfterMaxFaults]] = Field(
        [],
        max_length=MAX_PARTS,
        description="Questions with which learners check themselves.",
    )
    mistakes: Body = Field("", description="Common mistakes, in Markdown.")
    done_when: list[Outcome] = Field(
        [],
        max_length=MAX_PARTS,
        description="Each continues the sentence “Mark it done when you can:”.",
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
    visibility: Literal["public", "signed-in", "groups"] = Field(
        "public",
        description="Who can see it once it is published: everybody (public), "
        "everybody who is signed in (signed-in) or only groups that it is assigned to "
        "(groups). Default: public.",
    )
    sections: list[Annotated[SectionEntry, StopAfterMaxFaults]] = Field(
        [],
        max_length=200,
        description="The headings on the route, in order.",
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
    faults = chain(find_repeats(file), find_section_faults(file))
    problems += document.format_problems(islice(faults, MAX_FAULTS))
    if problems:
        raise InvalidFileError(*problems)
    file._document = document
    return file


class SlugMessages(NamedTuple):
    """What to say about slugs that a file has twice, for steps or for topics."""

    repeated: "StrPromise"
    repeated_old: "StrPromise"
    still_used: "StrPromise"


STEP_SLUGS = SlugMessages(
    gettext_lazy("Step %(number)d already has the slug %(slug)s."),
    gettext_lazy(
        "Step %(number)d already says that it was %(slug)s. Only one step can have had "
        "this slug, so remove one of the two lines."
    ),
    gettext_lazy(
        "%(slug)s is still the slug of a step in this file. Remove that step or this "
        "line."
    ),
)
TOPIC_SLUGS = SlugMessages(
    gettext_lazy("Topic %(number)d of this step already has the slug %(slug)s."),
    gettext_lazy(
        "Topic %(number)d already says that it was %(slug)s. Only one topic can have "
        "had this slug, so remove one of the two lines."
    ),
    gettext_lazy(
        "%(slug)s is still the slug of a topic of this step. Remove that topic or this "
        "line."
    ),
)
REPEATED_SECTION = gettext_lazy("Section %(number)d already has the slug %(slug)s.")
REPEATED_URL = gettext_lazy("This step already has the resource %(url)s.")


def find_repeats(file: RoadmapFile) -> Iterator[Problem]:
    """Yield the places of slugs and addresses that occur more often than they may."""
    yield from find_repeated(file.sections, "slug", ("sections",), REPEATED_SECTION)
    yield from find_repeated(file.steps, "slug", ("steps",), STEP_SLUGS.repeated)
    for index, step in enumerate(file.steps):
        at = ("steps", index)
        topics_at = (*at, "topics")
        yield from find_repeated(step.topics, "slug", topics_at, TOPIC_SLUGS.repeated)
        yield from find_repeated_old_slugs(step.topics, topics_at, TOPIC_SLUGS)
        resources_at = (*at, "resources")
        yield from find_repeated(step.resources, "url", resources_at, REPEATED_URL)
    yield from find_repeated_old_slugs(file.steps, ("steps",), STEP_SLUGS)


def find_repeated(
    entries: Sequence[Entry], key: str, location: Location, message: "StrPromise"
) -> Iterator[Problem]:
    """Yield the places of entries whose value of `key` an earlier entry has, too."""
    first_indexes: dict[str, int] = {}
    for index, entry in enumerate(entries):
        value = getattr(entry, key)
        first = first_indexes.setdefault(value, index)
        if first != index:
            text = message % {"number": first + 1, key: value}
            yield (*location, index, key), f"{key}: {text}"


def find_repeated_old_slugs(
    entries: Sequence[StepEntry | TopicEntry],
    location: Location,
    messages: SlugMessages,
) -> Iterator[Problem]:
    slugs = {entry.slug for entry in entries}
    old_slugs: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if not entry.was:
            continue
        first = old_slugs.setdefault(entry.was, index)
        values = {"number": first + 1, "slug": entry.was}
        if first != index:
            text = messages.repeated_old % values
        elif entry.was in slugs:
            text = messages.still_used % values
        else:
            continue
        yield (*location, index, "was"), f"was: {text}"


def find_section_faults(file: RoadmapFile) -> Iterator[Problem]:
    """Yield the places of steps in unknown sections, or apart from their section.

    Retired steps are not on the route, so they interrupt no section.
    """
    known = {section.slug for section in file.sections}
    last: dict[str, int] = {}  # the last step of each section
    previous = None
    for index, step in enumerate(file.steps):
        location = ("steps", index, "section")
        if step.section and step.section not in known:
            message = _("There is no section %(slug)s in `sections`.")
            message %= {"slug": step.section}
            yield location, f"section: {message}{suggest(step.section, sorted(known))}"
        if step.retired:
            continue
        before = last.get(step.section)
        if step.section and before not in (None, previous):
            message = _(
                "Section %(slug)s already ended with step %(number)d. Move this step "
                "directly below that one, or put it in another section."
            )
            number = (before or 0) + 1
            text = message % {"slug": step.section, "number": number}
            yield location, f"section: {text}"
        last[step.section] = previous = index


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
    choices = re.findall("'(.*?)'", error.get("ctx", {}).get("expected", ""))
    return [choice for choice in choices if choice]


def get_model(location: Location) -> type[Entry]:
    """Return the model of the mapping that has, or lacks, the key at the location."""
    model: type[Entry] = RoadmapFile
    for name in location:
        if name in model.model_fields:
            annotation = model.model_fields[str(name)].annotation
            model = find_entry_model(annotation) or model
    return model


def find_entry_model(annotation: Any) -> type[Entry] | None:
    """Return the model of the entries of a list, by its annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Entry):
        return annotation
    models = map(find_entry_model, get_args(annotation))
    return next((model for model in models if model), None)
