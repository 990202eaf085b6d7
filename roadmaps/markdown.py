"""Markdown to HTML that is safe to show and works under the site's policy."""

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "strong", "em", "s"),
    *("ul", "ol", "li", "pre", "code", "a"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}}

_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener noreferrer",
)


def to_html(text: str, below: int | None = None) -> str:
    """Headings, lists, code, tables and links; nothing that loads or runs.

    `below` is the level of the heading that the text stands under on its page: its own
    headings then follow that one, and skip no level.
    """
    tokens = _markdown.parse(text)
    if below is not None:
        _put_headings_below(below, tokens)
    return _cleaner.clean(_markdown.renderer.render(tokens, _markdown.options, {}))


def _put_headings_below(level: int, tokens: list[Token]) -> None:
    above: list[str] = []  # as they were written: h1, h2, …
    for token in tokens:
        if token.type == "heading_open":
            while above and above[-1] >= token.tag:
                above.pop()
            above.append(token.tag)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(level + len(above), 6)}"
