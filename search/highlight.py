"""Marks the words of a query in a text, and chooses the part of it to show."""

import functools
import html
import re
from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from roadmaps.full_text import CJK, INVISIBLE, MARKS, fold
from search.query import Term

EXCERPT_LENGTH = 280  # characters
LEAD = 60  # characters before the first marked word
WORD = re.compile(rf"(?:\w|{MARKS}|{INVISIBLE})+")
BLOCK = re.compile(
    r"</?(?:p|h[1-6]|[uo]l|li|pre|blockquote|t[dhr]|d[ltd]|br|hr)\b[^>]*>"
)
TAG = re.compile(r"<[^>]*>")
LIST_MARKER = re.compile(r"^(?:[-*+>]|#{1,6}|\d+[.)])\s+")
INFLECTION = re.compile(r"(?:e|s|es|d|[a-z]?ed|[a-z]?ing|y|i|ies)?")
MAX_ENDING = 7  # characters after a stem, such as "authent" of "authentication"


def text_of_html(text: str) -> str:
    """Return the text of HTML from roadmaps/markdown.py, one line for each block."""
    return html.unescape(TAG.sub("", BLOCK.sub("\n", text.replace("\n", " "))))


def join_lines(text: str) -> str:
    """Return the text as one line that keeps list items apart."""
    lines = (LIST_MARKER.sub("", line.strip()) for line in text.splitlines())
    joined = ""
    for line in filter(None, lines):
        if joined:
            joined += " " if joined.endswith((".", ":", "!", "?", ";", ",")) else " · "
        joined += " ".join(line.split())
    return joined


def line_of_html(text: str) -> str:
    """Return the text of HTML as one line."""
    return join_lines(text_of_html(text))


class Highlighter:
    """Finds the words of a query in texts.

    Only the database knows how to find a stem. Here, a word counts as a form of a
    query's word if it begins with that word's stem and is not much longer.
    """

    def __init__(self, terms: list[Term]) -> None:
        self.prefix = terms[-1].word if terms[-1].beginning else None
        words = {word for term in terms for form in term.forms for word in form.split()}
        self.words = words
        self.corrections = {word for term in terms for word in term.corrections}
        self.stems = {
            stem.rstrip("ei") or stem for term in terms for stem in term.stems
        }
        characters = sorted(filter(re.compile(CJK).match, words), key=len, reverse=True)
        self.characters = re.compile("|".join(characters)) if characters else None
        self.matches = functools.cache(self._matches)

    def _matches(self, word: str) -> bool:
        """Whether a folded word is one of the query's, or another form of it."""
        return (
            word in self.words
            or (self.prefix is not None and word.startswith(self.prefix))
            or not self.corrections.isdisjoint((word[:-1], word[:-2]))
            or any(
                INFLECTION.fullmatch(word, len(stem)) is not None
                or (len(stem) > 3 and len(word) - len(stem) <= MAX_ENDING)
                for stem in self.stems
                if word.startswith(stem)
            )
        )

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the begin and end of each match in the text."""
        for found in WORD.finditer(text):
            if self.characters and re.search(CJK, found[0]):
                for part in self.characters.finditer(text, *found.span()):
                    yield part.span()
            elif any(map(self.matches, fold(found[0]).split())):
                yield found.span()

    def has_match(self, text: str) -> bool:
        return next(self.find(text), None) is not None

    def mark(self, text: str) -> SafeString:
        """Return the text as HTML, with each match in a <mark> element."""
        pieces, place = [], 0
        for begin, end in self.find(text):
            pieces.append((text[place:begin], text[begin:end]))
            place = end
        marked = format_html_join("", "{}<mark>{}</mark>", pieces)
        return format_html("{}{}", marked, text[place:])

    def excerpt(self, text: str) -> SafeString:
        """Return the part of the text around its first match as HTML, with marks."""
        if len(text) <= EXCERPT_LENGTH:
            return self.mark(text)
        first, _ = next(self.find(text), (0, 0))
        begin = text.rfind(" ", 0, max(0, first - LEAD)) + 1
        end = begin + EXCERPT_LENGTH
        if end < len(text) and " " in text[first:end]:
            end = text.rfind(" ", first, end)
        return format_html(
            "{}{}{}",
            "… " if begin else "",
            self.mark(text[begin:end]),
            " …" if end < len(text) else "",
        )
