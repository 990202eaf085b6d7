"""What the picture of a roadmap shows, where somebody shares its page."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from roadmaps.models import Roadmap

# A new way of drawing, or of saying what is drawn, is a new picture.
CODE = b"".join(
    Path(__file__).with_name(name).read_bytes() for name in ("card.py", "drawing.py")
)


class CardStep(Protocol):
    @property
    def is_optional(self) -> bool: ...


class Card(NamedTuple):
    """All that a picture shows."""

    title: str
    category: str = ""
    optional: tuple[bool, ...] = ()  # of each step, whether it is

    @classmethod
    def of(cls, roadmap: Roadmap, steps: Iterable[CardStep]) -> Card:
        """`steps` are the roadmap's active ones, in order."""
        optional = tuple(step.is_optional for step in steps)
        return cls(roadmap.title, roadmap.category, optional)

    @property
    def version(self) -> str:
        """Part of the picture's address, so that an edit is another address."""
        return sha256(CODE + repr(self).encode()).hexdigest()[:8]

    @property
    def length(self) -> str:
        """How long the roadmap is, in words."""
        steps, optional = len(self.optional), sum(self.optional)
        words = f"{steps} step{'' if steps == 1 else 's'}" if steps else ""
        return f"{words} · {optional} optional" if optional else words

    @property
    def png(self) -> bytes:
        """The picture itself. What draws it takes 4 MB of memory, once one is asked."""
        from roadmaps.drawing import draw

        return draw(self)

    @property
    def alt(self) -> str:
        return f"{self.title}: {self.length}" if self.length else self.title


SITE = Card("Follow a learning roadmap one step at a time")
