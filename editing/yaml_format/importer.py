"""Import a roadmap's file, completely or not at all, in a few queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from editing.yaml_format.plan import Plan, StepPlan, compare
from editing.yaml_format.schema import RoadmapFile
from progress.backfill import backfill_completions
from roadmaps.markdown import to_html
from roadmaps.models import Roadmap, Step
from roadmaps.step_parts import Resource

ROADMAP_COLUMNS = [
    *("slug", "title", "category", "icon", "summary", "position", "is_published")
]
STEP_COLUMNS = [
    *("slug", "position", "title", "summary", "body", "html"),
    *("is_optional", "same_as", "is_retired", "added_at", "revised_at"),
]

type ProgressBar = Callable[[Sequence[str]], Iterable[str]]


class StalePlanError(Exception):
    """The stored roadmap is no longer the one that the plan was made for."""


def import_roadmap(
    file: RoadmapFile,
    reason: str = "",
    user: User | None = None,
    may_publish: bool = True,
    fingerprint: str | None = None,
    progress_bar: ProgressBar = iter,
) -> Plan:
    """Make the stored roadmap match the file and return what changed.

    Steps are matched by slug. A stored step that the file lacks is retired, never
    deleted. `reason` and `user` are recorded in the new versions. `fingerprint` is
    the one of the plan that the user confirmed. `progress_bar` wraps the bodies while
    they are rendered, which happens before any row is locked.

    Raises StalePlanError when the fingerprint differs or somebody else has just added
    the roadmap, and InvalidFileError as `compare` does.
    """
    bodies = [
        step.after.body
        for step in compare(file, may_publish).steps
        if step.has_changed("body")
    ]
    html_by_body = {body: to_html(body) for body in progress_bar(bodies)}
    with transaction.atomic():
        plan = compare(file, may_publish, lock=True)
        if fingerprint not in (None, plan.fingerprint):
            raise StalePlanError
        _apply(plan, reason, user, html_by_body)
    return plan


def _apply(
    plan: Plan, reason: str, user: User | None, html_by_body: Mapping[str, str]
) -> None:
    roadmap = _save_roadmap(plan)
    pairs = [
        (step_plan.step or Step(roadmap=roadmap), step_plan) for step_plan in plan.steps
    ]
    for index, position in plan.new_positions.items():
        pairs[index][0].position = position
    for step, step_plan in pairs:
        _set_fields(step, step_plan, html_by_body)

    added = [step for step, step_plan in pairs if step_plan.step is None]
    changed = [step for step, step_plan in pairs if step_plan.is_changed]
    moved = [
        pairs[index][0]
        for index in plan.new_positions
        if plan.steps[index].step and not plan.steps[index].is_changed
    ]
    Step.objects.bulk_update(moved, ["position"])
    Step.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["id"], update_fields=STEP_COLUMNS
    )
    Step.objects.bulk_create(added)
    _replace_resources([pair for pair in pairs if pair[1].has_changed("resources")])
    _update_references(plan)
    if any(step_plan.has_changed_requirement for step_plan in plan.steps):
        backfill_completions(roadmap)

    Step.objects.record([*added, *changed, *plan.referring_steps], reason, user)
    has_new_order = plan.new_positions or plan.steps_by_kind["renamed"]
    if not plan.roadmap or plan.changes or has_new_order:
        Roadmap.objects.record([roadmap], reason, user)


def _save_roadmap(plan: Plan) -> Roadmap:
    """Save without recording a version, because the new order is not saved yet."""
    file = plan.file
    roadmap = plan.roadmap or Roadmap(slug=file.slug)
    roadmap.slug = file.slug
    roadmap.title = file.title
    roadmap.category = file.category
    roadmap.icon = file.icon
    roadmap.summary = file.summary
    roadmap.position = file.position
    roadmap.is_published = file.published
    if plan.changes:
        Roadmap.objects.bulk_update([roadmap], ROADMAP_COLUMNS)
    elif not plan.roadmap:
        try:
            with transaction.atomic():
                Roadmap.objects.bulk_create([roadmap])
        except IntegrityError as error:
            raise StalePlanError from error
    return roadmap


def _set_fields(
    step: Step, step_plan: StepPlan, html_by_body: Mapping[str, str]
) -> None:
    entry = step_plan.after
    step.slug = entry.slug
    step.title = entry.title
    step.summary = entry.summary
    step.same_as = entry.same_as
    step.is_optional = entry.optional
    step.is_retired = entry.retired
    if step_plan.has_changed("body"):
        step.body = entry.body
        step.render_texts(lambda text: html_by_body.get(text) or to_html(text))
    if step_plan.has_new_meaning:
        step.revised_at = timezone.now()
    if step_plan.is_brought_back:
        step.added_at = timezone.now()


def _replace_resources(pairs: Sequence[tuple[Step, StepPlan]]) -> None:
    stored = [step for step, step_plan in pairs if step_plan.step]
    if stored:
        Resource.objects.filter(step__in=stored).delete()
    Resource.objects.bulk_create(
        Resource(step=step, position=position, **entry.model_dump())
        for step, step_plan in pairs
        for position, entry in enumerate(step_plan.after.resources, start=1)
    )


def _update_references(plan: Plan) -> None:
    """Make the same_as of steps in other roadmaps name the new slugs."""
    new_paths = {
        f"{plan.before.slug}/{step.before.slug}": f"{plan.file.slug}/{step.after.slug}"
        for step in plan.steps
        if plan.before and step.before
    }
    for step in plan.referring_steps:
        step.same_as = new_paths[step.same_as]
    Step.objects.bulk_update(plan.referring_steps, ["same_as"])
