"""Write parsed Markdown as Markdown again, without what a roadmap's texts may not have.

Links and HTML become their text, and images their description.
"""

import html
import re
from collections import Counter
from collections.abc import Sequence

import nh3
from markdown_it.tree import SyntaxTreeNode

# What could be Markdown. At its start and end, the text may meet other text.
SPECIAL = re.compile(
    r"[\\`*]"
    r"|(?<!\w)_|_(?!\w)"
    r"|~(?=~|$)|(?<![\s\S])~"
    r"|<(?![\s\d=])"
    r"|(?:(?<=\])|(?<![\s\S]))\("
    r"|&(?=#?\w+;|$)"
)
# What would begin a heading, a quotation, a list, a rule or a table.
BLOCK_START = re.compile(r"#{1,6}(?:\s|$)|>|[+-](?:\s|$)|--|=+$|\|")
LIST_NUMBER = re.compile(r"\d{1,9}(?=[.)](?:\s|$))")
BACKTICKS = re.compile("`+")


class Serializer:
    """Writes Markdown. `removed` counts what it did not keep, by kind."""

    def __init__(self) -> None:
        self.removed: Counter[str] = Counter()

    def write_text(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        """Return the blocks, without headings that have no text below them."""
        written = [(node, self.write_block(node)) for node in nodes]
        blocks: list[str] = []  # from the last to the first
        below = None
        for node, block in reversed(written):
            is_heading = node.type == "heading"
            is_empty = below is None or (
                below.type == "heading" and below.tag <= node.tag
            )
            if block and not (is_heading and is_empty):
                blocks.append(block)
                below = node
        return "\n\n".join(reversed(blocks))

    def write_blocks(self, nodes: Sequence[SyntaxTreeNode], gap: str = "\n\n") -> str:
        blocks = (self.write_block(node) for node in nodes)
        return gap.join(block for block in blocks if block)

    def write_block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "heading":
                text = join_lines(self.write_inline(node))
                level = max(2, int(node.tag[1]))  # the page has the only first level
                return f"{'#' * level} {text}" if text else ""
            case "paragraph":
                return self.write_inline(node)
            case "blockquote":
                return prefix(self.write_blocks(node.children), "> ", "> ")
            case "bullet_list" | "ordered_list":
                return self._write_list(node)
            case "fence" | "code_block":
                return write_fence(node)
            case "hr":
                return "---"
            case "table":
                return self._write_table(node)
            case "html_block":
                return self._keep_text(node.content)
        return ""

    def write_inline(self, node: SyntaxTreeNode) -> str:
        """Return the text of a block, without spaces and empty lines around it."""
        return tidy("".join(self.write_spans(each.children) for each in node.children))

    def write_spans(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        return "".join(self._write_span(node) for node in nodes)

    def _write_span(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "text" | "text_special":
                return escape(node.content)
            case "softbreak":
                return "\n"
            case "hardbreak":
                return "\\\n"
            case "code_inline":
                return write_code(node.content)
            case "strong" | "em" | "s":
                text = self.write_spans(node.children)
                return f"{node.markup}{text}{node.markup}" if text.strip() else text
            case "link":
                self.removed["link"] += 1
                text = self.write_spans(node.children)
                return text.removeprefix("https://").removeprefix("http://")
            case "image":
                self.removed["image"] += 1
                return escape(node.content)
            case "html_inline":
                self.removed["HTML tag"] += 1
                return " " if node.content.lower().startswith("<br") else ""
        return ""

    def _keep_text(self, source: str) -> str:
        self.removed["HTML block"] += 1
        text = html.unescape(nh3.clean(source, tags=set()))
        return tidy("\n".join(escape(line) for line in text.splitlines()))

    def _write_list(self, node: SyntaxTreeNode) -> str:
        start = node.attrs.get("start", 1)
        items = []
        is_tight = all(
            child.hidden
            for item in node.children
            for child in item.children
            if child.type == "paragraph"
        )
        gap = "\n" if is_tight else "\n\n"
        for number, item in enumerate(node.children, int(start)):
            is_bullet = node.type == "bullet_list"
            marker = f"{node.markup} " if is_bullet else f"{number}{node.markup} "
            if text := self.write_blocks(item.children, gap):
                items.append(prefix(text, marker, " " * len(marker)))
        return gap.join(items)

    def _write_table(self, node: SyntaxTreeNode) -> str:
        rows = []
        for part in node.children:
            for row in part.children:
                cells = (join_lines(self.write_inline(cell)) for cell in row.children)
                texts = (cell.replace("|", "\\|") for cell in cells)
                rows.append(f"| {' | '.join(texts)} |")
            if part.type == "thead":
                rows.append("| --- " * len(part.children[0].children) + "|")
        return "\n".join(rows)


def escape(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", text)


def tidy(text: str) -> str:
    """Return spans as a paragraph: without empty lines, or a line break at the end."""
    lines = (line.strip() for line in text.split("\n"))
    paragraph = "\n".join(escape_line_start(line) for line in lines if line)
    backslashes = len(paragraph) - len(paragraph.rstrip("\\"))
    return paragraph[:-1] if backslashes % 2 else paragraph


def escape_line_start(line: str) -> str:
    if number := LIST_NUMBER.match(line):
        return f"{number[0]}\\{line[number.end() :]}"
    return f"\\{line}" if BLOCK_START.match(line) else line


def join_lines(text: str) -> str:
    return text.replace("\\\n", " ").replace("\n", " ")


def prefix(text: str, first: str, others: str) -> str:
    """Return the text with the prefixes before its first and its other lines."""
    lines = text.split("\n")
    indented = [first + lines[0], *(others + line for line in lines[1:])]
    return "\n".join(line.rstrip() for line in indented)


def write_code(content: str) -> str:
    ticks = longest_run(content) + 1
    # A run of backticks of another length cannot end the code.
    mark = "`" * (1 if "`" not in content else ticks)
    needs_space = content.startswith("`") or content.endswith("`")
    has_spaces = content[:1] == content[-1:] == " " and content.strip()
    space = " " if needs_space or has_spaces else ""
    return f"{mark}{space}{content}{space}{mark}"


def write_fence(node: SyntaxTreeNode) -> str:
    fence = "`" * max(3, longest_run(node.content) + 1)
    info = node.info.replace("`", "").strip() if node.type == "fence" else ""
    content = node.content.removesuffix("\n")
    return f"{fence}{info}\n{content}\n{fence}"


def longest_run(text: str) -> int:
    return max(map(len, BACKTICKS.findall(text)), default=0)
