from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from editing.new_database import is_new_database
from editing.yaml_format.importer import StalePlanError, import_roadmap
from editing.yaml_format.parser import InvalidFileError
from editing.yaml_format.plan import compare
from editing.yaml_format.references import find_warnings
from editing.yaml_format.schema import RoadmapFile, read
from editing.yaml_format.summary import describe_plan, summarize


class Command(BaseCommand):
    help = "Import roadmaps from YAML files. If one has an error, none is imported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="list what would change, and change nothing",
        )
        parser.add_argument(
            "--only-if-new",
            action="store_true",
            help="do nothing if the database has, or has ever had, a roadmap",
        )

    def handle(
        self, *, files: list[Path], dry_run: bool, only_if_new: bool, **_: Any
    ) -> None:
        if only_if_new and not is_new_database():
            self.stdout.write(
                "The database already has roadmaps. Nothing was imported."
            )
            return
        roadmaps = read_files(files)
        warnings = find_warnings(roadmaps.values())
        with transaction.atomic():
            report = import_files(roadmaps, dry_run)
        self.stdout.write("\n".join(report))
        for warning in warnings:
            self.stderr.write(self.style.WARNING(f"Warning: {warning}"))
        if dry_run:
            self.stdout.write("Nothing was changed.")


def read_files(paths: Iterable[Path]) -> dict[Path, RoadmapFile]:
    """Return the roadmaps in the files. Raises CommandError with every problem."""
    files: dict[Path, RoadmapFile] = {}
    problems = []
    for path in paths:
        try:
            file = read(path)
        except InvalidFileError as error:
            problems.append(str(error))
            continue
        if any(file.slug == other.slug for other in files.values()):
            problems.append(f"{path}: another file has the slug {file.slug} too")
        files[path] = file
    if problems:
        raise import_error(problems)
    return files


def import_files(files: Mapping[Path, RoadmapFile], dry_run: bool) -> list[str]:
    """Return what was done, or would be, line by line.

    Raises CommandError when one of the files cannot be imported.
    """
    report: list[str] = []
    problems = []
    for path, file in files.items():
        try:
            if dry_run:
                report += describe_plan(compare(file))
                continue
            # The bar is shown only in a terminal.
            bar = partial(
                tqdm, desc=file.slug, unit=" steps", disable=None, leave=False
            )
            reason = f"Imported from {path.name}"
            report.append(summarize(import_roadmap(file, reason, progress_bar=bar)))
        except InvalidFileError as error:
            problems.append(str(error))
        except StalePlanError:
            message = f"somebody else has just added {file.slug}; run the command again"
            problems.append(f"{path}: {message}")
    if problems:
        raise import_error(problems)
    return report


def import_error(problems: list[str]) -> CommandError:
    return CommandError("Nothing was imported.\n" + "\n".join(problems))
