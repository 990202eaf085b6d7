"""Find `same_as` values that name a step which does not exist."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from editing.near_misses import suggest
from roadmaps.models import Roadmap, Step

MAX_SUGGESTIONS = 20  # finding them takes long


def explain_missing(
    paths: Collection[str],
    added: Collection[str] = (),
    removed: Collection[str] = (),
) -> dict[str, str]:
    """Return a warning for each of the paths, "roadmap/step", that names no step.

    `added` and `removed` are paths that will exist, or no longer, after an import.
    """
    roadmaps = {path.partition("/")[0] for path in paths}
    steps = Step.objects.filter(roadmap__slug__in=roadmaps)
    stored = map("/".join, steps.values_list("roadmap__slug", "slug"))
    existing = ({*stored} - {*removed}) | {*added}
    missing = sorted({*paths} - existing)
    if not missing:
        return {}
    roadmap_slugs = {path.partition("/")[0] for path in existing}
    roadmap_slugs |= set(Roadmap.objects.values_list("slug", flat=True))
    if len(missing) > MAX_SUGGESTIONS:
        return {path: _explain(path, (), roadmap_slugs) for path in missing}
    return {path: _explain(path, existing, roadmap_slugs) for path in missing}


def _explain(path: str, existing: Collection[str], roadmaps: Collection[str]) -> str:
    slug = path.partition("/")[0]
    if slug in roadmaps:
        message = _("There is no step %(path)s.")
        candidates = sorted(p for p in existing if p.startswith(f"{slug}/"))
        advice = suggest(path, candidates)
    else:
        message = _("There is no step %(path)s, because there is no roadmap %(slug)s.")
        advice = suggest(slug, sorted(roadmaps))
    return message % {"path": path, "slug": slug} + advice
