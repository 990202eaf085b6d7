"""Read one Markdown file: its title, summary, text and links."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from core.text import describe_text_fault, shows_nothing
from editing.markdown_folder.links import Link, find_links, remove_link_lists
from editing.markdown_folder.plain_text import cut, to_line, to_plain_text, to_text
from editing.markdown_folder.serializer import Serializer, escape, tidy
from editing.yaml_format.parser import InvalidFileError, Value, YamlDocument
from editing.yaml_format.validators import normalize_body
from roadmaps import markdown_rules
from roadmaps.markdown import MAX_LENGTH, validate_markdown
from roadmaps.markdown_rules import MAX_NESTING, TooComplexError
from roadmaps.step_parts import MAX_TOPIC_LENGTH

MAX_TITLE_LENGTH = 120
MAX_SUMMARY_LENGTH = 300
SENTENCES_OF_A_TOPIC = 2

FENCE = "---"  # of front matter
SENTENCE_END = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)[.!?…]+[\"”’)\]]*(?=\s|$)|\u3002"
)
_markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": MAX_NESTING + 10})
_markdown.enable(["table", "strikethrough"])
_markdown.use(markdown_rules.install)
# Leave check boxes as they are written: a roadmap's text may have them.
_markdown.disable("add_check_boxes")


@dataclass(frozen=True)
class Page:
    """What a Markdown file says."""

    title: str  # "" if it has none
    summary: str
    text: str  # without the title and the lists of links
    short_text: str  # its first two sentences
    links: list[Link]
    metadata: dict[str, Value]
    notes: list[str]  # on what is not in the texts and links
    removed: Counter[str]  # how much of each kind the text does not keep

    @property
    def has_more_text(self) -> bool:
        return normalize_body(self.short_text) != self.text


def read_page(name: str, source: str) -> Page:
    """Return what the file says.

    Raises InvalidFileError if its front matter is not valid, or if its text is too long
    or too complex.
    """
    metadata, markdown = split_front_matter(name, source)
    blocks = parse(name, markdown)
    heading = next((each for each in blocks if each.tag == "h1"), None)
    blocks = [block for block in blocks if block is not heading]
    notes: list[str] = []
    links = list(find_links(blocks, notes))
    blocks = remove_link_lists(blocks)
    serializer = Serializer()
    text = normalize_body(serializer.write_text(blocks))
    check_text(name, text)
    spans = find_first_paragraph(blocks)
    summary = get_text(metadata, "summary", "description") or to_line(
        "".join(each.text for each in take_sentences(spans, 1))
    )
    return Page(
        title=get_text(metadata, "title")
        or (to_plain_text(heading) if heading else ""),
        summary=cut(summary, MAX_SUMMARY_LENGTH),
        text=text,
        short_text=write_short_text(spans),
        links=links,
        metadata=metadata,
        notes=notes,
        removed=serializer.removed,
    )


def parse(name: str, markdown: str) -> list[SyntaxTreeNode]:
    """Return the blocks. Raises InvalidFileError if there are too many."""
    try:
        return list(SyntaxTreeNode(_markdown.parse(markdown)).children)
    except TooComplexError as error:
        message = (
            "The text is too complex. Use fewer list items, table cells and links."
        )
        raise InvalidFileError(f"{name}: {message}") from error


def check_text(name: str, text: str) -> None:
    """Raise InvalidFileError if no step may have the text."""
    fault = describe_text_fault(text)
    if len(text) > MAX_LENGTH:
        length = number_format(MAX_LENGTH, force_grouping=True)
        fault = f"The text is longer than {length} characters. Split the file."
    try:
        validate_markdown(text)
    except ValidationError as error:
        fault = str(error.message)
    if fault:
        raise InvalidFileError(f"{name}: {fault}")


def get_text(metadata: Mapping[str, Value], *keys: str) -> str:
    """Return the first text under one of the keys, in one line, or ""."""
    texts = (value for key in keys if isinstance(value := metadata.get(key), str))
    return next((line for line in map(to_line, texts) if not shows_nothing(line)), "")


def find_first_paragraph(blocks: Sequence[SyntaxTreeNode]) -> list[SyntaxTreeNode]:
    """Return the spans of the first paragraph that has text, or []."""
    for block in blocks:
        if block.type == "paragraph" and not shows_nothing(to_plain_text(block)):
            return list(block.children[0].children)
    return []


def write_short_text(spans: Sequence[SyntaxTreeNode]) -> str:
    """Return the first two sentences, or as much of them as a topic may have."""
    for count in range(SENTENCES_OF_A_TOPIC, 0, -1):
        taken = take_sentences(spans, count)
        serializer = Serializer()
        parts = (
            escape(each.text) if each.is_cut else serializer.write_spans([each.node])
            for each in taken
        )
        text = tidy("".join(parts))
        if len(text) <= MAX_TOPIC_LENGTH:
            return text
    plain = to_line("".join(each.text for each in take_sentences(spans, 1)))
    # Each character may get a backslash.
    return tidy(escape(cut(plain, MAX_TOPIC_LENGTH // 2)))


def split_front_matter(name: str, text: str) -> tuple[dict[str, Value], str]:
    """Return the keys of the front matter, and the text after it.

    Raises InvalidFileError, with the line, if the front matter is not valid.
    """
    first, *lines = text.split("\n")
    if first.rstrip() != FENCE:
        return {}, text
    ends = [number for number, line in enumerate(lines) if line.rstrip() == FENCE]
    if not ends:
        return {}, text
    yaml, rest = lines[: ends[0]], "\n".join(lines[ends[0] + 1 :])
    if all(not line.strip() or line.lstrip().startswith("#") for line in yaml):
        return {}, rest
    # The empty line stands for the first one, so that problems have the right line.
    document = YamlDocument(name, "\n".join(["", *yaml]).encode())
    value, problems = document.read()
    if problems:
        raise InvalidFileError(*problems)
    if not isinstance(value, dict):
        return {}, text  # a text between two rules
    return value, rest


@dataclass(frozen=True)
class Taken:
    node: SyntaxTreeNode
    text: str
    is_cut: bool = False


def take_sentences(spans: Sequence[SyntaxTreeNode], count: int) -> list[Taken]:
    """Return the spans of the first sentences. The last one may be cut."""
    taken: list[Taken] = []
    for index, span in enumerate(spans):
        if span.type == "text":
            following = spans[index + 1].type if index + 1 < len(spans) else "softbreak"
            is_end_of_line = following in ("softbreak", "hardbreak")
            for end in SENTENCE_END.finditer(span.content):
                rest = span.content[end.end() :].lstrip()
                count -= not rest[:1].islower() and (bool(rest) or is_end_of_line)
                if not count:
                    taken.append(Taken(span, span.content[: end.end()], is_cut=True))
                    return taken
        taken.append(Taken(span, to_text(span)))
    return taken
