"""A cache of each roadmap's content, by its version.

Database triggers give a roadmap a new `content_version` whenever the roadmap or one of
its steps changes. After an edit, callers ask for the new version. So no entry is ever
out of date, and none has to be invalidated.
"""

from functools import lru_cache
from typing import NamedTuple

from roadmaps.models import Roadmap, Step

MAX_ROADMAPS = 200  # about 3 kB per step


class RoadmapContent(NamedTuple):
    roadmap: Roadmap
    steps: tuple[Step, ...]  # in order, the retired ones too, without their texts


@lru_cache(MAX_ROADMAPS)
def get_content(roadmap_id: int, content_version: str) -> RoadmapContent:  # noqa: ARG001, part of the key
    """The roadmap and its steps, shared by all callers, who must not change them.

    Raises Roadmap.DoesNotExist.
    """
    roadmap = Roadmap.objects.get(pk=roadmap_id)
    steps = roadmap.steps.defer_large_fields().with_outline()
    return RoadmapContent(roadmap, tuple(steps))
