"""Set the same values on many steps at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from core.text import isolate
from editing.sections import find_interruption
from editing.step_operations import lock_steps
from progress.backfill import backfill_completions
from roadmaps.models import Roadmap, Step

MAX_STEPS = 500


@transaction.atomic
def change_steps(steps: Collection[Step], values: Mapping[str, Any]) -> list[Step]:
    """Set these columns of all steps, and return the steps that changed.

    The columns are `is_optional`, `section_id`, `hours_min` and `hours_max`. Learners
    who have no required steps left complete the roadmap; a completed roadmap stays so.

    Raises ValidationError if the steps of a section would no longer be neighbours.
    """
    changes = {
        step: [name for name, value in values.items() if getattr(step, name) != value]
        for step in lock_steps(*steps).values()
    }
    changed = [step for step, names in changes.items() if names]
    for step in changed:
        for name in changes[step]:
            setattr(step, name, values[name])
    Step.objects.bulk_update(changed, list(values))

    def find_roadmaps(name: str) -> list[Roadmap]:
        """Return the roadmaps of the steps in which this column changed."""
        steps = [step for step, names in changes.items() if name in names]
        return list({step.roadmap_id: step.roadmap for step in steps}.values())

    with_new_sections = find_roadmaps("section_id")
    for roadmap in with_new_sections:
        check_sections(roadmap)
    # The sections of steps are in the versions of their roadmap.
    recorded = [step for step in changed if changes[step] != ["section_id"]]
    Step.objects.record(recorded, reason=_("Bulk edit"))
    Roadmap.objects.record(with_new_sections, reason=_("Bulk edit"))
    for roadmap in find_roadmaps("is_optional"):
        backfill_completions(roadmap)
    return changed


def check_sections(roadmap: Roadmap) -> None:
    steps = list(roadmap.steps.active().select_related("section").defer_large_fields())
    between = find_interruption([step.section_id for step in steps])
    if between is None:
        return
    message = _(
        "The steps of %(section)s would no longer be next to each other: %(step)s "
        "would be between them. First move the steps together on the roadmap’s page, "
        "or select other steps."
    )
    section = steps[between - 1].section
    raise ValidationError(
        message
        % {
            "section": isolate(section.title if section else ""),
            "step": isolate(steps[between].title),
        }
    )
