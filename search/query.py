"""Converts a user's search text to text-search queries of PostgreSQL."""

import string

from core.text import shows_nothing

MIN_LENGTH = 2  # characters

CONTROL_CHARACTERS = "".join(map(chr, range(0x20)))
# None of these characters is part of a word, and some are operators of a tsquery.
TO_SPACES = str.maketrans(dict.fromkeys(string.punctuation + CONTROL_CHARACTERS, " "))


class Query:
    """The words of a search. The last word may be unfinished."""

    MAX_LENGTH = 100  # characters; the rest is ignored

    def __init__(self, text: str) -> None:
        self.text = "" if shows_nothing(text) else text.strip()[: self.MAX_LENGTH]
        words = self.text.translate(TO_SPACES).split()
        # Each word once. A repeated one keeps its last place, which may be unfinished.
        self.words = list(dict.fromkeys(reversed(words)))[::-1]

    @property
    def is_too_short(self) -> bool:
        return 0 < len(self.text) < MIN_LENGTH

    @property
    def parameters(self) -> dict[str, str]:
        """The tsqueries for the SQL of a search, as text.

        Those whose name ends in `_written` match words as they are written, the others
        match stems. Raises ValueError if there are no words.
        """
        *finished, last = [f"'{word}'" for word in self.words]
        # A single letter is a whole word, as in C++, and not the beginning of a word.
        last_written = f"{last}:*" if len(self.words[-1]) >= MIN_LENGTH else last
        return {
            "finished": " & ".join(finished),
            "last": last,
            "last_written": last_written,
            "all": " & ".join([*finished, last]),
            "any": " | ".join([*finished, last]),
            "any_written": " | ".join([*finished, last_written]),
            "beginnings": self.beginnings,
        }

    @property
    def beginnings(self) -> str:
        """A regular expression that matches where a word, or its stem, begins.

        A word that the index finds by its stem may differ from this in rare cases.
        """
        # Words have no punctuation, so none needs to be escaped.
        stems = (word[: max(MIN_LENGTH, len(word) - 3)] for word in self.words)
        return rf"\m({'|'.join(stems)})"
