"""The steps that a step needs, with a person's state on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from progress.route import AnnotatedStep, Route
from progress.snapshot import annotate_steps
from roadmaps.models import Step
from roadmaps.visibility import may_see

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


def find_needs(
    step: AnnotatedStep, route: Route, user: User | AnonymousUser
) -> list[AnnotatedStep]:
    """Return the needed steps in the order in which the editor named them, without
    those that are retired or hidden from the person. Steps of other roadmaps take one
    query.
    """
    paths = step.content.needs
    own = f"{step.roadmap_slug}/"
    found = {f"{own}{each.slug}": each for each in route.steps}
    elsewhere = [path for path in paths if not path.startswith(own)]
    if elsewhere:
        found |= find_visible_steps(elsewhere, user)
    return [found[path] for path in paths if path in found]


def find_visible_steps(
    paths: Collection[str], user: User | AnonymousUser
) -> dict[str, AnnotatedStep]:
    """Return the active steps that the person may see, by their paths. One query."""
    named = Q()
    for path in paths:
        roadmap_slug, slug = path.split("/")
        named |= Q(roadmap__slug=roadmap_slug, slug=slug)
    steps = Step.objects.active().defer_large_fields().select_related("roadmap")
    steps = steps.filter(named, may_see(user, "roadmap__"))
    return {
        f"{each.roadmap_slug}/{each.slug}": each for each in annotate_steps(steps, user)
    }
