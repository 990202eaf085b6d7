"""Find the stored roadmap and steps that a file's slugs name, now or formerly."""

from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from core.fault_limit import MAX_FAULTS
from editing.near_misses import suggest
from editing.yaml_format.parser import Location
from editing.yaml_format.schema import RoadmapFile
from roadmaps.models import Roadmap, Step


def find_roadmap(file: RoadmapFile, roadmaps: QuerySet[Roadmap]) -> Roadmap | None:
    """Return the stored roadmap with the file's slug or, if there is none, its `was`.

    Raises InvalidFileError when the slug is another roadmap's, now or formerly.
    """
    roadmap = roadmaps.filter(slug=file.slug).first()
    before = roadmaps.filter(slug=file.was).first() if file.was else None
    if roadmap and before:
        message = f"was {file.was} cannot become {file.slug}, which is another roadmap"
        raise file.error([(("was",), f"{message} already; choose another slug")])
    former = None if roadmap else Roadmap.objects.formerly(file.slug).first()
    if former and former != before:
        message = f"slug {file.slug} was that of {former.slug} before, and old links"
        raise file.error([(("slug",), f"{message} use it; choose another slug")])
    return roadmap or before


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
    problems: list[tuple[Location, str]] = [
        (
            ("steps", indexes[slug], "slug"),
            f"slug {slug} was that of {slugs[pk]} before, and old links use it; "
            "choose another slug",
        )
        for pk, slug in versions.values_list("id", "slug").distinct()
        if old_slugs.get(slug) != slugs[pk]
    ]
    if problems:
        raise file.error(problems[:MAX_FAULTS])


def find_old_slugs(file: RoadmapFile, stored: set[str]) -> dict[str, str]:
    """Return the old slugs of renamed steps by their new slugs.

    Raises InvalidFileError when a `was` does not fit the stored slugs.
    """
    old_slugs: dict[str, str] = {}
    problems: list[tuple[Location, str]] = []
    for index, step in enumerate(file.steps):
        if not step.was:
            continue
        message = ""
        if step.was in stored and step.slug not in stored:
            old_slugs[step.slug] = step.was
        elif step.was in stored:
            message = (
                f"was {step.was} cannot become {step.slug}, which is another step "
                "already; choose another slug, or merge the two in the admin"
            )
        elif step.slug not in stored:
            message = (
                f"was {step.was} names no step of {file.slug}; take it out if "
                f"{step.slug} is new, or mend its spelling{suggest(step.was, stored)}"
            )
        if message:
            problems.append((("steps", index, "was"), message))
        if len(problems) >= MAX_FAULTS:
            break
    if problems:
        raise file.error(problems)
    return old_slugs
