from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from editing.writing_rules import find_problems
from editing.yaml_format.parser import InvalidFileError
from editing.yaml_format.schema import read


class Command(BaseCommand):
    help = "Check roadmap files against the rules in docs/writing-roadmaps.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths",
            nargs="*",
            type=Path,
            metavar="FILE",
            help="a roadmap file (default: fixtures/*.yaml)",
        )

    def handle(self, *, paths: list[Path], **_: Any) -> None:
        paths = paths or sorted((settings.BASE_DIR / "fixtures").glob("*.yaml"))
        try:
            files = [read(path) for path in paths]
        except InvalidFileError as error:
            raise CommandError(str(error)) from error
        problems = list(find_problems(files))
        for path, file in zip(paths, files, strict=True):
            if path.stem != file.slug:
                problems.append(f"{path}: should be named {file.slug}.yaml")
        if problems:
            raise CommandError("\n".join(problems))
        count = sum(len(file.steps) for file in files)
        self.stdout.write(f"{len(files)} roadmaps with {count} steps follow the rules.")
