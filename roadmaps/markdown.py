"""Convert Markdown to HTML that is safe and works under the site's CSP."""

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
    """Return HTML with headings, lists, code, tables and links.

    It has no images, scripts or styles. `below` is the level of the heading above the
    text on its page: the text's headings then start one level lower and skip none.
    """
    tokens = _markdown.parse(text)
    if below is not None:
        _put_headings_below(below, tokens)
    return _cleaner.clean(_markdown.renderer.render(tokens, _markdown.options, {}))


def _put_headings_below(level: int, tokens: list[Token]) -> None:
    open_tags: list[str] = []  # the headings above this one, as written: h1, h2, …
    for token in tokens:
        if token.type == "heading_open":
            while open_tags and open_tags[-1] >= token.tag:
                open_tags.pop()
            open_tags.append(token.tag)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(level + len(open_tags), 6)}"
