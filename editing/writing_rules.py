"""The rules of docs/writing-roadmaps.md that a program can check."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain

from django.utils import timezone

from editing.code_blocks import find_code_faults
from editing.yaml_format.parser import Location
from editing.yaml_format.schema import ResourceEntry, RoadmapFile, StepEntry
from roadmaps.markdown import parse
from roadmaps.models import TEXT_FIELDS

HEADINGS = [
    "Why it matters",
    "What to learn",
    "Mark it done when you can",
    "Exercise",
    "Common mistakes",
]
BULLETS = {  # minimum and maximum under each heading
    "What to learn": (5, 10),
    "Mark it done when you can": (3, 5),
    "Common mistakes": (2, 4),
}
# The keys of a step without a body that it should have, and the number of entries.
REQUIRED_PARTS = [
    *("hours", "checked_on", "checked_with", "why", "exercise", "mistakes")
]
PARTS = {"topics": (5, 12), "questions": (3, 6), "done_when": (3, 5), "hints": (0, 5)}
MIN_WORDS_OF_PRIMER, MAX_WORDS_OF_PRIMER = 120, 500
MIN_HINTS_WITH_STRETCH = 3
MAX_WORDS_OF_PARTS = 2_000
MIN_STEPS, MAX_STEPS = 15, 25
MIN_WORDS, MAX_WORDS = 150, 600
MIN_RESOURCES, MAX_RESOURCES = 4, 7
MAX_SUMMARY_LENGTH = 120
UNINFORMATIVE_TITLE = re.compile(
    r"here|link|this|click here|read more|https?://.*", re.IGNORECASE
)

CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
CODE_BLOCK = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2", re.DOTALL | re.MULTILINE)
# Words of a sentence that will be wrong one day.
DATED = re.compile(
    r"\b(?:as of (?:\w+ )?20\d\d|at the time of writing)\b", re.IGNORECASE
)
LIST_ITEM = re.compile(r"^ *([-*+]|\d+[.)]) ", re.MULTILINE)
# A link within the site, such as [the project](/projects/shelf.zip), is allowed.
LINK_OR_HTML = re.compile(r"\]\((?!/\w)|<[a-z/!]|https?://", re.IGNORECASE)

type Problem = tuple[Location, str]


def find_problems(files: Sequence[RoadmapFile]) -> Iterator[str]:
    """Yield a line `name:line:column: message` for each rule that is broken."""
    for file in files:
        problems = chain(
            check_roadmap(file),
            *(check_step(index, step) for index, step in enumerate(file.steps)),
            check_urls(file),
            check_shared_urls(file, files),
            check_same_as(file, files),
            check_position(file, files),
        )
        yield from file.format_problems(problems)


def check_roadmap(file: RoadmapFile) -> Iterator[Problem]:
    if not file.published:
        yield (), "published should be true"
    if not MIN_STEPS <= len(file.steps) <= MAX_STEPS:
        yield (
            ("steps",),
            f"{len(file.steps)} steps; there should be {MIN_STEPS} to {MAX_STEPS}",
        )
    optional = sum(step.optional for step in file.steps)
    if not 0 < optional < len(file.steps) / 2:
        yield (
            ("steps",),
            f"{optional} of {len(file.steps)} steps are optional; some should be, and "
            "fewer than half",
        )


def check_step(index: int, step: StepEntry) -> Iterator[Problem]:
    location = ("steps", index)
    if len(step.summary) > MAX_SUMMARY_LENGTH:
        message = f"summary should be at most {MAX_SUMMARY_LENGTH} characters long"
        yield (*location, "summary"), message
    if not step.summary.endswith("."):
        yield (*location, "summary"), "summary should end with a full stop"
    if step.body:
        for message in check_body(step.body):
            yield (*location, "body"), f"body {message}"
    else:
        for name, message in check_parts(step):
            yield (*location, name), f"{name} {message}"
        yield from check_topics(location, step)
    for name, message in [*check_date(step), *check_roles(step), *check_texts(step)]:
        yield (*location, name), f"{name} {message}"
    if not MIN_RESOURCES <= len(step.resources) <= MAX_RESOURCES:
        yield (
            (*location, "resources"),
            f"{len(step.resources)} resources; there should be {MIN_RESOURCES} to "
            f"{MAX_RESOURCES}",
        )
    for number, resource in enumerate(step.resources):
        for name, message in check_resource(resource):
            yield (*location, "resources", number, name), message


def entries(count: int) -> str:
    return f"{count} entry" if count == 1 else f"{count} entries"


def check_parts(step: StepEntry) -> Iterator[tuple[str, str]]:
    """Yield the key and what is wrong with the text of a step without a body."""
    for name in REQUIRED_PARTS:
        if not getattr(step, name):
            yield name, "is missing"
    for name, (fewest, most) in PARTS.items():
        count = len(getattr(step, name))
        if not fewest <= count <= most:
            yield name, f"has {entries(count)}; it should have {fewest} to {most}"
    words = count_words(CODE_BLOCK.sub("", step.primer))
    if not MIN_WORDS_OF_PRIMER <= words <= MAX_WORDS_OF_PRIMER:
        yield (
            "primer",
            f"has {words} words outside code blocks; it should have "
            f"{MIN_WORDS_OF_PRIMER} to {MAX_WORDS_OF_PRIMER}",
        )
    if step.stretch and len(step.hints) < MIN_HINTS_WITH_STRETCH:
        yield (
            "hints",
            f"has {entries(len(step.hints))}; an exercise with a stretch should have "
            f"{MIN_HINTS_WITH_STRETCH} or more",
        )
    for name in TEXT_FIELDS:
        if LINK_OR_HTML.search(CODE.sub("", getattr(step, name))):
            yield name, "should have no links to other sites, images or HTML"
    texts = [*(getattr(step, name) for name in TEXT_FIELDS), *step.done_when]
    texts += [f"{topic.title} {topic.text}" for topic in step.topics]
    if (words := sum(map(count_words, texts))) > MAX_WORDS_OF_PARTS:
        yield (
            "title",
            f"is followed by {words} words; it should be at most {MAX_WORDS_OF_PARTS}",
        )


def check_topics(location: Location, step: StepEntry) -> Iterator[Problem]:
    for number, topic in enumerate(step.topics):
        place = (*location, "topics", number)
        for name in ("text", "url"):
            if not getattr(topic, name):
                yield place, f"{name} of the topic {topic.slug} is missing"
        if topic.url and not topic.url.startswith("https://"):
            yield (*place, "url"), "url should begin with https://"


def check_date(step: StepEntry) -> Iterator[tuple[str, str]]:
    """Yield whether the day on which somebody did the step is in the future."""
    # Where the author is, it may already be tomorrow.
    tomorrow = timezone.now().date() + timedelta(days=1)
    if step.checked_on and date.fromisoformat(step.checked_on) > tomorrow:
        yield "checked_on", "is in the future"


def check_roles(step: StepEntry) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the roles of the resources, if they have any."""
    roles = Counter(resource.role for resource in step.resources)
    if set(roles) <= {""}:
        return
    if roles["start"] != 1:
        number = roles["start"]
        yield "resources", f"has {number} with the role start; there should be one"
    if not roles["practise"]:
        yield "resources", "has none with the role practise"


def check_texts(step: StepEntry) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the Markdown of the step and its parts."""
    texts = [(name, getattr(step, name)) for name in TEXT_FIELDS]
    texts += [("topics", topic.text) for topic in step.topics]
    texts += [("hints", hint) for hint in step.hints]
    texts += [("done_when", outcome) for outcome in step.done_when]
    for each in step.questions:
        texts += [("questions", each.question), ("questions", each.answer)]
    for name, text in texts:
        for fault in find_code_faults(text):
            yield name, fault
        if has_lost_list_item(text):
            yield name, "has a list item that is indented too far to be one"
        if match := DATED.search(CODE.sub("", text)):
            yield name, f"says “{match[0]}”; write what stays true"


def has_lost_list_item(text: str) -> bool:
    """Tell whether Markdown takes a list item for text: it is indented too far."""
    return any(
        LIST_ITEM.search(token.content)
        for token in parse(text)
        if token.type in {"inline", "code_block"}
    )


def count_words(text: str) -> int:
    return len(text.split())


def check_body(body: str) -> Iterator[str]:
    """Yield what is wrong with a step's text."""
    words = count_words(body)
    if not MIN_WORDS <= words <= MAX_WORDS:
        yield f"has {words} words; it should have {MIN_WORDS} to {MAX_WORDS}"
    if LINK_OR_HTML.search(CODE.sub("", body)):
        yield "should have no links to other sites, images or HTML"
    _, *parts = re.split(r"^## (.+)$", body, flags=re.MULTILINE)
    headings, texts = parts[::2], parts[1::2]
    if headings != HEADINGS:
        yield f"should have the headings {', '.join(HEADINGS)}, in this order"
        return
    for heading, text in zip(headings, texts, strict=True):
        fewest, most = BULLETS.get(heading, (0, len(text)))
        bullets = len(re.findall(r"^- ", text, re.MULTILINE))
        if not fewest <= bullets <= most:
            yield (
                f"has {bullets} bullets under {heading}; it should have {fewest} to "
                f"{most}"
            )


def check_resource(resource: ResourceEntry) -> Iterator[tuple[str, str]]:
    """Yield the key and what is wrong with it."""
    if not resource.url.startswith("https://"):
        yield "url", "url should begin with https://"
    if UNINFORMATIVE_TITLE.fullmatch(resource.title):
        yield "title", "title should say what the page is"


def check_urls(file: RoadmapFile) -> Iterator[Problem]:
    """Each resource is listed once, and no topic links to a resource of its own step or
    to the page of another topic.
    """
    counts = Counter(each.url for step in file.steps for each in step.resources)
    for index, step in enumerate(file.steps):
        for number, resource in enumerate(step.resources):
            if counts[resource.url] > 1:
                location = ("steps", index, "resources", number, "url")
                yield location, f"url {resource.url} is in this roadmap more than once"
        resources = {resource.url for resource in step.resources}
        topics = Counter(topic.url for topic in step.topics if topic.url)
        for number, topic in enumerate(step.topics):
            if topics[topic.url] > 1 or topic.url in resources:
                location = ("steps", index, "topics", number, "url")
                yield location, f"url {topic.url} is in this step more than once"


def check_shared_urls(
    file: RoadmapFile, files: Sequence[RoadmapFile]
) -> Iterator[Problem]:
    """All roadmaps that use an address give it the same title, kind and publisher.

    Its role and minutes may differ: what one step starts with may be further reading in
    another.
    """
    first_uses: dict[str, ResourceEntry] = {}
    for each in files:
        for step in each.steps:
            for resource in step.resources:
                first_uses.setdefault(resource.url, resource)
    for index, step in enumerate(file.steps):
        for number, resource in enumerate(step.resources):
            other = first_uses[resource.url]
            if describe_page(resource) != describe_page(other):
                location = ("steps", index, "resources", number)
                message = f"{resource.url} is elsewhere “{other.title}” ({other.kind})"
                yield location, message


def describe_page(resource: ResourceEntry) -> tuple[str, str, str]:
    return resource.title, resource.kind, resource.publisher


def check_same_as(file: RoadmapFile, files: Sequence[RoadmapFile]) -> Iterator[Problem]:
    """Each same_as names a step of one of the files that has no same_as itself."""
    steps = {f"{each.slug}/{step.slug}": step for each in files for step in each.steps}
    for index, step in enumerate(file.steps):
        location = ("steps", index, "same_as")
        if step.same_as and step.same_as not in steps:
            yield location, f"same_as {step.same_as} is no step of these files"
        elif step.same_as and steps[step.same_as].same_as:
            target = steps[step.same_as].same_as
            yield location, f"same_as {step.same_as} should be {target}"


def check_position(
    file: RoadmapFile, files: Sequence[RoadmapFile]
) -> Iterator[Problem]:
    if [each.position for each in files].count(file.position) > 1:
        yield ("position",), f"position {file.position} is also another roadmap's"
