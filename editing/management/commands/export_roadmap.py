from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from editing.yaml_format.exporter import export
from editing.yaml_format.parser import InvalidFileError
from roadmaps.models import Roadmap


class Command(BaseCommand):
    help = "Export a roadmap as a YAML file that import_roadmap can read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument(
            "-o",
            "--output",
            type=Path,
            metavar="FILE",
            help="the file to write (default: standard output)",
        )

    def handle(self, *, slug: str, output: Path | None, **_: Any) -> None:
        try:
            text = export(Roadmap.objects.get(slug=slug))
        except Roadmap.DoesNotExist as error:
            slugs = ", ".join(Roadmap.objects.values_list("slug", flat=True))
            message = (
                f"No roadmap has the slug {slug}. Existing slugs: {slugs or 'none'}"
            )
            raise CommandError(message) from error
        except InvalidFileError as error:
            raise CommandError(f"{slug} was not exported.\n{error}") from error
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            output.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}") from error
