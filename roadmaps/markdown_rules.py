"""Our rules for the parser and renderer of markdown-it-py.

They limit what a text may cost, and show what Markdown would leave out. A few kilobytes
of Markdown can take minutes and gigabytes: a table, for example, fills in the cells
that its rows lack. So the parser counts its steps, which depend on the text only and
not on the speed of the machine, and stops at a limit.
"""

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from django.utils.html import escape, format_html
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt, helpers
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_STEPS = 10_000  # 3 to 5 µs each
MAX_NESTING = 20  # levels; a list has two
MAX_COLUMNS = 100  # of a table
LINK_STEPS = 20  # for each address that is looked for
MAX_DESTINATION = 500  # characters of an address in `[text](address)`

SCHEME = re.compile(r"(?<![a-z0-9+.-])https?\Z", re.IGNORECASE)
# A space, a bracket or a quotation mark, of any script, ends an address.
IN_URL = r"[^\s<>\[\]\"`\\^{|}«»\u2018-\u201f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]"
REST_OF_URL = re.compile(rf"://\w{IN_URL}{{0,2000}}+(?!{IN_URL})")
PUNCTUATION = frozenset(".,:;!?'*_~…")  # at the end of an address: not part of it

# Classes in the HTML.
BARE_URL = "bare-url"  # a link whose text is its address
WIDE = "wide"  # what scrolls if it is wider than the page
UNBROKEN = "unbroken"  # code that stays on one line
# Code that a browser would break at a hyphen or a slash, if it is short enough for the
# line of a phone. Commands with an option, such as `git merge --abort`, are shorter.
BREAKABLE_CODE = re.compile(
    r"(?=.{,24}$)\w*[^\s\w]\S*|(?=.{,18}$)\S+(?: \S+)*? -\S+(?: \S+)*"
)

# The HTML is stored, so it has the language in which the text was converted.
CHECK_BOXES = {"[ ] ": ("☐", _("To do")), "[x] ": ("☑", _("Done"))}


class TooComplexError(Exception):
    """The text would take too long to convert."""


class Renderer(RendererHTML):
    """Shows text in place of what the HTML may not have, or would not show."""

    def image(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Return the image's alternative text or, without one, its address."""
        image = tokens[idx]
        text = self.renderInlineAsText(image.children, options, env)
        return escape(text.strip() or image.attrs["src"])

    def code_inline(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        if BREAKABLE_CODE.fullmatch(tokens[idx].content):
            tokens[idx].attrSet("class", UNBROKEN)
        return super().code_inline(tokens, idx, options, env)

    def code_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return wrap_code(super().code_block(tokens, idx, options, env), tokens[idx])

    def fence(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return wrap_code(super().fence(tokens, idx, options, env), tokens[idx])

    def paragraph_close(
        self,
        tokens: Sequence[Token],
        idx: int,
        options: OptionsDict,
        env: EnvType,
    ) -> str:
        html = self.renderToken(tokens, idx, options, env)
        return f"{html}</figure>\n" if tokens[idx].meta.get("ends_figure") else html

    def table_open(
        self,
        tokens: Sequence[Token],  # noqa: ARG002, the parser passes them
        idx: int,  # noqa: ARG002
        options: OptionsDict,  # noqa: ARG002
        env: EnvType,  # noqa: ARG002
    ) -> str:
        return f'<div class="{WIDE}" tabindex="0"><table>\n'

    def table_close(
        self,
        tokens: Sequence[Token],  # noqa: ARG002, the parser passes them
        idx: int,  # noqa: ARG002
        options: OptionsDict,  # noqa: ARG002
        env: EnvType,  # noqa: ARG002
    ) -> str:
        return "</table></div>\n"

    def softbreak(
        self,
        tokens: Sequence[Token],  # noqa: ARG002, the parser passes them
        idx: int,  # noqa: ARG002
        options: OptionsDict,  # noqa: ARG002
        env: EnvType,
    ) -> str:
        return "<br>\n" if env["line_breaks"] else "\n"

    def link_close(
        self,
        tokens: Sequence[Token],
        idx: int,
        options: OptionsDict,  # noqa: ARG002, the parser passes them
        env: EnvType,  # noqa: ARG002
    ) -> str:
        """End a link. A link without text shows its address."""
        start = idx - 1
        while tokens[start].type != "link_open":
            start -= 1
        inner = tokens[start + 1 : idx]
        has_text = any(each.type == "image" or each.content.strip() for each in inner)
        text = "" if has_text else escape(tokens[start].attrs["href"])
        return f"{text}</a>"


def wrap_code(html: str, token: Token) -> str:
    """Let the keyboard scroll the code. Code that has a caption begins a figure."""
    figure = "<figure>\n" if token.meta.get("starts_figure") else ""
    return figure + html.replace("<pre>", '<pre tabindex="0">', 1)


def install(parser: MarkdownIt) -> None:
    """Add the rules to the parser. The counting ones come first and never match."""
    parser.block.ruler.before(
        "table",
        "count_block",
        count_block,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )
    parser.core.ruler.after("block", "count_block_tokens", count_block_tokens)
    parser.inline.ruler.before("text", "count_inline", count_inline)
    parser.inline.ruler.after("text", "link_bare_url", link_bare_url)
    parser.core.ruler.push("add_check_boxes", add_check_boxes)
    parser.core.ruler.push("add_captions", add_captions)
    parser.helpers = SimpleNamespace(  # type: ignore[assignment]
        parseLinkLabel=parse_label,
        parseLinkDestination=parse_destination,
        parseLinkTitle=helpers.parseLinkTitle,
    )


def spend(env: EnvType, steps: int, tokens: int = 0) -> None:
    """Add steps to those of the text. Raises TooComplexError beyond the limit.

    `tokens` were made, but are not among the steps yet.
    """
    env["steps"] = env.get("steps", 0) + steps
    if env["steps"] + tokens > MAX_STEPS:
        raise TooComplexError


def limit_nesting(level: int) -> None:
    """Raise TooComplexError beyond the limit.

    The parser's own limit, maxNesting, would leave out the text that is nested deeper.
    """
    if level > MAX_NESTING:
        raise TooComplexError


def count_block(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:  # noqa: ARG001, the parser passes them
    limit_nesting(state.level)
    spend(state.env, 1, tokens=len(state.tokens))
    # A table adds the tokens of a whole row before the next call.
    if state.src.count("|", state.bMarks[line], state.eMarks[line]) > MAX_COLUMNS:
        raise TooComplexError
    return False


def count_block_tokens(state: StateCore) -> None:
    spend(state.env, len(state.tokens))


def count_inline(state: StateInline, silent: bool) -> bool:  # noqa: ARG001, the parser passes it
    limit_nesting(state.level)
    spend(state.env, LINK_STEPS if state.src[state.pos] == "<" else 1)
    return False


def parse_label(state: StateInline, start: int, disableNested: bool = False) -> int:  # noqa: N803, the parser's name
    """Return where a link's text ends. If an address follows, count its parsing."""
    end = helpers.parseLinkLabel(state, start, disableNested)
    if state.src.startswith("](", end):
        spend(state.env, LINK_STEPS)
    return end


def parse_destination(text: str, start: int, end: int) -> Any:
    """Return a link's address and where it ends, but look no further than it may be."""
    return helpers.parseLinkDestination(text, start, min(end, start + MAX_DESTINATION))


def link_bare_url(state: StateInline, silent: bool) -> bool:
    """Make a link of an address that begins with http:// or https://.

    The parser calls this at the colon. It has passed the scheme as text.
    """
    scheme = SCHEME.search(state.src[max(0, state.pos - 6) : state.pos])
    if state.linkLevel or not scheme:
        return False
    spend(state.env, LINK_STEPS)
    rest = REST_OF_URL.match(state.src, state.pos, state.posMax)
    if not rest:
        return False
    url = scheme[0] + without_punctuation(rest[0])
    if not silent:
        state.pending = state.pending.removesuffix(scheme[0])
        href = state.md.normalizeLink(url)
        state.push("link_open", "a", 1).attrs = {"href": href, "class": BARE_URL}
        state.push("text", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos += len(url) - len(scheme[0])
    return True


def without_punctuation(url: str) -> str:
    """Cut off what ends the sentence: a full stop, or a bracket opened before the
    address.
    """
    unopened = url.count(")") - url.count("(")
    end = len(url)
    while url[end - 1] in PUNCTUATION or (url[end - 1] == ")" and unopened > 0):
        unopened -= url[end - 1] == ")"
        end -= 1
    return url[:end]


def add_check_boxes(state: StateCore) -> None:
    """Replace the brackets of a task list, `- [ ] to do` and `- [x] done`."""
    for index, token in enumerate(state.tokens):
        is_item = index > 1 and state.tokens[index - 2].type == "list_item_open"
        if is_item and token.type == "inline" and token.children:
            text = token.children[0]
            check_box = CHECK_BOXES.get(text.content[:4].lower())
            if text.type == "text" and check_box:
                text.content = text.content[4:]
                html = format_html(
                    '<span role="img" aria-label="{1}">{0}</span> ', *check_box
                )
                token.children.insert(0, Token("html_inline", "", 0, content=html))


def add_captions(state: StateCore) -> None:
    """Turn a paragraph in italics that follows code into its caption."""
    tokens = state.tokens
    for index, code in enumerate(tokens[:-3]):
        start, inline, end = tokens[index + 1 : index + 4]
        is_code = code.type in ("fence", "code_block")
        if is_code and start.type == "paragraph_open" and is_in_italics(inline):
            code.meta["starts_figure"] = True
            start.tag = end.tag = "figcaption"
            start.hidden = end.hidden = False  # also in a list without blank lines
            end.meta["ends_figure"] = True
            inline.children = (inline.children or [])[1:-1]


def is_in_italics(inline: Token) -> bool:
    """Whether one pair of marks emphasises all of a paragraph's text."""
    children = inline.children or [inline]
    first, last = children[0], children[-1]
    levels = [each.level for each in children[1:-1]]
    return (first.type, last.type) == ("em_open", "em_close") and 0 not in levels
