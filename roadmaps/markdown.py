"""Convert Markdown to HTML that is safe and works under the site's CSP."""

from typing import Any

import nh3
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.html import escape
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.text import validate_text
from roadmaps import markdown_rules
from roadmaps.markdown_rules import MAX_NESTING, Renderer, TooComplexError

# Increase it with every change to what `to_html` returns. HTML that was stored by an
# earlier version is then made again: a note's when it is read, a body's by
# `manage.py render_bodies`.
HTML_VERSION = 3
MAX_LENGTH = 40_000  # characters

TAGS = {
    *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "strong", "em", "s"),
    *("ul", "ol", "li", "pre", "code", "a", "span", "div", "figure", "figcaption"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "ol": {"start"},
    "span": {"aria-label"},
}
ATTRIBUTE_VALUES = {
    "span": {"role": {"img"}},  # a check box of a task list
    "a": {"class": {markdown_rules.BARE_URL}},
    # The keyboard scrolls only what can have the focus.
    "pre": {"tabindex": {"0"}},
    "div": {"class": {markdown_rules.WIDE}, "tabindex": {"0"}},
}

_markdown = MarkdownIt(
    "commonmark",
    {"html": False, "maxNesting": MAX_NESTING + 10},
    renderer_cls=Renderer,
)
_markdown.enable(["table", "strikethrough"])
# Definitions of references would vanish, and each could be repeated in many links.
_markdown.disable("reference")
_markdown.use(markdown_rules.install)
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    tag_attribute_values=ATTRIBUTE_VALUES,
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener noreferrer",
)


def to_html(text: str, below: int | None = None, line_breaks: bool = False) -> str:
    """Return HTML with headings, lists, code, tables and links.

    It has no images, scripts or styles. `below` is the level of the heading above the
    text on its page: the text's headings then start one level lower and skip none.
    With `line_breaks`, every line break in the text is one on the page.

    A text that is too long or too complex is shown as it was typed.
    """
    try:
        tokens = parse(text)
    except TooComplexError:
        lines = escape(text).replace("\n", "<br>\n")
        return _cleaner.clean(f"<p>{lines}</p>\n")
    if below is not None:
        _put_headings_below(below, tokens)
    env = {"line_breaks": line_breaks}
    return _cleaner.clean(_markdown.renderer.render(tokens, _markdown.options, env))


def validate_markdown(text: str) -> None:
    """Raise ValidationError if the text would take too long to convert.

    Another validator must limit its length.
    """
    if len(text) > MAX_LENGTH:
        return
    try:
        parse(text)
    except TooComplexError as error:
        message = _(
            "This text is too complex to display. Use fewer list items, table cells "
            "and links, and nest lists and quotes less deeply."
        )
        raise ValidationError(message, code="too_complex") from error


def markdown_validators(max_length: int = MAX_LENGTH) -> list[Any]:
    """Return the validators of a model's field with Markdown."""
    return [MaxLengthValidator(max_length), validate_text, validate_markdown]


def parse(text: str) -> list[Token]:
    if len(text) > MAX_LENGTH:
        raise TooComplexError
    return _markdown.parse(text)


def _put_headings_below(level: int, tokens: list[Token]) -> None:
    open_tags: list[str] = []  # the headings above this one, as written: h1, h2, …
    for token in tokens:
        if token.type == "heading_open":
            while open_tags and open_tags[-1] >= token.tag:
                open_tags.pop()
            open_tags.append(token.tag)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(level + len(open_tags), 6)}"
