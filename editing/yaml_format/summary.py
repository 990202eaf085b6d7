"""A plan in words."""

from collections.abc import Iterator

from editing.yaml_format.plan import Change, Plan, StepPlan


def summary(plan: Plan) -> str:
    """One line: how many steps what becomes of."""
    said = [] if plan.roadmap else ["a new roadmap"]
    if plan.changes:
        said.append(f"{_names(plan.changes)} changed")
    counts = {kind: len(steps) for kind, steps in plan.kinds.items() if steps}
    for number, (kind, count) in enumerate(counts.items()):
        noun = "" if number else f" step{'' if count == 1 else 's'}"
        said.append(f"{count}{noun} {kind}")
    return f"{plan.file.slug}: {', '.join(said)}"


def lines(plan: Plan) -> Iterator[str]:
    """The summary, and a line for each thing that changes."""
    yield summary(plan)
    for change in plan.changes:
        yield f"  {change.name}: {change.before} → {change.after}"
    for kind, steps in plan.kinds.items():
        if kind != "unchanged":
            yield from (f"  {kind:<12} {about(kind, step)}" for step in steps)
    for step in plan.followers:
        yield f"  {'follows':<12} {step.roadmap.slug}/{step.slug}, by its same_as"


def about(kind: str, step: StepPlan) -> str:
    """What is to be said of the step beside what kind of change it is."""
    slug = step.after.slug
    if kind == "added":
        return f"{step.number or 'retired'}. {step.after.title} ({slug})"
    if kind == "renamed" and step.before:
        return f"{step.before.slug} → {slug}"
    if kind == "reordered" and step.number and step.old_number:
        return f"{slug}: from {step.old_number} to {step.number}"
    if kind == "changed":
        what = _names(step.changes)
        return f"{slug}: {what}{', a new meaning' if step.has_new_meaning else ''}"
    return slug


def _names(changes: list[Change]) -> str:
    return ", ".join(change.name for change in changes)
