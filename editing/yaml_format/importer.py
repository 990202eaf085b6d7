"""A plan carried out: all of it in a few queries, or nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from editing.yaml_format.plan import Plan, StepPlan, compare
from editing.yaml_format.schema import RoadmapFile
from progress.models import Completion
from roadmaps.markdown import to_html
from roadmaps.models import Resource, Roadmap, Step

if TYPE_CHECKING:
    from accounts.models import User

HEAD = ["title", "category", "icon", "summary", "position", "is_published"]
WRITTEN = [
    *("slug", "position", "title", "summary", "body", "body_html"),
    *("is_optional", "same_as", "is_retired", "added_at", "revised_at"),
]

type Watch = Callable[[Sequence[str]], Iterable[str]]


class StalePlanError(Exception):
    """The roadmap is another than the one that a plan was made for."""


def import_roadmap(
    file: RoadmapFile,
    why: str = "",
    by: "User | None" = None,
    may_publish: bool = True,
    fingerprint: str | None = None,
    watch: Watch = iter,
) -> Plan:
    """Make the roadmap what the file says, and return what that changed. Steps are
    known by their slug; one that the file does not have is retired, never deleted.

    `why` and `by` stand in the versions. `fingerprint` is of the state that somebody
    saw; `watch` sees each text that is rendered, before anybody has to wait.
    Raises StalePlanError, and SourceError as `compare` does.
    """
    planned = compare(file, may_publish).steps
    bodies = [step.after.body for step in planned if step.has_new("body")]
    pages = {body: to_html(body) for body in watch(bodies)}
    with transaction.atomic():
        plan = compare(file, may_publish, lock=True)
        if fingerprint not in (None, plan.fingerprint):
            raise StalePlanError
        _apply(plan, why[:100], by, pages)  # characters, the most that a version holds
    return plan


def _apply(plan: Plan, why: str, by: "User | None", pages: Mapping[str, str]) -> None:
    roadmap = _write_roadmap(plan)
    pairs = [(it.step or Step(roadmap=roadmap), it) for it in plan.steps]
    for index, position in plan.positions.items():
        pairs[index][0].position = position
    for step, planned in pairs:
        _fill(step, planned, pages)

    added = [step for step, planned in pairs if planned.step is None]
    changed = [step for step, planned in pairs if planned.is_written]
    moved = [
        pairs[index][0]
        for index in plan.positions
        if plan.steps[index].step and not plan.steps[index].is_written
    ]
    Step.objects.bulk_update(moved, ["position"])
    Step.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
    )
    Step.objects.bulk_create(added)
    _link([(step, it) for step, it in pairs if it.has_new("resources")])
    followers = _follow(plan)
    if any(planned.is_otherwise_required for planned in plan.steps):
        Completion.objects.backfill(roadmap)

    Step.objects.record([*added, *changed, *followers], why, by)
    if not plan.roadmap or plan.changes or plan.positions or plan.kinds["renamed"]:
        Roadmap.objects.record([roadmap], why, by)


def _write_roadmap(plan: Plan) -> Roadmap:
    """Without a version, which would hold the order of before."""
    file = plan.file
    roadmap = plan.roadmap or Roadmap(slug=file.slug)
    roadmap.title = file.title
    roadmap.category = file.category
    roadmap.icon = file.icon
    roadmap.summary = file.summary
    roadmap.position = file.position
    roadmap.is_published = file.published
    if plan.changes:
        Roadmap.objects.bulk_update([roadmap], HEAD)
    elif not plan.roadmap:
        try:
            with transaction.atomic():
                Roadmap.objects.bulk_create([roadmap])
        except IntegrityError as error:
            raise StalePlanError from error
    return roadmap


def _fill(step: Step, planned: StepPlan, pages: Mapping[str, str]) -> None:
    wanted = planned.after
    step.slug = wanted.slug
    step.title = wanted.title
    step.summary = wanted.summary
    step.same_as = wanted.same_as
    step.is_optional = wanted.optional
    step.is_retired = wanted.retired
    if planned.has_new("body"):
        step.body = wanted.body
        step.body_html = pages.get(wanted.body) or to_html(wanted.body)
    if planned.has_new_meaning:
        step.revised_at = timezone.now()
    if planned.comes_back:
        step.added_at = timezone.now()


def _link(pairs: Sequence[tuple[Step, StepPlan]]) -> None:
    """Give each step the resources that are planned."""
    relinked = [step for step, planned in pairs if planned.step]
    if relinked:
        Resource.objects.filter(step__in=relinked).delete()
    Resource.objects.bulk_create(
        Resource(step=step, position=position, **entry.model_dump())
        for step, planned in pairs
        for position, entry in enumerate(planned.after.resources, start=1)
    )


def _follow(plan: Plan) -> list[Step]:
    """Let steps of other roadmaps name the new slugs; returns those that did."""
    slug = plan.file.slug
    paths = {
        f"{slug}/{step.before.slug}": f"{slug}/{step.after.slug}"
        for step in plan.kinds["renamed"]
        if step.before
    }
    for follower in plan.followers:
        follower.same_as = paths[follower.same_as]
    Step.objects.bulk_update(plan.followers, ["same_as"])
    return plan.followers
