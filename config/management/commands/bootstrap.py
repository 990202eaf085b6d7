from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Bring the database up to date and load the roadmaps that it does not have."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--administrator",
            metavar="EMAIL",
            help="make this administrator when there is none",
        )

    def handle(self, *, administrator: str | None, verbosity: int, **_: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
        call_command(
            "import_roadmap",
            *sorted(settings.BASE_DIR.glob("fixtures/*.yaml")),
            skip_existing=True,
            verbosity=verbosity,
            stdout=self.stdout,
        )
        if administrator:
            call_command("make_administrator", administrator, stdout=self.stdout)
