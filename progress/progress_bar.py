"""The progress bar: a row of segments, one per step, or per group on a long route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from progress.route import AnnotatedStep, State
from roadmaps.segments import group_steps


class Segment(NamedTuple):
    """A segment as plain values: the key of its cached HTML."""

    roadmap_slug: str  # empty if the segment links to a row on the same page
    slug: str  # of its first step, to which it links
    state: str
    is_optional: bool
    is_current: bool  # contains the step whose page shows the bar
    is_apart: bool  # starts a section, so there is a gap before it

    @property
    def classes(self) -> str:
        names = {
            "optional": self.is_optional,
            "here": self.is_current,
            "apart": self.is_apart,
        }
        return " ".join(["segment", *(name for name, is_on in names.items() if is_on)])


def segments(
    steps: Sequence[AnnotatedStep], current_step: AnnotatedStep | None = None
) -> list[Segment]:
    """At most 60 segments. A group is optional if all its steps are."""
    # Without a current step, the steps' roadmap may not be loaded.
    roadmap_slug = current_step.roadmap_slug if current_step else ""
    groups = group_steps(steps)
    sections = [group[-1].content.section_id for group in groups]
    return [
        Segment(
            roadmap_slug,
            group[0].slug,
            get_shared_state(group),
            all(step.is_optional for step in group),
            current_step is not None and current_step in group,
            number > 0 and sections[number] != sections[number - 1],
        )
        for number, group in enumerate(groups)
    ]


def get_shared_state(steps: Sequence[AnnotatedStep]) -> str:
    """The state of all steps, ignoring skipped ones; "learning" if they differ."""
    states = {step.state for step in steps}
    if len(states) > 1:
        states.discard(State.SKIPPED)
    return states.pop() if len(states) == 1 else State.LEARNING
