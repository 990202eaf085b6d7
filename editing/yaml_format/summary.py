"""Describe a plan in words."""

from collections.abc import Iterator

from editing.yaml_format.plan import Change, Plan, StepPlan


def summarize(plan: Plan) -> str:
    """Return one line that counts the steps by kind of change."""
    parts = [] if plan.roadmap else ["a new roadmap"]
    if plan.changes:
        parts.append(f"{_join_names(plan.changes)} changed")
    counts = {kind: len(steps) for kind, steps in plan.steps_by_kind.items() if steps}
    for number, (kind, count) in enumerate(counts.items()):
        noun = "" if number else f" step{'' if count == 1 else 's'}"
        parts.append(f"{count}{noun} {kind}")
    return f"{plan.file.slug}: {', '.join(parts)}"


def describe_plan(plan: Plan) -> Iterator[str]:
    """Yield the summary, then one line per change."""
    yield summarize(plan)
    for change in plan.changes:
        yield f"  {change.name}: {change.before} → {change.after}"
    for kind, steps in plan.steps_by_kind.items():
        if kind != "unchanged":
            yield from (f"  {kind:<12} {describe_step(kind, step)}" for step in steps)
    for step in plan.referring_steps:
        yield f"  {'follows':<12} {step.roadmap.slug}/{step.slug}, by its same_as"


def describe_step(kind: str, step: StepPlan) -> str:
    """Describe one change to a step; `kind` is a key of `Plan.steps_by_kind`."""
    slug = step.after.slug
    if kind == "added":
        return f"{step.number or 'retired'}. {step.after.title} ({slug})"
    if kind == "renamed" and step.before:
        return f"{step.before.slug} → {slug}"
    if kind == "reordered" and step.number and step.old_number:
        return f"{slug}: from {step.old_number} to {step.number}"
    if kind == "changed":
        names = _join_names(step.changes)
        return f"{slug}: {names}{', a new meaning' if step.has_new_meaning else ''}"
    return slug


def _join_names(changes: list[Change]) -> str:
    return ", ".join(change.name for change in changes)
