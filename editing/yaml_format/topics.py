"""What an import does to the topics of a step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.fault_limit import MAX_FAULTS
from editing.yaml_format.columns import Rows, to_topic_entry
from editing.yaml_format.schema import Problem, RoadmapFile, StepEntry, TopicEntry
from editing.yaml_format.slugs import (
    OLD_SLUG,
    TOPIC_RENAMES,
    find_former_topics,
    find_old_slugs,
)


@dataclass(frozen=True)
class TopicPlan:
    """What an import does to one topic."""

    topic_id: int | None  # None: the import adds it
    before: TopicEntry | None
    after: TopicEntry  # without `was`

    @property
    def has_new_slug(self) -> bool:
        return self.before is None or self.before.slug != self.after.slug

    @property
    def kind(self) -> str:
        """The kind of change; "" if at most its place changes."""
        match self.before:
            case None:
                return "added"
            case TopicEntry(retired=was_retired) if was_retired != self.after.retired:
                return "brought back" if was_retired else "retired"
            case TopicEntry(slug=slug) if slug != self.after.slug:
                return "renamed"
        return "" if self.before == self.after else "changed"


def plan_topics(
    file: RoadmapFile,
    pairs: Sequence[tuple[int | None, StepEntry]],
    rows: Mapping[int, Rows],
) -> list[list[TopicPlan]]:
    """Return the plans of the topics of each step, in the file's order.

    `pairs` are the ids of the stored steps, or None, with the file's steps; `rows` are
    the stored topics by the ids of their steps. Stored topics that the file lacks come
    last, retired. Raises InvalidFileError when a slug or a `was` does not fit the
    stored topics.
    """
    plans: list[list[TopicPlan]] = []
    problems: list[Problem] = []
    for index, (pk, entry) in enumerate(pairs):
        own = {row["slug"]: row for row in rows.get(pk or 0, ())}
        location = ("steps", index, "topics")
        old_slugs, own_problems = (
            find_old_slugs(entry.topics, own, location, entry.slug, TOPIC_RENAMES)
            if own
            else ({}, [])
        )
        problems += own_problems
        plan = []
        for topic in entry.topics:
            row = own.pop(old_slugs.get(topic.slug, topic.slug), None)
            plan.append(_plan_topic(row, topic.model_copy(update={"was": ""})))
        for row in own.values():
            before = to_topic_entry(row)
            plan.append(_plan_topic(row, before.model_copy(update={"retired": True})))
        plans.append(plan)
    problems += find_reused_slugs([pk for pk, _entry in pairs], plans)
    if problems:
        raise file.error(problems[:MAX_FAULTS])
    return plans


def find_reused_slugs(
    step_ids: Sequence[int | None], plans: Sequence[Sequence[TopicPlan]]
) -> list[Problem]:
    """Return the problems of topics whose new slug another topic of the step had."""
    candidates = [
        (index, place, pk, plan)
        for index, (pk, own) in enumerate(zip(step_ids, plans, strict=True))
        for place, plan in enumerate(own)
        if pk and plan.has_new_slug
    ]
    former = find_former_topics({pk for _index, _place, pk, _plan in candidates})
    problems: list[Problem] = []
    for index, place, pk, plan in candidates:
        slugs = {own.topic_id: own.before.slug for own in plans[index] if own.before}
        owner = former.get((pk, plan.after.slug))
        if owner in slugs and owner != plan.topic_id:
            text = OLD_SLUG % {"slug": plan.after.slug, "other": slugs[owner]}
            location = ("steps", index, "topics", place, "slug")
            problems.append((location, f"slug: {text}"))
    return problems


def _plan_topic(row: Mapping[str, Any] | None, after: TopicEntry) -> TopicPlan:
    if row is None:
        return TopicPlan(None, None, after)
    return TopicPlan(row["id"], to_topic_entry(row), after)
