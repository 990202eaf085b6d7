"""Which roadmap to follow after a completed one."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import Case, Count, F, IntegerField, Q, Value, When
from django.db.models.functions import Concat

from roadmaps.models import Roadmap, RoadmapQuerySet, Step
from roadmaps.visibility import may_see

if TYPE_CHECKING:
    from accounts.models import User

MAX_SUGGESTIONS = 3

# The same as `Step.canonical_path`.
CANONICAL_PATH = Case(
    When(same_as="", then=Concat("roadmap__slug", Value("/"), "slug")),
    default=F("same_as"),
)


def suggest_next_roadmaps(user: User, completed: Collection[int]) -> RoadmapQuerySet:
    """Return up to three roadmaps that the person may see and has marked nothing on.

    `completed` has the ids of roadmaps. Those that share the most steps with them come
    first. Each result has `shared_steps`, `step_count` and the sums of `with_hours`.
    """
    started = Step.objects.filter(progress__user=user).values("roadmap")
    steps = Step.objects.active().annotate(path=CANONICAL_PATH).order_by()
    # As a list, not as a subquery: PostgreSQL then looks each path up in a hash table.
    paths = list(steps.filter(roadmap__in=completed).values_list("path", flat=True))
    slugs = [path.partition("/")[2] for path in paths]
    shared = (
        # This needs no join, and leaves few rows for the exact comparison below.
        steps.filter(Q(same_as__in=paths) | Q(same_as="", slug__in=slugs))
        .filter(may_see(user, "roadmap__"), path__in=paths)
        .exclude(roadmap__in=started)
        .values_list("roadmap")
        .annotate(count=Count("*"))
        .order_by("-count", "roadmap__position", "roadmap")[:MAX_SUGGESTIONS]
    )
    counts = [When(Q(pk=pk), then=Value(count)) for pk, count in shared]
    shared_steps = Case(*counts, default=Value(0), output_field=IntegerField())
    return (
        Roadmap.objects.visible_to(user)
        .exclude(pk__in=started)
        .with_step_count()
        .with_hours()
        .annotate(shared_steps=shared_steps)
        .order_by("-shared_steps", "position", "pk")[:MAX_SUGGESTIONS]
    )
