"""Describe a plan in words."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from editing.yaml_format.plan import Change, Plan, StepPlan

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
        yield f"  {change.name}: {change.before} → {change.after}"
    for kind, steps in plan.steps_by_kind.items():
        if kind != "unchanged":
            yield from (f"  {kind:<12} {describe_step(kind, step)}" for step in steps)
    for step in plan.referring_steps:
        yield f"  {'updated':<12} {step.roadmap.slug}/{step.slug}: same_as"


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
        names = _join_names(step.changes)
        if step.has_new_meaning:
            names = _("%(names)s, meaning changed") % {"names": names}
        return f"{slug}: {names}"
    return slug


def _join_names(changes: list[Change]) -> str:
    return ", ".join(change.name for change in changes)
