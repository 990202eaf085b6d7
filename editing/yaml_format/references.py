"""Warn about the references of files to steps that do not exist."""

from collections.abc import Collection, Iterator

from django.utils.translation import ngettext

from core.fault_limit import MAX_FAULTS
from editing.same_as import explain_missing
from editing.yaml_format.parser import Location
from editing.yaml_format.schema import RoadmapFile


def find_warnings(files: Collection[RoadmapFile]) -> list[str]:
    """Return a line `name:line:column: message` for each `same_as` and each entry of
    `needs` that names no step.

    They may name a step of another of the files. There are at most 20 lines, and one
    with the number of the others.
    """
    explanations = explain_missing(
        paths={path for file in files for _, _, path in find_paths(file)},
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
            (location, f"{key}: {explanations[path]}")
            for location, key, path in find_paths(file)
            if path in explanations
        ]
        count += len(problems)
        warnings += file.format_problems(problems[: MAX_FAULTS - len(warnings)])
    if more := count - len(warnings):
        message = ngettext("and %(count)d more", "and %(count)d more", more)
        warnings.append(message % {"count": more})
    return warnings


def find_paths(file: RoadmapFile) -> Iterator[tuple[Location, str, str]]:
    """Yield the location, key and path of each reference to a step."""
    for index, step in enumerate(file.steps):
        if step.same_as:
            yield ("steps", index, "same_as"), "same_as", step.same_as
        for place, path in enumerate(step.needs):
            yield ("steps", index, "needs", place), "needs", path
