"""Converts a user's search text to text-search queries of PostgreSQL."""

import string

MIN_LENGTH = 2  # characters

CONTROL_CHARACTERS = "".join(map(chr, range(0x20)))
# None of these characters is part of a word, and some are operators of a tsquery.
TO_SPACES = str.maketrans(dict.fromkeys(string.punctuation + CONTROL_CHARACTERS, " "))


class Query:
    """The words of a search. The last word may be unfinished."""

    MAX_LENGTH = 100  # characters; the rest is ignored

    def __init__(self, text: str) -> None:
        self.text = text.strip()[: self.MAX_LENGTH]
        self.words = self.text.translate(TO_SPACES).split()

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
        }
