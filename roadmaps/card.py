"""The picture that other sites show when somebody shares a roadmap's page."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

from roadmaps.models import Roadmap

# A change to this code changes the pictures, so it is part of their version.
CODE = b"".join(
    Path(__file__).with_name(name).read_bytes()
    for name in ("card.py", "drawing.py", "segments.py")
)


class CardStep(Protocol):
    @property
    def is_optional(self) -> bool: ...


class Card(NamedTuple):
    """Everything that the picture shows."""

    title: str
    category: str = ""
    optional: tuple[bool, ...] = ()  # whether each step is optional

    @classmethod
    def for_roadmap(cls, roadmap: Roadmap, steps: Iterable[CardStep]) -> Card:
        """`steps` are the roadmap's active steps, in order."""
        optional = tuple(step.is_optional for step in steps)
        return cls(roadmap.title, roadmap.category, optional)

    @property
    def version(self) -> str:
        """Part of the picture's address, so that every edit changes the address."""
        return sha256(CODE + repr(self).encode()).hexdigest()[:8]

    @property
    def length(self) -> str:
        """The number of steps, in words."""
        steps, optional = len(self.optional), sum(self.optional)
        words = f"{steps} step{'' if steps == 1 else 's'}" if steps else ""
        return f"{words} · {optional} optional" if optional else words

    @property
    def png(self) -> bytes:
        """The picture.

        Pillow is imported for the first one only, because it takes 4 MB of memory.
        """
        from roadmaps.drawing import draw

        return draw(self.title, self.category, self.optional, self.length)

    @property
    def alt(self) -> str:
        return f"{self.title}: {self.length}" if self.length else self.title


SITE = Card("Follow a learning roadmap one step at a time")
