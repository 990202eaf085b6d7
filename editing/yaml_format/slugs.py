"""Find the stored roadmap and steps that a file's slugs name, now or formerly."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.fault_limit import MAX_FAULTS
from editing.near_misses import suggest
from editing.yaml_format.parser import Location
from editing.yaml_format.schema import Problem, RoadmapFile, StepEntry, TopicEntry
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

OLD_SLUG = gettext_lazy(
    "%(slug)s used to be the slug of %(other)s, and old links still use it. "
    "Choose another slug."
)


def find_roadmap(file: RoadmapFile, roadmaps: QuerySet[Roadmap]) -> Roadmap | None:
    """Return the stored roadmap with the file's slug or, if there is none, its `was`.

    Raises InvalidFileError when the slug is another roadmap's, now or formerly.
    """
    roadmap = roadmaps.filter(slug=file.slug).first()
    before = roadmaps.filter(slug=file.was).first() if file.was else None
    if roadmap and before:
        message = _(
            "%(old)s can’t be renamed to %(new)s, because another roadmap has that "
            "slug. Choose another slug."
        )
        message %= {"old": file.was, "new": file.slug}
        raise file.error([(("was",), f"was: {message}")])
    former = None if roadmap else Roadmap.objects.formerly(file.slug).first()
    if former and former != before:
        message = OLD_SLUG % {"slug": file.slug, "other": former.slug}
        raise file.error([(("slug",), f"slug: {message}")])
    return roadmap or before


class RenameMessages(NamedTuple):
    """What to say about a `was` that does not fit what is stored."""

    taken: "StrPromise"
    unknown: "StrPromise"


STEP_RENAMES = RenameMessages(
    gettext_lazy(
        "%(old)s can’t be renamed to %(new)s, because another step has that slug. "
        "Choose another slug, or merge the two steps in the admin."
    ),
    gettext_lazy(
        "%(owner)s has no step %(old)s. Remove this line if %(new)s is a new step; "
        "otherwise correct the spelling."
    ),
)
TOPIC_RENAMES = RenameMessages(
    gettext_lazy(
        "%(old)s can’t be renamed to %(new)s, because another topic of this step has "
        "that slug. Choose another slug."
    ),
    gettext_lazy(
        "%(owner)s has no topic %(old)s. Remove this line if %(new)s is a new topic; "
        "otherwise correct the spelling."
    ),
)


def find_old_slugs(
    entries: Sequence[StepEntry | TopicEntry],
    stored: Collection[str],
    location: Location,
    owner: str,
    messages: RenameMessages,
) -> tuple[dict[str, str], list[Problem]]:
    """Return the old slugs of renamed entries by their new slugs, and the problems of
    each `was` that does not fit the stored slugs.

    `owner` is the slug of the roadmap or step that the entries belong to.
    """
    old_slugs: dict[str, str] = {}
    problems: list[Problem] = []
    for index, entry in enumerate(entries):
        if not entry.was:
            continue
        message: StrPromise | None = None
        advice = ""
        if entry.was in stored and entry.slug not in stored:
            old_slugs[entry.slug] = entry.was
        elif entry.was in stored:
            message = messages.taken
        elif entry.slug not in stored:
            message, advice = messages.unknown, suggest(entry.was, stored)
        if message:
            values = {"owner": owner, "old": entry.was, "new": entry.slug}
            place = (*location, index, "was")
            problems.append((place, f"was: {message % values}{advice}"))
        if len(problems) >= MAX_FAULTS:
            break
    return old_slugs, problems


def check_new_slugs(
    file: RoadmapFile, stored: Sequence[Step], old_slugs: Mapping[str, str]
) -> None:
    """Raise InvalidFileError if a new slug is one that another step had before."""
    slugs = {step.pk: step.slug for step in stored}
    stored_slugs = set(slugs.values())
    indexes = {
        step.slug: index
        for index, step in enumerate(file.steps)
        if step.slug not in stored_slugs
    }
    if not (slugs and indexes):
        return
    versions = Step.history.filter(id__in=slugs, slug__in=indexes).order_by()
    problems: list[Problem] = [
        (
            ("steps", indexes[slug], "slug"),
            f"slug: {OLD_SLUG % {'slug': slug, 'other': slugs[pk]}}",
        )
        for pk, slug in versions.values_list("id", "slug").distinct()
        if old_slugs.get(slug) != slugs[pk]
    ]
    if problems:
        raise file.error(problems[:MAX_FAULTS])


def find_former_topics(step_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """Return the ids of topics by the ids of their steps and every slug they had."""
    if not step_ids:
        return {}
    versions = Step.history.filter(id__in=step_ids).exclude(topics=[])
    rows = versions.order_by("history_id").values_list("id", "topics")
    return {(pk, topic["slug"]): topic["id"] for pk, topics in rows for topic in topics}
