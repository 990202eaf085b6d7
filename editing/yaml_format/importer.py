"""Import a roadmap's file, completely or not at all, in a few queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from editing.step_references import rename_references
from editing.yaml_format.columns import (
    COLUMNS,
    find_markdown,
    set_columns,
    to_rows,
    to_topic_row,
)
from editing.yaml_format.plan import Plan, StepPlan, compare
from editing.yaml_format.schema import RoadmapFile
from progress.backfill import backfill_completions
from roadmaps.markdown import to_html
from roadmaps.models import TEXT_FIELDS, Roadmap, Step
from roadmaps.step_parts import Convert, replace_parts, save_topics

ROADMAP_COLUMNS = [
    *("slug", "title", "category", "icon", "summary", "position", "is_published"),
    "visibility",
]
STEP_COLUMNS = [
    *COLUMNS.values(),
    *TEXT_FIELDS,
    *("position", "section", "hours_min", "hours_max", "checked_on", "html"),
    *("added_at", "revised_at"),
]
# The keys of parts that are replaced as a whole. Topics are changed one by one.
REPLACED_PARTS = ["questions", "done_when", "resources"]

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
    the one of the plan that the user confirmed. `progress_bar` wraps the texts while
    they are rendered, which happens before any row is locked.

    Raises StalePlanError when the fingerprint differs or somebody else has just added
    the roadmap, and InvalidFileError as `compare` does.
    """
    texts = dict.fromkeys(
        text
        for step in compare(file, may_publish).steps
        for text in find_changed_markdown(step)
    )
    converted = {text: to_html(text) for text in progress_bar(list(texts))}
    with transaction.atomic():
        plan = compare(file, may_publish, lock=True)
        if fingerprint not in (None, plan.fingerprint):
            raise StalePlanError
        _apply(plan, reason, user, lambda t: converted.get(t) or to_html(t))
    return plan


def find_changed_markdown(step: StepPlan) -> list[str]:
    """Return the texts that are converted to HTML, if one of them changes."""
    names = [*TEXT_FIELDS, "hints", "topics", "questions", "done_when"]
    has_changed = any(step.has_changed(name) for name in names)
    return find_markdown(step.after) if has_changed else []


def _apply(plan: Plan, reason: str, user: User | None, convert: Convert) -> None:
    roadmap = _save_roadmap(plan)
    sections = {}
    if plan.file.sections:
        sections = dict(roadmap.sections.values_list("slug", "pk"))
    pairs = [
        (step_plan.step or Step(roadmap=roadmap), step_plan) for step_plan in plan.steps
    ]
    for index, position in plan.new_positions.items():
        pairs[index][0].position = position
    for step, step_plan in pairs:
        _set_fields(step, step_plan, sections, convert)

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
    _save_parts(pairs, convert)
    rename_references(plan.referring_steps, plan.new_paths)
    if any(step_plan.has_changed_requirement for step_plan in plan.steps):
        backfill_completions(roadmap)

    Step.objects.record([*added, *changed, *plan.referring_steps], reason, user)
    has_new_order = (
        plan.new_positions
        or plan.steps_by_kind["renamed"]
        or any(step_plan.has_changed("section") for step_plan in plan.steps)
    )
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
    roadmap.visibility = file.visibility
    if plan.changes:
        Roadmap.objects.bulk_update([roadmap], ROADMAP_COLUMNS)
    elif not plan.roadmap:
        try:
            with transaction.atomic():
                Roadmap.objects.bulk_create([roadmap])
        except IntegrityError as error:
            raise StalePlanError from error
    if file.sections != (plan.before.sections if plan.before else []):
        roadmap.save_sections([section.model_dump() for section in file.sections])
    return roadmap


def _set_fields(
    step: Step, step_plan: StepPlan, sections: Mapping[str, int], convert: Convert
) -> None:
    if not (step_plan.is_changed or step_plan.step is None):
        return
    set_columns(step, step_plan.after)
    step.section_id = sections.get(step_plan.after.section)
    if any(step_plan.has_changed(name) for name in [*TEXT_FIELDS, "hints"]):
        step.render_texts(convert)
    if step_plan.has_new_meaning:
        step.revised_at = timezone.now()
    if step_plan.is_brought_back:
        step.added_at = timezone.now()


def _save_parts(pairs: Sequence[tuple[Step, StepPlan]], convert: Convert) -> None:
    for name in REPLACED_PARTS:
        rows = {
            step.pk: to_rows(name, step_plan.after)
            for step, step_plan in pairs
            if step_plan.has_changed(name)
        }
        if rows:
            replace_parts(name, rows, convert)
    topics = {
        step.pk: [to_topic_row(plan.after, plan.topic_id) for plan in step_plan.topics]
        for step, step_plan in pairs
        if step_plan.has_changed("topics")
    }
    if topics:
        save_topics(topics, convert)
