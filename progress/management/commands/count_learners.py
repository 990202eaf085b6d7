from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.postgresql.run_once import AlreadyRunningError, run_once
from progress.learner_counts import count_all, store_statistics
from progress.measured_effort import store_medians


class Command(BaseCommand):
    help = (
        "Update the learner counts that the admin shows for large roadmaps, and how"
        " long learners usually take for each step. Run it every hour."
    )

    def handle(self, **_: Any) -> None:
        try:
            with run_once("count_learners"):
                counts = count_all(self.report)
                self.stdout.write(f"Roadmaps counted: {store_statistics(counts)}")
                self.stdout.write(f"Steps measured: {store_medians(counts.days)}")
        except AlreadyRunningError as error:
            raise CommandError("Another run has not finished yet.") from error

    def report(self, percent: int) -> None:
        """Print the progress, but only in a terminal."""
        if self.stdout.isatty():
            self.stdout.write(f"{percent} % of the people counted")
