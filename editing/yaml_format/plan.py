"""What taking a file in would change, before anything is changed."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from editing.yaml_format.exporter import serialize, text_of
from editing.yaml_format.parser import Location
from editing.yaml_format.schema import RoadmapFile, StepEntry
from roadmaps.models import Resource, Roadmap, Step

HEAD = ["title", "category", "icon", "summary", "position", "published"]
CONTENT = ["title", "optional", "summary", "same_as", "body", "resources"]
MEANING = ["title", "summary", "body", "resources"]


@dataclass(frozen=True)
class Change:
    """A field that will be another."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class StepPlan:
    """What becomes of one step. `number` and `old_number` are what a learner sees."""

    step: Step | None  # None: it is added
    before: StepEntry | None
    after: StepEntry
    number: int | None
    old_number: int | None
    is_moved: bool

    @cached_property
    def changes(self) -> list[Change]:
        return changes(self.before, self.after, CONTENT) if self.before else []

    @property
    def is_renamed(self) -> bool:
        return self.before is not None and self.before.slug != self.after.slug

    @property
    def is_retired(self) -> bool:
        """Whether it leaves the route by this."""
        return self.after.retired and not (self.before is None or self.before.retired)

    @property
    def comes_back(self) -> bool:
        return self.before is not None and self.before.retired > self.after.retired

    def has_new(self, name: str) -> bool:
        if self.before is None:
            return bool(getattr(self.after, name))
        return any(change.name == name for change in self.changes)

    @property
    def is_otherwise_required(self) -> bool:
        """Whether it is required and was not, or the other way round."""
        return _is_required(self.before) != _is_required(self.after)

    @property
    def has_new_meaning(self) -> bool:
        is_other = self.before is not None and any(map(self.has_new, MEANING))
        return self.after.new_meaning and is_other

    @property
    def is_written(self) -> bool:
        """Whether more of it changes than its place."""
        return (
            bool(self.changes) or self.is_renamed or self.is_retired or self.comes_back
        )


@dataclass(frozen=True)
class Plan:
    """What becomes of a roadmap and each of its steps."""

    file: RoadmapFile
    roadmap: Roadmap | None  # None: it is added
    before: RoadmapFile | None
    steps: list[StepPlan]  # in the file's order, then those that it does not have
    changes: list[Change]  # of the roadmap itself
    followers: list[Step]  # of other roadmaps, that are the same as a renamed one
    is_withheld: bool  # publishing, which this person may not

    @cached_property
    def kinds(self) -> dict[str, list[StepPlan]]:
        """The steps by what becomes of them; one may stand under several."""
        return {
            "added": [step for step in self.steps if step.step is None],
            "renamed": [step for step in self.steps if step.is_renamed],
            "reordered": [step for step in self.steps if step.is_moved],
            "changed": [step for step in self.steps if step.changes],
            "retired": [step for step in self.steps if step.is_retired],
            "brought back": [step for step in self.steps if step.comes_back],
            "unchanged": [
                step
                for step in self.steps
                if step.step and not (step.is_written or step.is_moved)
            ],
        }

    @cached_property
    def positions(self) -> dict[int, int]:
        """Those that are to be written, by index in `steps`. As long as nothing moves
        and what is added comes last, all others keep theirs.
        """
        stored = [plan.step.position for plan in self.steps if plan.step]
        listed = self.steps[: len(self.file.steps)]
        is_appended = not any(
            after.is_moved or (before.step is None and after.step is not None)
            for before, after in pairwise([*listed[:1], *listed])
        )
        if is_appended:
            first = len(listed) - len(self.kinds["added"])
            last = max(stored, default=0)
            return {n: last + n - first + 1 for n in range(first, len(listed))}
        return {
            index: index + 1
            for index, plan in enumerate(self.steps)
            if plan.step is None or plan.step.position != index + 1
        }

    @property
    def changes_nothing(self) -> bool:
        return (
            self.roadmap is not None
            and not self.changes
            and len(self.kinds["unchanged"]) == len(self.steps)
        )

    @cached_property
    def fingerprint(self) -> str:
        """Of the state that it was made for: another state, another fingerprint."""
        text = text_of(self.before) if self.before else ""
        return hashlib.sha256(text.encode()).hexdigest()


def _is_required(entry: StepEntry | None) -> bool:
    return entry is not None and not (entry.optional or entry.retired)


def changes(before: Any, after: Any, names: Iterable[str]) -> list[Change]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return [Change(*pair) for pair in pairs if pair[1] != pair[2]]


def compare(file: RoadmapFile, may_publish: bool = True, lock: bool = False) -> Plan:
    """What taking the file in would change. With `lock` nobody else changes or marks
    its steps until the transaction's end. Whoever may not publish leaves that as it is.

    Raises SourceError when a `was` does not fit what is stored.
    """
    roadmaps, steps = Roadmap.objects.all(), Step.objects.all()
    if lock:
        roadmaps = roadmaps.select_for_update(no_key=True)
        steps = steps.select_for_update()
    roadmap = roadmaps.filter(slug=file.slug).first()
    stored: list[Step] = []
    before = None
    if roadmap:
        own = steps.filter(roadmap=roadmap).defer("search_vector", "whole_vector")
        # All who lock several steps do so in the order of their keys.
        stored = sorted(own.order_by("pk"), key=lambda step: step.position)
        resources = Resource.objects.filter(step__roadmap=roadmap)
        before = serialize(roadmap, stored, resources)
    is_published = before is not None and before.published
    is_withheld = not may_publish and file.published != is_published
    if is_withheld:
        file = file.model_copy(update={"published": is_published})
    names = old_slugs(file, {step.slug for step in stored}) if roadmap else {}
    planned = plan_steps(file, stored, before.steps if before else [], names)
    paths = [f"{file.slug}/{old}" for old in names.values()]
    return Plan(
        file=file,
        roadmap=roadmap,
        before=before,
        steps=planned,
        changes=changes(before, file, HEAD) if before else [],
        followers=list(
            Step.objects.exclude(roadmap=roadmap)
            .filter(same_as__in=paths)
            .select_related("roadmap")
            .defer("search_vector", "whole_vector")
        )
        if paths
        else [],
        is_withheld=is_withheld,
    )


def old_slugs(file: RoadmapFile, stored: set[str]) -> dict[str, str]:
    """The slugs that change, the old by the new one. Raises SourceError."""
    names, problems = {}, list[tuple[Location, str]]()
    for index, step in enumerate(file.steps):
        if not step.was:
            continue
        what = ""
        if step.was in stored and step.slug not in stored:
            names[step.slug] = step.was
        elif step.was in stored:
            what = (
                f"was {step.was} cannot become {step.slug}, which is another step "
                "already; choose another slug, or merge the two in the admin"
            )
        elif step.slug not in stored:
            what = (
                f"was {step.was} names no step of {file.slug}; take it out if "
                f"{step.slug} is new, or mend its spelling"
            )
        if what:
            problems.append((("steps", index, "was"), what))
    if problems:
        raise file.refusal(problems)
    return names


def plan_steps(
    file: RoadmapFile,
    stored: Sequence[Step],
    entries: Sequence[StepEntry],
    names: Mapping[str, str],
) -> list[StepPlan]:
    """What becomes of each step, in the file's order, then of those it does not have.

    `entries` are the `stored` steps as a file has them; `names` are the old slugs by
    the new ones.
    """
    place = {step.slug: index for index, step in enumerate(stored)}
    pairs: list[tuple[int | None, StepEntry]] = [
        (place.pop(names.get(entry.slug, entry.slug), None), entry)
        for entry in file.steps
    ]
    in_place = in_order([index for index, _ in pairs if index is not None])
    in_place |= set(place.values())  # those that the file does not have
    pairs += [
        (index, entries[index].model_copy(update={"retired": True}))
        for index in place.values()
    ]
    old_numbers = numbers(entries)
    return [
        StepPlan(
            step=None if index is None else stored[index],
            before=None if index is None else entries[index],
            after=entry,
            number=number,
            old_number=None if index is None else old_numbers[index],
            is_moved=index is not None and index not in in_place,
        )
        for (index, entry), number in zip(
            pairs, numbers([entry for _, entry in pairs]), strict=True
        )
    ]


def numbers(entries: Iterable[StepEntry]) -> list[int | None]:
    """What learners see before each step; retired ones have none."""
    found: list[int | None] = []
    number = 0
    for entry in entries:
        number += not entry.retired
        found.append(None if entry.retired else number)
    return found


def in_order(indexes: Sequence[int]) -> set[int]:
    """The most of them that ascend: all others have to move, and no fewer.

    Patience sorting, https://en.wikipedia.org/wiki/Longest_increasing_subsequence.
    """
    lowest: list[int] = []  # the lowest end of a run of each length
    before: dict[int, int | None] = {}
    for index in indexes:
        length = bisect_left(lowest, index)
        before[index] = lowest[length - 1] if length else None
        lowest[length : length + 1] = [index]
    return set(_chain(lowest[-1], before) if lowest else [])


def _chain(last: int | None, before: Mapping[int, int | None]) -> Iterator[int]:
    while last is not None:
        yield last
        last = before[last]
