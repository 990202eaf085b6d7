from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from editing.yaml_format.importer import StalePlanError, import_roadmap
from editing.yaml_format.parser import SourceError
from editing.yaml_format.plan import compare
from editing.yaml_format.schema import RoadmapFile, read
from editing.yaml_format.summary import lines, summary
from roadmaps.models import Roadmap


class Command(BaseCommand):
    help = "Make roadmaps what their files say; all of them or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="list what would change, and change nothing",
        )
        parser.add_argument(
            "--skip-existing",
            action="store_true",
            help="leave a roadmap alone whose slug is there, whatever is in its file",
        )

    def handle(
        self, *, files: list[Path], dry_run: bool, skip_existing: bool, **_: Any
    ) -> None:
        roadmaps = read_all(files)
        with transaction.atomic():
            said = take_in_all(roadmaps, dry_run, skip_existing)
        self.stdout.write("\n".join(said))
        if dry_run:
            self.stdout.write("Nothing was changed.")


def read_all(paths: Iterable[Path]) -> dict[Path, RoadmapFile]:
    """The roadmaps in the files. Raises CommandError naming all that is wrong."""
    files: dict[Path, RoadmapFile] = {}
    problems = []
    for path in paths:
        try:
            file = read(path)
        except SourceError as error:
            problems.append(str(error))
            continue
        if any(file.slug == other.slug for other in files.values()):
            problems.append(f"{path}: slug {file.slug} is another file's already")
        files[path] = file
    if problems:
        raise refusal(problems)
    return files


def take_in_all(
    roadmaps: Mapping[Path, RoadmapFile], dry_run: bool, skip_existing: bool
) -> list[str]:
    """What was done with each, or would be. Raises CommandError, for all or none."""
    said = []
    problems = []
    for path, file in roadmaps.items():
        if skip_existing and Roadmap.objects.filter(slug=file.slug).exists():
            said.append(f"{file.slug}: is there, left alone")
            continue
        try:
            if dry_run:
                said += lines(compare(file))
            else:
                why = f"Imported from {path.name}"
                plan = import_roadmap(file, why, watch=partial(with_bar, file.slug))
                said.append(summary(plan))
        except SourceError as error:
            problems.append(str(error))
        except StalePlanError:
            what = f"{file.slug} was added by somebody else meanwhile; run it again"
            problems.append(f"{path}: {what}")
    if problems:
        raise refusal(problems)
    return said


def with_bar(slug: str, bodies: Sequence[str]) -> Iterable[str]:
    """The bodies, counted before the eyes of whoever waits at a terminal."""
    return tqdm(bodies, desc=slug, unit=" steps", disable=None, leave=False)


def refusal(problems: list[str]) -> CommandError:
    return CommandError("nothing was imported.\n" + "\n".join(problems))
