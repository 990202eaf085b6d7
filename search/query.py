"""What somebody typed, as questions to PostgreSQL."""

import string

SHORTEST = 2  # characters

# None of these is part of a word, the syntax of a tsquery least of all.
CONTROLS = "".join(map(chr, range(0x20)))
SPACES = str.maketrans(dict.fromkeys(string.punctuation + CONTROLS, " "))


class Query:
    """The words of a text, of which the last may be unfinished."""

    LONGEST = 100  # characters; what is typed beyond them does not count

    def __init__(self, typed: str) -> None:
        self.typed = typed.strip()[: self.LONGEST]
        self.words = self.typed.translate(SPACES).split()

    @property
    def is_too_short(self) -> bool:
        return 0 < len(self.typed) < SHORTEST

    @property
    def parameters(self) -> dict[str, str]:
        """The tsqueries of the search: by stems and, `_written`, letter by letter."""
        *whole, last = [f"'{word}'" for word in self.words]
        # A letter alone is a word, as in C++, and begins nothing.
        unfinished = f"{last}:*" if len(self.words[-1]) >= SHORTEST else last
        return {
            "whole": " & ".join(whole),
            "last": last,
            "last_written": unfinished,
            "all": " & ".join([*whole, last]),
            "any": " | ".join([*whole, last]),
            "any_written": " | ".join([*whole, unfinished]),
        }
