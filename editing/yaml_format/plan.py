"""Compare a file with what is stored: what an import would change."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from core.fault_limit import MAX_FAULTS
from editing.meaning import MEANING_FIELDS, has_other_outcomes, has_other_topics
from editing.needs import explain_circle, find_circle, read_needs
from editing.step_references import find_references
from editing.subsequence import find_longest_ascending
from editing.yaml_format.columns import Rows
from editing.yaml_format.exporter import serialize, to_yaml
from editing.yaml_format.schema import Problem, RoadmapFile, StepEntry
from editing.yaml_format.slugs import (
    STEP_RENAMES,
    check_new_slugs,
    find_old_slugs,
    find_roadmap,
)
from editing.yaml_format.topics import TopicPlan, plan_topics
from roadmaps.models import SEARCH_VECTORS, Roadmap, Step
from roadmaps.visibility import Visibility

ROADMAP_FIELDS = [
    "slug",
    "title",
    "category",
    "icon",
    "summary",
    "position",
    "published",
    "visibility",
    "sections",
]
STEP_FIELDS = [
    name
    for name in StepEntry.model_fields
    if name not in ("slug", "was", "retired", "new_meaning")
]


@dataclass(frozen=True)
class Change:
    """A field whose value changes."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class StepPlan:
    """What an import does to one step.

    `number` and `old_number` are the numbers that learners see; a retired step has
    none.
    """

    step: Step | None  # None: the import adds it
    before: StepEntry | None
    after: StepEntry  # with the topics that the file lacks, retired
    topics: list[TopicPlan]
    number: int | None
    old_number: int | None
    is_moved: bool

    @cached_property
    def changes(self) -> list[Change]:
        if self.before is None:
            return []
        return find_changes(self.before, self.after, STEP_FIELDS)

    @property
    def is_renamed(self) -> bool:
        return self.before is not None and self.before.slug != self.after.slug

    @property
    def is_retired(self) -> bool:
        """Whether this import retires the step."""
        return self.after.retired and not (self.before is None or self.before.retired)

    @property
    def is_brought_back(self) -> bool:
        return self.before is not None and self.before.retired > self.after.retired

    def has_changed(self, name: str) -> bool:
        """Whether the field's value changes; for a new step, whether it has one."""
        if self.before is None:
            return bool(getattr(self.after, name))
        return any(change.name == name for change in self.changes)

    @property
    def has_changed_requirement(self) -> bool:
        """Whether the step becomes required on the route, or is no longer."""
        return _is_required(self.before) != _is_required(self.after)

    @property
    def has_new_meaning(self) -> bool:
        return self.after.new_meaning and self.may_have_new_meaning

    @property
    def may_have_new_meaning(self) -> bool:
        if self.before is None:
            return False
        topics = [(plan.topic_id, plan.before, plan.after) for plan in self.topics]
        return (
            any(self.has_changed(name) for name in [*MEANING_FIELDS, "optional"])
            or has_other_topics(
                [{"id": pk, "is_retired": old.retired} for pk, old, _ in topics if old],
                [{"id": pk, "is_retired": new.retired} for pk, _, new in topics],
            )
            or has_other_outcomes(self.before.done_when, self.after.done_when)
        )

    @property
    def is_changed(self) -> bool:
        """Whether anything but the step's position changes."""
        return (
            bool(self.changes)
            or self.is_renamed
            or self.is_retired
            or self.is_brought_back
        )


@dataclass(frozen=True)
class Plan:
    """What an import does to a roadmap and each of its steps."""

    file: RoadmapFile
    roadmap: Roadmap | None  # None: the import adds it
    before: RoadmapFile | None
    steps: list[StepPlan]  # in the file's order, then stored steps that it lacks
    changes: list[Change]  # to the roadmap's own fields
    new_paths: dict[str, str]  # of renamed steps, by their old ones: "roadmap/step"
    referring_steps: list[Step]  # in other roadmaps: they name a renamed one
    is_publishing_withheld: bool  # the file changes `published`, but the user may not
    is_widening_withheld: bool  # the same for more people who can see it

    @cached_property
    def steps_by_kind(self) -> dict[str, list[StepPlan]]:
        """The steps by kind of change. A step can be in several lists."""
        return {
            "added": [step for step in self.steps if step.step is None],
            "renamed": [step for step in self.steps if step.is_renamed],
            "reordered": [step for step in self.steps if step.is_moved],
            "changed": [step for step in self.steps if step.changes],
            "retired": [step for step in self.steps if step.is_retired],
            "brought back": [step for step in self.steps if step.is_brought_back],
            "unchanged": [
                step
                for step in self.steps
                if step.step and not (step.is_changed or step.is_moved)
            ],
        }

    @cached_property
    def new_positions(self) -> dict[int, int]:
        """The positions to write, by index in `steps`.

        If no step moves and new ones come last, stored steps keep their positions.
        """
        stored = [plan.step.position for plan in self.steps if plan.step]
        in_file = self.steps[: len(self.file.steps)]
        only_appends = not any(
            after.is_moved or (before.step is None and after.step is not None)
            for before, after in pairwise([*in_file[:1], *in_file])
        )
        if only_appends:
            first = len(in_file) - len(self.steps_by_kind["added"])
            last = max(stored, default=0)
            return {n: last + n - first + 1 for n in range(first, len(in_file))}
        return {
            index: index + 1
            for index, plan in enumerate(self.steps)
            if plan.step is None or plan.step.position != index + 1
        }

    @property
    def is_empty(self) -> bool:
        """Whether the stored roadmap matches the file already."""
        return (
            self.roadmap is not None
            and not self.changes
            and len(self.steps_by_kind["unchanged"]) == len(self.steps)
        )

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the stored roadmap that the file was compared with."""
        text = to_yaml(self.before) if self.before else ""
        return hashlib.sha256(text.encode()).hexdigest()


def _is_required(entry: StepEntry | None) -> bool:
    return entry is not None and not (entry.optional or entry.retired)


def find_changes(before: Any, after: Any, names: Iterable[str]) -> list[Change]:
    changes = (Change(n, getattr(before, n), getattr(after, n)) for n in names)
    return [change for change in changes if change.before != change.after]


def compare(file: RoadmapFile, may_publish: bool = True, lock: bool = False) -> Plan:
    """Return what importing the file would change.

    With `lock`, nobody else can change or mark the steps until the transaction ends.
    Without `may_publish`, the plan does not change whether the roadmap is published,
    and does not let more people see it.
    Raises InvalidFileError when a `was` does not fit the stored steps.
    """
    roadmaps, steps = Roadmap.objects.all(), Step.objects.all()
    if lock:
        roadmaps = roadmaps.select_for_update(no_key=True)
        steps = steps.select_for_update()
    roadmap = find_roadmap(file, roadmaps)
    if "position" not in file.model_fields_set:
        position = roadmap.position if roadmap else Roadmap.objects.get_last_place()
        file = file.model_copy(update={"position": position})
    stored: list[Step] = []
    parts: Mapping[int, Mapping[str, Rows]] = {}
    before = None
    if roadmap:
        own = steps.filter(roadmap=roadmap).defer(*SEARCH_VECTORS)
        # Always lock in the order of primary keys, so that two imports never deadlock.
        stored = sorted(own.order_by("pk"), key=lambda step: step.position)
        parts = Step.objects.related_snapshot([step.pk for step in stored])
        before = serialize(roadmap, stored, parts)
    is_published = before is not None and before.published
    is_publishing_withheld = not may_publish and file.published != is_published
    if is_publishing_withheld:
        file = file.model_copy(update={"published": is_published})
    visibility = Visibility(before.visibility if before else Visibility.PUBLIC)
    is_wider = Visibility(file.visibility).is_wider_than(visibility)
    is_widening_withheld = not may_publish and is_wider
    if is_widening_withheld:
        file = file.model_copy(update={"visibility": visibility.value})
    stored_slugs = {step.slug for step in stored}
    old_slugs: dict[str, str] = {}
    if roadmap:
        old_slugs, problems = find_old_slugs(
            file.steps, stored_slugs, ("steps",), file.slug, STEP_RENAMES
        )
        if problems:
            raise file.error(problems)
    check_new_slugs(file, stored, old_slugs)
    new_paths = find_new_paths(file, roadmap, stored_slugs, old_slugs)
    check_needs(file, roadmap, new_paths)
    entries = before.steps if before else []
    return Plan(
        file=file,
        roadmap=roadmap,
        before=before,
        steps=plan_steps(file, stored, entries, old_slugs, parts),
        changes=find_changes(before, file, ROADMAP_FIELDS) if before else [],
        new_paths=new_paths,
        referring_steps=find_references(new_paths, except_in=roadmap),
        is_publishing_withheld=is_publishing_withheld,
        is_widening_withheld=is_widening_withheld,
    )


def find_new_paths(
    file: RoadmapFile,
    roadmap: Roadmap | None,
    stored_slugs: Iterable[str],
    old_slugs: Mapping[str, str],
) -> dict[str, str]:
    """Return the new path of each stored step whose path changes, by the old one."""
    if roadmap is None:
        return {}
    new_slugs = {old: new for new, old in old_slugs.items()}
    paths = {
        f"{roadmap.slug}/{slug}": f"{file.slug}/{new_slugs.get(slug, slug)}"
        for slug in (new_slugs if roadmap.slug == file.slug else stored_slugs)
    }
    return {old: new for old, new in paths.items() if old != new}


def check_needs(
    file: RoadmapFile, roadmap: Roadmap | None, new_paths: Mapping[str, str]
) -> None:
    """Raise InvalidFileError if a step would need itself, by way of others."""
    own = {f"{file.slug}/{step.slug}": step.needs for step in file.steps if step.needs}
    if not own:
        return
    needs = read_needs(except_in=roadmap, new_paths=new_paths) | own
    problems: list[Problem] = []
    for index, step in enumerate(file.steps):
        path = f"{file.slug}/{step.slug}"
        for place, needed in enumerate(step.needs):
            if circle := find_circle(needs, path, needed):
                location = ("steps", index, "needs", place)
                problems.append((location, f"needs: {explain_circle(circle)}"))
                needs[path] = [each for each in needs[path] if each != needed]
    if problems:
        raise file.error(problems[:MAX_FAULTS])


def plan_steps(
    file: RoadmapFile,
    stored: Sequence[Step],
    stored_entries: Sequence[StepEntry],
    old_slugs: Mapping[str, str],
    parts: Mapping[int, Mapping[str, Rows]],
) -> list[StepPlan]:
    """Return the plans of the file's steps, then of the stored steps that it lacks.

    `stored_entries` are the `stored` steps as a file would have them. Raises
    InvalidFileError when a topic does not fit the stored ones.
    """
    unmatched = {step.slug: index for index, step in enumerate(stored)}
    pairs: list[tuple[int | None, StepEntry]] = [
        (unmatched.pop(old_slugs.get(entry.slug, entry.slug), None), entry)
        for entry in file.steps
    ]
    unmoved = find_longest_ascending([index for index, _ in pairs if index is not None])
    unmoved |= set(unmatched.values())
    rows = {step.pk: parts.get(step.pk, {}).get("topics", []) for step in stored}
    ids = [None if index is None else stored[index].pk for index, _ in pairs]
    entries = [entry for _, entry in pairs]
    topics = plan_topics(file, list(zip(ids, entries, strict=True)), rows)
    pairs = [
        (index, entry.model_copy(update={"topics": [plan.after for plan in plans]}))
        if plans
        else (index, entry)
        for (index, entry), plans in zip(pairs, topics, strict=True)
    ]
    sections = {section.slug for section in file.sections}
    for index in unmatched.values():
        lacking = stored_entries[index]
        section = lacking.section if lacking.section in sections else ""
        update = {"retired": True, "section": section}
        pairs.append((index, lacking.model_copy(update=update)))
        topics.append([])
    old_numbers = number_entries(stored_entries)
    numbers = number_entries([entry for _, entry in pairs])
    return [
        StepPlan(
            step=None if index is None else stored[index],
            before=None if index is None else stored_entries[index],
            after=entry,
            topics=plans,
            number=number,
            old_number=None if index is None else old_numbers[index],
            is_moved=index is not None and index not in unmoved,
        )
        for (index, entry), plans, number in zip(pairs, topics, numbers, strict=True)
    ]


def number_entries(entries: Iterable[StepEntry]) -> list[int | None]:
    """Return the number that learners see for each step; None for retired ones."""
    numbers: list[int | None] = []
    count = 0
    for entry in entries:
        count += not entry.retired
        numbers.append(None if entry.retired else count)
    return numbers
