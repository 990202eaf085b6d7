"""The picture that other sites show when somebody shares a roadmap's page."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from roadmaps.models import Roadmap

# A change to this code changes the pictures, so their version depends on it.
DRAWING_CODE = b"".join(
    Path(__file__).with_name(name).read_bytes()
    for name in ("card.py", "card_image.py", "segments.py")
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

    @classmethod
    def for_site(cls) -> Card:
        """The card of the front page."""
        return cls(_("Follow a learning roadmap one step at a time"))

    @property
    def version(self) -> str:
        """Part of the picture's address, so that every edit changes the address."""
        shown = repr((self, self.step_count_text)).encode()
        return sha256(DRAWING_CODE + shown).hexdigest()[:8]

    @property
    def step_count_text(self) -> str:
        """The number of steps, as text below the progress bar."""
        steps, optional = len(self.optional), sum(self.optional)
        if not steps:
            return ""
        text = ngettext("%(number)d step", "%(number)d steps", steps)
        text %= {"number": steps}
        if not optional:
            return text
        return f"{text} · {_('%(number)d optional') % {'number': optional}}"

    @property
    def png(self) -> bytes:
        """The picture.

        Pillow takes 4 MB of memory, so it is imported only when a picture is drawn.
        """
        from roadmaps.card_image import draw_card

        return draw_card(self.title, self.category, self.optional, self.step_count_text)

    @property
    def alt(self) -> str:
        return (
            f"{self.title}: {self.step_count_text}"
            if self.step_count_text
            else self.title
        )
