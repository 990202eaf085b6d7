"""Turns what a user typed into text-search queries of PostgreSQL."""

import string

MIN_LENGTH = 2  # characters

# None of these characters is part of a word. The operators of a tsquery are among them.
CONTROL_CHARACTERS = "".join(map(chr, range(0x20)))
REPLACE_BY_SPACES = str.maketrans(
    dict.fromkeys(string.punctuation + CONTROL_CHARACTERS, " ")
)


class Query:
    """The words that a user typed. The last word may be unfinished."""

    LONGEST = 100  # characters; the rest of a longer text is ignored

    def __init__(self, typed: str) -> None:
        self.typed = typed.strip()[: self.LONGEST]
        self.words = self.typed.translate(REPLACE_BY_SPACES).split()

    @property
    def is_too_short(self) -> bool:
        return 0 < len(self.typed) < MIN_LENGTH

    @property
    def parameters(self) -> dict[str, str]:
        """Texts of tsqueries for the SQL of a search.

        Names that end in `_written` match words as they are written, the others match
        stems. Raises ValueError if there are no words.
        """
        *finished, last = [f"'{word}'" for word in self.words]
        # A single letter is a whole word, as in C++, not the beginning of one.
        last_written = f"{last}:*" if len(self.words[-1]) >= MIN_LENGTH else last
        return {
            "finished": " & ".join(finished),
            "last": last,
            "last_written": last_written,
            "all": " & ".join([*finished, last]),
            "any": " | ".join([*finished, last]),
            "any_written": " | ".join([*finished, last_written]),
        }
