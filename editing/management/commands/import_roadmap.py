from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from editing.markdown_folder.roadmap import Conversion, convert
from editing.new_database import is_new_database
from editing.yaml_format.importer import StalePlanError, import_roadmap
from editing.yaml_format.parser import InvalidFileError
from editing.yaml_format.plan import compare
from editing.yaml_format.references import find_warnings
from editing.yaml_format.schema import RoadmapFile, read
from editing.yaml_format.summary import describe_plan, summarize

# What a person can say about the roadmap, because a folder may not say it.
FOLDER_VALUES = {
    "slug": "the roadmap's ID (default: the folder's name)",
    "title": "the roadmap's title",
    "category": "the roadmap's category",
    "icon": "the roadmap's icon, an emoji",
    "summary": "one sentence about the roadmap",
}
LICENCE = (
    "Make sure that the licence of these texts lets you publish them; "
    "Cairn does not check it."
)


class Command(BaseCommand):
    help = (
        "Import roadmaps from YAML files, or one roadmap from a folder of Markdown "
        "files. If there is an error, nothing is imported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
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
        add_folder_arguments(parser)

    def handle(
        self,
        *,
        files: list[Path],
        from_markdown: Path | None,
        dry_run: bool,
        only_if_new: bool,
        **options: Any,
    ) -> None:
        check_options(files, from_markdown, options)
        if only_if_new and not is_new_database():
            self.stdout.write(
                "The database already has roadmaps. Nothing was imported."
            )
            return
        if from_markdown:
            conversion = convert_folder(from_markdown, options)
            self.describe(conversion)
            if path := options["to_yaml"]:
                write_file(path, conversion.yaml)
                self.stdout.write(f"Wrote {path}. Nothing was imported.")
                return
            roadmaps = {from_markdown: conversion.file}
        else:
            roadmaps = read_files(files)
        warnings = find_warnings(roadmaps.values())
        with transaction.atomic():
            report = import_files(roadmaps, dry_run)
        self.stdout.write("\n".join(report))
        for warning in warnings:
            self.stderr.write(self.style.WARNING(f"Warning: {warning}"))
        if dry_run:
            self.stdout.write("Nothing was changed.")

    def describe(self, conversion: Conversion) -> None:
        """Write what the folder has become, and which parts of it were not used."""
        names = ("section", "step", "topic")
        counts = zip(conversion.counts, names, strict=True)
        self.stdout.write(f"Found {join_counts(counts)}.")
        if conversion.notes:
            self.stdout.write("Not placed, or only in part:")
        for note in conversion.notes:
            self.stdout.write(f"  {note}")
        if conversion.removed:
            removed = ((n, kind) for kind, n in sorted(conversion.removed.items()))
            self.stdout.write(f"Turned into plain text: {join_counts(removed)}.")
        self.stdout.write(LICENCE)


def add_folder_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("a folder of Markdown files", LICENCE)
    group.add_argument(
        "--from-markdown",
        type=Path,
        metavar="FOLDER",
        help="make a draft from the Markdown files in this folder",
    )
    group.add_argument(
        "--graph",
        type=Path,
        metavar="FILE",
        help="the JSON file whose nodes and edges give the nesting (default: the only "
        "one in the folder, if there is one; otherwise the folders give the nesting)",
    )
    group.add_argument(
        "--no-sections",
        action="store_true",
        help="turn the files and folders at the top into steps, even if there are "
        "three levels",
    )
    group.add_argument(
        "--to-yaml",
        type=Path,
        metavar="FILE",
        help="write the roadmap to this file, so that you can edit it first; import "
        "nothing",
    )
    for name, text in FOLDER_VALUES.items():
        group.add_argument(f"--{name}", help=text)


def check_options(
    files: Sequence[Path], folder: Path | None, options: Mapping[str, Any]
) -> None:
    """Raises CommandError unless there are either files or a folder."""
    if files and folder:
        raise CommandError("Name either YAML files or a folder, not both.")
    if not files and not folder:
        message = "Name a YAML file, or name a folder of Markdown with --from-markdown."
        raise CommandError(message)
    names = ["graph", "no_sections", "to_yaml", *FOLDER_VALUES]
    for name in names:
        if files and options[name]:
            option = f"--{name.replace('_', '-')}"
            raise CommandError(f"{option} needs --from-markdown.")


def convert_folder(folder: Path, options: Mapping[str, Any]) -> Conversion:
    """Return the folder as a roadmap. Raises CommandError with every problem."""
    values = {name: options[name] for name in FOLDER_VALUES if options[name]}
    use_sections = not options["no_sections"]
    try:
        return convert(folder, options["graph"], use_sections, values)
    except InvalidFileError as error:
        raise import_error([str(error)]) from error


def write_file(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error


def join_counts(counts: Iterable[tuple[int, str]]) -> str:
    """Return counts such as "1 section, 3 steps and 2 topics"."""
    *parts, last = (f"{n} {name}" if n == 1 else f"{n} {name}s" for n, name in counts)
    return f"{', '.join(parts)} and {last}" if parts else last


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
            reason = f"Imported from {path.name or path.resolve().name}"
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
