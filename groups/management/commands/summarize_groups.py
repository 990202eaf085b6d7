from typing import Any

from django.core.management.base import BaseCommand

from groups.models import Assignment
from groups.step_summaries import find_large, store_summary
from groups.stored_summary import StoredSummary


class Command(BaseCommand):
    help = (
        "Count how many members of each large group are past each step of its"
        " roadmaps, for the pages of mentors. Run it every hour."
    )

    def handle(self, **_: Any) -> None:
        large = find_large()
        StoredSummary.objects.exclude(assignment__in=large).delete()
        for assignment in Assignment.objects.filter(pk__in=large):
            store_summary(assignment)
        self.stdout.write(f"Summaries of large groups: {len(large)}")
