"""Find the links of a text, and the lists that have nothing but links."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from markdown_it.tree import SyntaxTreeNode

from core.text import shows_nothing
from core.web_address import describe_url_fault
from editing.markdown_folder.plain_text import cut, to_plain_text, to_text

type Kind = Literal["docs", "article", "book", "course", "video", "practice"]

MAX_LINK_TITLE_LENGTH = 200
MAX_URL_LENGTH = 500
# A description after a link in a list, such as `- [HTTP](…): an overview`.
DESCRIPTION = re.compile(r"\s*(?:$|[-\u2013\u2014:(|,])")
MARKED_TITLE = re.compile(r"@([^@]{1,30})@\s*(.+)", re.DOTALL)
KINDS: Mapping[str, Kind] = {
    "official": "docs",
    "documentation": "docs",
    "opensource": "docs",
    "website": "docs",
    "tutorial": "course",
    "podcast": "video",
    "exercise": "practice",
    "lab": "practice",
    "challenge": "practice",
    **{kind: kind for kind in get_args(Kind.__value__)},
}
VIDEO_HOSTS = {"youtube.com", "youtu.be", "vimeo.com"}


@dataclass(frozen=True)
class Link:
    title: str
    url: str
    kind: Kind


def find_links(blocks: Sequence[SyntaxTreeNode], notes: list[str]) -> Iterator[Link]:
    """Yield each link once. Adds a note on each address that no resource may have."""
    seen = set()
    for node in (link for block in blocks for link in find_all(block, "link")):
        url = str(node.attrs["href"])
        if url in seen or url.startswith("#"):
            continue
        seen.add(url)
        fault = describe_url_fault(url)
        if len(url) > MAX_URL_LENGTH:
            fault = f"The address is longer than {MAX_URL_LENGTH} characters."
        if fault:
            shown = cut(ascii(url)[1:-1], 80)
            notes.append(f"the link to {shown} was left out: {fault}")
        else:
            yield to_link(to_plain_text(node), url)


def find_all(node: SyntaxTreeNode, kind: str) -> Iterator[SyntaxTreeNode]:
    if node.type == kind:
        yield node
    for child in node.children:
        yield from find_all(child, kind)


def remove_link_lists(blocks: Sequence[SyntaxTreeNode]) -> list[SyntaxTreeNode]:
    """Return the blocks without lists of links, and without what introduces these."""
    kept: list[SyntaxTreeNode] = []
    for block in blocks:
        if not is_link_list(block):
            kept.append(block)
        elif kept and is_introduction(kept[-1]):
            kept.pop()
    return kept


def is_introduction(node: SyntaxTreeNode) -> bool:
    return node.type == "paragraph" and to_plain_text(node).endswith((":", "\uff1a"))


def is_link_list(node: SyntaxTreeNode) -> bool:
    """Whether each item is a link, perhaps with a description after it."""
    if node.type not in ("bullet_list", "ordered_list"):
        return False
    return all(is_link_item(item) for item in node.children)


def is_link_item(item: SyntaxTreeNode) -> bool:
    if [child.type for child in item.children] != ["paragraph"]:
        return False
    first, *rest = item.children[0].children[0].children or [item]
    return first.type == "link" and bool(DESCRIPTION.match("".join(map(to_text, rest))))


def to_link(title: str, url: str) -> Link:
    """Return the link. A title such as `@video@How it works` says the kind."""
    host = (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.")
    kind: Kind = "video" if host in VIDEO_HOSTS else "article"
    if match := MARKED_TITLE.fullmatch(title):
        kind = KINDS.get(match[1].strip().lower(), kind)
        title = match[2]
    if shows_nothing(title):
        title = host
    return Link(cut(title, MAX_LINK_TITLE_LENGTH), url, kind)
