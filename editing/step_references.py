"""Steps that name other steps, as "roadmap/step": in `same_as` and in `needs`."""

from collections.abc import Collection, Mapping

from django.db.models import Q

from roadmaps.models import SEARCH_VECTORS, Roadmap, Step

type NewPaths = Mapping[str, str]  # by the old ones


def find_references(
    paths: Collection[str], except_in: Roadmap | None = None
) -> list[Step]:
    """Return the steps that name one of the paths, with their roadmaps."""
    if not paths:
        return []
    named = Q(same_as__in=paths) | Q(needs__overlap=list(paths))
    steps = Step.objects.filter(named).select_related("roadmap")
    if except_in:
        steps = steps.exclude(roadmap=except_in)
    return list(steps.defer(*SEARCH_VECTORS))


def rename_references(steps: Collection[Step], new_paths: NewPaths) -> None:
    """Make the steps name the new paths. The caller records their versions."""
    for step in steps:
        step.same_as = new_paths.get(step.same_as, step.same_as)
        needs = (new_paths.get(path, path) for path in step.needs)
        step.needs = list(dict.fromkeys(needs))
    Step.objects.bulk_update(steps, ["same_as", "needs"])
