"""A cache of the content of roadmaps and steps, by the version of the roadmap.

Database triggers give a roadmap a new `content_version` whenever the roadmap, one of
its steps or a part of one changes. After an edit, callers ask for the new version. So
no entry is ever out of date, and none has to be invalidated.
"""

from functools import lru_cache
from typing import NamedTuple

from roadmaps.models import Roadmap, Step
from roadmaps.step_content import StepPageContent

MAX_ROADMAPS = 200  # about 3 kB per step
MAX_STEPS = 500  # about 20 kB each


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


@lru_cache(MAX_STEPS)
def get_step_content(step_id: int, content_version: str) -> StepPageContent:  # noqa: ARG001, part of the key
    """What the step's own page shows. Raises Step.DoesNotExist."""
    return StepPageContent.read(step_id)
