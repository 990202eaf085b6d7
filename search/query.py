"""Turns what somebody typed into the words to search for."""

import re
import string
from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

from core.text import shows_nothing
from roadmaps.full_text import CJK

MAX_CORRECTED_WORDS = 3
MIN_CORRECTED_LENGTH, MAX_CORRECTED_LENGTH = 4, 20
# The letters to try in place of a missing or wrong one, by the word's alphabet.
ALPHABETS = [
    string.ascii_lowercase + string.digits,
    "αβγδεζηθικλμνξοπρστυφχψω",
    "абвгдежзиклмнопрстуфхцчшщъыьэюя",
]
# PostgreSQL refuses text with these.
FORBIDDEN = re.compile(r"[\x00\ud800-\udfff]")

# The words, folded as in the index, in the order in which each occurs last.
TERMS_SQL = """
SELECT
    term.word,
    ts_lexize('english_stem', term.word) = '{}' AS is_stop_word,
    array_remove(array_agg(other.form), NULL) AS synonyms,
    tsvector_to_array(
        to_tsvector('english', concat_ws(' ', term.word, string_agg(other.form, ' ')))
    ) AS stems
FROM string_to_table(cairn_words(%s), ' ') WITH ORDINALITY AS term (word, place)
LEFT JOIN LATERAL (
    SELECT CASE term.word WHEN folded_word THEN folded_meaning ELSE folded_word END
    FROM roadmaps_synonym
    WHERE term.word IN (folded_word, folded_meaning)
    ORDER BY 1
    LIMIT 20
) AS other (form) ON TRUE
WHERE term.word <> ''
GROUP BY term.word
ORDER BY max(term.place)
"""
CORRECTIONS_SQL = "SELECT word FROM roadmaps_indexedword WHERE word = ANY(%s)"


class Term(NamedTuple):
    """A word of a query, and what counts as the same word."""

    word: str
    is_stop_word: bool  # such as "the", which only titles are searched for
    synonyms: list[str]  # each one or more words
    stems: list[str]
    corrections: list[str] = []

    @property
    def forms(self) -> list[str]:
        return [self.word, *self.synonyms, *self.corrections]

    @property
    def is_letter(self) -> bool:
        """Whether it is a single letter, which matches only a whole word.

        A single character of Chinese, Japanese or Korean can begin any word.
        """
        return len(self.word) == 1 and not re.match(CJK, self.word)

    @property
    def whole(self) -> str:
        """The tsquery for the whole word, as text."""
        beginning = ":*" if len(self.word) == 1 and not self.is_letter else ""
        forms = (" & ".join(map(quote, form.split())) for form in self.forms[1:])
        return " | ".join([f"({quote(self.word)}{beginning}", *forms]) + ")"

    @property
    def beginning(self) -> str:
        """The tsquery for words that begin with it, as text."""
        return "" if self.is_letter else f"{quote(self.word)}:*"


class Query:
    """The words of a search. The last word may be unfinished."""

    MAX_LENGTH = 100  # characters; the rest is ignored

    def __init__(self, text: str) -> None:
        text = FORBIDDEN.sub(" ", text)
        self.text = "" if shows_nothing(text) else text.strip()[: self.MAX_LENGTH]
        self.terms: list[Term] = []
        self.is_corrected = False

    def read_terms(self) -> bool:
        """Read the terms from the text. Return whether there are any."""
        if not self.text:
            return False
        with connection.cursor() as cursor:
            cursor.execute(TERMS_SQL, [self.text])
            terms = [Term(*row) for row in cursor.fetchall()]
        self.terms = [term for term in terms if not term.is_stop_word] or terms
        return bool(self.terms)

    def correct(self) -> bool:
        """Let words differ by one typo. Return whether that changes anything."""
        texts = [one_typo_away(term.word) for term in self.terms[:MAX_CORRECTED_WORDS]]
        with connection.cursor() as cursor:
            cursor.execute(CORRECTIONS_SQL, [list(set().union(*texts))])
            known = {word for (word,) in cursor.fetchall()}
        for i, near in enumerate(texts):
            term = self.terms[i]
            self.terms[i] = term._replace(corrections=sorted(near & known))
        self.is_corrected = bool(known)
        return self.is_corrected

    @property
    def parameters(self) -> dict[str, str]:
        """The tsqueries for the SQL of a search, as text."""
        *finished, last = self.terms
        return {
            "config": "pg_catalog.simple" if last.is_stop_word else "english",
            "finished": " & ".join(term.whole for term in finished),
            "any": " | ".join(term.whole for term in finished),
            "last": last.whole,
            "beginning": last.beginning,
        }


def quote(word: str) -> str:
    """Return a folded word for a tsquery: it has no quote and no backslash."""
    return f"'{word}'"


def one_typo_away(word: str) -> set[str]:
    """Return each text that has one letter more, less or changed, or two swapped.

    There are none for very long words, and none for short ones, which one letter often
    turns into another word. The database looks up which of them are words. (rapidfuzz
    and symspellpy would need a list of all words in each process.)
    """
    if not MIN_CORRECTED_LENGTH <= len(word) <= MAX_CORRECTED_LENGTH:
        return set()
    alphabet = next((a for a in ALPHABETS if word[0] in a), "")
    return set(_edits(word, alphabet)) - {word}


def _edits(word: str, alphabet: str) -> Iterator[str]:
    for i in range(len(word) + 1):
        before, after = word[:i], word[i:]
        yield from (before + letter + after for letter in alphabet)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in alphabet)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
