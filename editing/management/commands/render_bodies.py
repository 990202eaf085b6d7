from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from roadmaps.models import TEXT_FIELDS, Step
from roadmaps.step_parts import STEP_PARTS


class Command(BaseCommand):
    help = (
        "Convert the Markdown of every step and its parts to HTML again. Run it after "
        "an upgrade whose release notes ask for it."
    )

    def handle(self, **_: Any) -> None:
        count = 0
        for pk in Step.objects.order_by("pk").values_list("pk", flat=True):
            # A transaction per step, so that editors never wait for long.
            with transaction.atomic():
                own = Step.objects.select_for_update(no_key=True)
                step = own.only(*TEXT_FIELDS, "hints", "html").filter(pk=pk).first()
                if step:  # not deleted meanwhile
                    count += render(step)
        self.stdout.write(f"Steps with new HTML: {count}")


def render(step: Step) -> bool:
    """Make the HTML of the step and its parts again; return whether it changed."""
    before = step.html
    step.render_texts()
    is_changed = bool(step.html != before)
    if is_changed:
        Step.objects.filter(pk=step.pk).update(html=step.html)
    for part in STEP_PARTS.values():
        names = [f"{name}_html" for name in part.MARKDOWN_FIELDS]
        for row in part._default_manager.filter(step=step) if names else ():
            old = [getattr(row, name) for name in names]
            row.render()
            if old != [getattr(row, name) for name in names]:
                row.save(update_fields=names)
                is_changed = True
    return is_changed
