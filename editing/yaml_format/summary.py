"""Describe a plan in words."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from editing.yaml_format.plan import Change, Plan, StepPlan
from roadmaps.models import Step

TOPIC_COUNTS = {  # by kind of change, in a sentence about a step's topics
    "added": ngettext_lazy("%(count)d added", "%(count)d added", "count"),
    "renamed": ngettext_lazy("%(count)d renamed", "%(count)d renamed", "count"),
    "changed": ngettext_lazy("%(count)d changed", "%(count)d changed", "count"),
    "retired": ngettext_lazy("%(count)d retired", "%(count)d retired", "count"),
    "brought back": ngettext_lazy(
        "%(count)d brought back", "%(count)d brought back", "count"
    ),
}
COUNTS = {  # by kind of change
    "added": ngettext_lazy("%(count)d step added", "%(count)d steps added", "count"),
    "renamed": ngettext_lazy(
        "%(count)d step renamed", "%(count)d steps renamed", "count"
    ),
    "reordered": ngettext_lazy(
        "%(count)d step reordered", "%(count)d steps reordered", "count"
    ),
    "changed": ngettext_lazy(
        "%(count)d step changed", "%(count)d steps changed", "count"
    ),
    "retired": ngettext_lazy(
        "%(count)d step retired", "%(count)d steps retired", "count"
    ),
    "brought back": ngettext_lazy(
        "%(count)d step brought back", "%(count)d steps brought back", "count"
    ),
    "unchanged": ngettext_lazy(
        "%(count)d step unchanged", "%(count)d steps unchanged", "count"
    ),
}


def summarize(plan: Plan) -> str:
    """Return one line that counts the steps by kind of change."""
    parts = [] if plan.roadmap else [_("new roadmap")]
    if plan.changes:
        parts.append(_("%(names)s changed") % {"names": _join_names(plan.changes)})
    parts += [
        COUNTS[kind] % {"count": len(steps)}
        for kind, steps in plan.steps_by_kind.items()
        if steps
    ]
    return f"{plan.file.slug}: {', '.join(parts)}"


def describe_plan(plan: Plan) -> Iterator[str]:
    """Yield the summary, then one line per change, for a terminal."""
    yield summarize(plan)
    for change in plan.changes:
        before, after = map(_describe_value, (change.before, change.after))
        yield f"  {change.name}: {before} → {after}"
    for kind, steps in plan.steps_by_kind.items():
        if kind != "unchanged":
            yield from (f"  {kind:<12} {describe_step(kind, step)}" for step in steps)
    for step in plan.referring_steps:
        names = ", ".join(find_updated_keys(plan, step))
        yield f"  {'updated':<12} {step.roadmap.slug}/{step.slug}: {names}"


def describe_step(kind: str, step: StepPlan) -> str:
    """Describe one change to a step; `kind` is a key of `Plan.steps_by_kind`."""
    slug = step.after.slug
    if kind == "added":
        title = f"{step.after.title} ({slug})"
        if step.number:
            return f"{step.number}. {title}"
        return _("%(title)s, retired") % {"title": title}
    if kind == "renamed" and step.before:
        return f"{step.before.slug} → {slug}"
    if kind == "reordered" and step.number and step.old_number:
        return f"{slug}: {step.old_number} → {step.number}"
    if kind == "changed":
        names = ", ".join(
            describe_topics(step) if change.name == "topics" else change.name
            for change in step.changes
        )
        if step.has_new_meaning:
            names = _("%(names)s, meaning changed") % {"names": names}
        return f"{slug}: {names}"
    return slug


def find_updated_keys(plan: Plan, step: Step) -> Iterator[str]:
    """Yield the keys of a referring step that name a renamed step, before or after."""
    paths = {*plan.new_paths, *plan.new_paths.values()}
    if step.same_as in paths:
        yield "same_as"
    if not paths.isdisjoint(step.needs):
        yield "needs"


def describe_topics(step: StepPlan) -> str:
    """Return `topics` and, in brackets, the number of topics by kind of change."""
    kinds = Counter(topic.kind for topic in step.topics)
    counts = [
        text % {"count": kinds[k]} for k, text in TOPIC_COUNTS.items() if kinds[k]
    ]
    return f"topics ({', '.join(counts)})" if counts else "topics"


def _describe_value(value: Any) -> str:
    """Return a value of the roadmap; of sections, their titles."""
    is_list = isinstance(value, list)
    return ", ".join(entry.title for entry in value) if is_list else str(value)


def _join_names(changes: list[Change]) -> str:
    return ", ".join(change.name for change in changes)
