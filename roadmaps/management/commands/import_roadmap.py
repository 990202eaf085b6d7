from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from roadmaps.files import RoadmapFile, read, take_in
from roadmaps.models import Roadmap
from roadmaps.yaml_source import SourceError


class Command(BaseCommand):
    help = "Make roadmaps what their files say; all of them or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--skip-existing",
            action="store_true",
            help="leave a roadmap alone whose slug is there, whatever is in its file",
        )

    @transaction.atomic
    def handle(self, *, files: list[Path], skip_existing: bool, **_: Any) -> None:
        problems = []
        roadmaps: dict[str, RoadmapFile] = {}
        for path in files:
            try:
                roadmap = read(path)
            except SourceError as error:
                problems.append(str(error))
                continue
            if roadmap.slug in roadmaps:
                problems.append(
                    f"{path}: slug {roadmap.slug} is another file's already"
                )
            roadmaps[roadmap.slug] = roadmap
        if problems:
            raise CommandError("nothing was imported.\n" + "\n".join(problems))
        for roadmap in roadmaps.values():
            if skip_existing and Roadmap.objects.filter(slug=roadmap.slug).exists():
                self.stdout.write(f"{roadmap.slug}: is there, left alone")
                continue
            taken = take_in(roadmap)
            self.stdout.write(
                f"{roadmap.slug}: {taken.added} steps added, "
                f"{taken.changed} changed, {taken.retired} retired"
            )
