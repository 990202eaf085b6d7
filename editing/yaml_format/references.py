"""Warn about the references of files to steps that do not exist."""

from collections.abc import Collection

from django.utils.translation import ngettext

from core.fault_limit import MAX_FAULTS
from editing.same_as import explain_missing
from editing.yaml_format.schema import RoadmapFile


def find_warnings(files: Collection[RoadmapFile]) -> list[str]:
    """Return a line `name:line:column: message` for each `same_as` that names no step.

    It may name a step of another of the files. There are at most 20 lines, and one
    with the number of the others.
    """
    explanations = explain_missing(
        paths={step.same_as for file in files for step in file.steps if step.same_as},
        added={f"{file.slug}/{step.slug}" for file in files for step in file.steps},
        removed={
            f"{file.slug}/{step.was}"
            for file in files
            for step in file.steps
            if step.was
        },
    )
    warnings: list[str] = []
    count = 0
    for file in files:
        problems = [
            (("steps", index, "same_as"), f"same_as: {explanations[step.same_as]}")
            for index, step in enumerate(file.steps)
            if step.same_as in explanations
        ]
        count += len(problems)
        warnings += file.format_problems(problems[: MAX_FAULTS - len(warnings)])
    if more := count - len(warnings):
        message = ngettext("and %(count)d more", "and %(count)d more", more)
        warnings.append(message % {"count": more})
    return warnings
