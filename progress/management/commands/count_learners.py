from typing import Any

from django.core.management.base import BaseCommand

from progress.learner_counts import refresh_statistics
from roadmaps.models import Roadmap


class Command(BaseCommand):
    help = "Update the learner counts that the admin shows for large roadmaps."

    def handle(self, **_: Any) -> None:
        counted = sum(map(refresh_statistics, Roadmap.objects.all()))
        self.stdout.write(f"Roadmaps counted: {counted}")
