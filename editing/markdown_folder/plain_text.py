"""Take plain text from parsed Markdown."""

import re

from markdown_it.tree import SyntaxTreeNode

from core.text import BIDI_CONTROLS, UNPRINTABLE

NOT_IN_A_LINE = re.compile(f"{UNPRINTABLE.pattern}|{BIDI_CONTROLS.pattern}")


def to_plain_text(node: SyntaxTreeNode) -> str:
    """Return the node's text in one line, without Markdown."""
    return to_line(to_text(node))


def to_text(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "text_special" | "code_inline" | "image":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
    return "".join(map(to_text, node.children))


def to_line(text: str) -> str:
    """Return the text in one line, without characters that a line may not have."""
    return " ".join(NOT_IN_A_LINE.sub(" ", text).split())


def cut(text: str, length: int) -> str:
    """Return the text, or as many of its words as fit."""
    if len(text) <= length:
        return text
    start = text[: length - 1]
    words, _, _ = start.rpartition(" ")
    return f"{words or start}…"
