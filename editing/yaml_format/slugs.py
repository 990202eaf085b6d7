"""Find the stored roadmap and steps that a file's slugs name, now or formerly."""

from collections.abc import Mapping, Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.fault_limit import MAX_FAULTS
from editing.near_misses import suggest
from editing.yaml_format.parser import Location
from editing.yaml_format.schema import RoadmapFile
from roadmaps.models import Roadmap, Step

OLD_SLUG = gettext_lazy(
    "%(slug)s used to be the slug of %(other)s, and old links still use it. "
    "Choose another slug."
)


def find_roadmap(file: RoadmapFile, roadmaps: QuerySet[Roadmap]) -> Roadmap | None:
    """Return the stored roadmap with the file's slug or, if there is none, its `was`.

    Raises InvalidFileError when the slug is another roadmap's, now or formerly.
    """
    roadmap = roadmaps.filter(slug=file.slug).first()
    before = roadmaps.filter(slug=file.was).first() if file.was else None
    if roadmap and before:
        message = _(
            "%(old)s can’t be renamed to %(new)s, because another roadmap has that "
            "slug. Choose another slug."
        )
        message %= {"old": file.was, "new": file.slug}
        raise file.error([(("was",), f"was: {message}")])
    former = None if roadmap else Roadmap.objects.formerly(file.slug).first()
    if former and former != before:
        message = OLD_SLUG % {"slug": file.slug, "other": former.slug}
        raise file.error([(("slug",), f"slug: {message}")])
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
            f"slug: {OLD_SLUG % {'slug': slug, 'other': slugs[pk]}}",
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
        message = advice = ""
        if step.was in stored and step.slug not in stored:
            old_slugs[step.slug] = step.was
        elif step.was in stored:
            message = _(
                "%(old)s can’t be renamed to %(new)s, because another step has that "
                "slug. Choose another slug, or merge the two steps in the admin."
            )
        elif step.slug not in stored:
            message = _(
                "%(roadmap)s has no step %(old)s. Remove this line if %(new)s is a new "
                "step; otherwise correct the spelling."
            )
            advice = suggest(step.was, stored)
        if message:
            values = {"roadmap": file.slug, "old": step.was, "new": step.slug}
            location = ("steps", index, "was")
            problems.append((location, f"was: {message % values}{advice}"))
        if len(problems) >= MAX_FAULTS:
            break
    if problems:
        raise file.error(problems)
    return old_slugs
