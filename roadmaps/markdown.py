"""Markdown to HTML that is safe to show and works under the site's policy."""

import nh3
from markdown_it import MarkdownIt

TAGS = {
    *("h2", "h3", "h4", "p", "br", "hr", "blockquote", "strong", "em", "s"),
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


def to_html(text: str) -> str:
    """Headings, lists, code, tables and links; nothing that loads or runs."""
    return _cleaner.clean(_markdown.render(text))
