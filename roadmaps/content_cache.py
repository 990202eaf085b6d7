"""What the pages of a roadmap say of it, kept by its content_version."""

from functools import lru_cache
from typing import NamedTuple

from roadmaps.models import Roadmap, Step

MOST_OUTLINES = 200  # of some 2 kB a step


class Outline(NamedTuple):
    roadmap: Roadmap
    steps: list[Step]  # in order, the retired ones too


@lru_cache(MOST_OUTLINES)
def outline(pk: int, content_version: str) -> Outline:  # noqa: ARG001, what it is kept by
    """The roadmap that is of this content version now, shared by all who ask.

    Nothing has to drop it: after an edit one asks for another content version.
    Raises Roadmap.DoesNotExist.
    """
    roadmap = Roadmap.objects.get(pk=pk)
    return Outline(roadmap, list(roadmap.steps.outline()))
