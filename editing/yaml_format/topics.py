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
    new_slugs: list[tuple[int, int, int, int | None]] = []
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
        for place, topic in enumerate(entry.topics):
            is_new = topic.slug not in own
            row = own.pop(old_slugs.get(topic.slug, topic.slug), None)
            plan.append(_plan_topic(row, topic.model_copy(update={"was": ""})))
            if is_new and pk:
                new_slugs.append((index, place, pk, row["id"] if row else None))
        for row in own.values():
            before = to_topic_entry(row)
            plan.append(_plan_topic(row, before.model_copy(update={"retired": True})))
        plans.append(plan)
    former = find_former_topics({pk for _index, _place, pk, _topic in new_slugs})
    for index, place, pk, topic_id in new_slugs:
        slug = pairs[index][1].topics[place].slug
        owner = former.get((pk, slug))
        others = {row["id"]: row["slug"] for row in rows.get(pk, ())}
        if owner in others and owner != topic_id:
            text = OLD_SLUG % {"slug": slug, "other": others[owner]}
            problems.append(
                (("steps", index, "topics", place, "slug"), f"slug: {text}")
            )
    if problems:
        raise file.error(problems[:MAX_FAULTS])
    return plans


def _plan_topic(row: Mapping[str, Any] | None, after: TopicEntry) -> TopicPlan:
    if row is None:
        return TopicPlan(None, None, after)
    return TopicPlan(row["id"], to_topic_entry(row), after)
