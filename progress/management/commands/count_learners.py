from typing import Any

from django.core.management.base import BaseCommand

from progress.learner_counts import refresh_statistics
from progress.measured_effort import measure_effort
from roadmaps.models import Roadmap


class Command(BaseCommand):
    help = (
        "Update the learner counts that the admin shows for large roadmaps, and how"
        " long learners usually take for each step. Run it every hour."
    )

    def handle(self, **_: Any) -> None:
        roadmaps = list(Roadmap.objects.all())
        counted = sum(map(refresh_statistics, roadmaps))
        self.stdout.write(f"Roadmaps counted: {counted}")
        measured = sum(map(measure_effort, roadmaps))
        self.stdout.write(f"Steps measured: {measured}")
