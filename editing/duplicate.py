"""Copy a roadmap as a draft: its content, and nothing of its learners."""

from collections.abc import Mapping
from itertools import chain, count

from django.db import transaction
from django.utils.translation import gettext as _

from editing.yaml_format.exporter import serialize
from editing.yaml_format.importer import StalePlanError, import_roadmap
from editing.yaml_format.plan import compare
from editing.yaml_format.schema import StepEntry
from roadmaps.models import SEARCH_VECTORS, Roadmap
from roadmaps.slugs import MAX_SLUG_LENGTH

MAX_TITLE_LENGTH = 120


def suggest_slug(roadmap: Roadmap) -> str:
    """Return a slug that no roadmap has or had: the roadmap's with -copy, -copy-2, …"""
    base = roadmap.slug[: MAX_SLUG_LENGTH - len("-copy-999")].strip("-")
    slugs = chain([f"{base}-copy"], (f"{base}-copy-{number}" for number in count(2)))
    return next(slug for slug in slugs if not Roadmap.objects.known_as(slug).exists())


def suggest_title(roadmap: Roadmap) -> str:
    longest = MAX_TITLE_LENGTH - len(_("%(title)s (copy)") % {"title": ""})
    return _("%(title)s (copy)") % {"title": roadmap.title[:longest].strip()}


@transaction.atomic
def duplicate(roadmap: Roadmap, slug: str, title: str) -> Roadmap:
    """Add a draft with the roadmap's sections and active steps, in last position.

    Retired steps and topics are left out, because nobody has done them in the copy.
    Raises StalePlanError if somebody else has just added a roadmap with this slug.
    """
    source = serialize(roadmap, list(roadmap.steps.defer("html", *SEARCH_VECTORS)))
    steps = [step for step in source.steps if not step.retired]
    new_paths = {f"{roadmap.slug}/{s.slug}": f"{slug}/{s.slug}" for s in steps}
    file = source.model_copy(
        update={
            "slug": slug,
            "title": title,
            "position": Roadmap.objects.get_last_place(),
            "published": False,
            "steps": [copy_step(step, roadmap.slug, new_paths) for step in steps],
        }
    )
    plan = compare(file)
    if plan.roadmap:
        raise StalePlanError
    reason = _("Copied from %(roadmap)s") % {"roadmap": roadmap.slug}
    import_roadmap(file, reason, fingerprint=plan.fingerprint)
    return Roadmap.objects.get(slug=slug)


def copy_step(
    step: StepEntry, roadmap_slug: str, new_paths: Mapping[str, str]
) -> StepEntry:
    """Return the step for the copy. It names the copy's own steps, by `new_paths`.

    A `same_as` that names a step of another roadmap is left out. Otherwise learners who
    have done that step would be invited to mark this one done, while the editor is
    still turning it into something else.
    """
    needs = [
        new_paths.get(path, path)
        for path in step.needs
        if path in new_paths or not path.startswith(f"{roadmap_slug}/")
    ]
    topics = [topic for topic in step.topics if not topic.retired]
    same_as = new_paths.get(step.same_as, "")
    return step.model_copy(
        update={"needs": needs, "same_as": same_as, "topics": topics}
    )
