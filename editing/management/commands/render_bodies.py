from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from roadmaps.models import Step


class Command(BaseCommand):
    help = (
        "Convert every step's Markdown to HTML again. Run it after an upgrade whose "
        "release notes ask for it."
    )

    def handle(self, **_: Any) -> None:
        count = 0
        for pk in Step.objects.order_by("pk").values_list("pk", flat=True):
            # A transaction per step, so that editors never wait for long.
            with transaction.atomic():
                own = Step.objects.select_for_update(no_key=True)
                step = own.only("body", "body_html").filter(pk=pk).first()
                if step is None:  # deleted meanwhile
                    continue
                before = step.body_html
                step.render_body()
                if step.body_html != before:
                    Step.objects.filter(pk=pk).update(body_html=step.body_html)
                    count += 1
        self.stdout.write(f"Steps with new HTML: {count}")
