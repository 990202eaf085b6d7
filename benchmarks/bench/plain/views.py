"""The signed-in roadmap page as one would first write it."""

from django.contrib.auth.decorators import login_required
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from progress.models import StepProgress
from roadmaps.models import Roadmap

# Cairn's base template asks for it, and only Cairn's own backend has it.
DatabaseWrapper.is_replica = False  # type: ignore[attr-defined]


@login_required
def roadmap(request: HttpRequest, slug: str) -> HttpResponse:
    roadmap = get_object_or_404(Roadmap.objects.visible_to(request.user), slug=slug)
    steps = list(roadmap.steps.defer_large_fields().filter(is_retired=False))
    own = StepProgress.objects.filter(user=request.user, step__roadmap=roadmap)
    by_step = {row.step_id: row for row in own}
    for step in steps:
        step.own = by_step.get(step.pk)
        step.state = step.own.state if step.own else "none"
    kept = [step for step in steps if step.state != "skipped"]
    counts = {
        kind: {
            "done": sum(s.state == "done" for s in kept if s.is_optional == optional),
            "of": sum(s.is_optional == optional for s in kept),
        }
        for kind, optional in (("required", False), ("optional", True))
    }
    left = [step for step in steps if step.state in ("none", "learning")]
    next_step = next((step for step in left if not step.is_optional), None)
    context = {
        "roadmap": roadmap,
        "steps": steps,
        "left": left,
        "next_step": next_step or (left[0] if left else None),
        "skipped": len(steps) - len(kept),
        **counts,
    }
    return render(request, "plain.html", context)
