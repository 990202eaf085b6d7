"""Find the files of a folder, within limits and without following links."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from django.utils.formats import number_format

from editing.yaml_format.parser import InvalidFileError, check_text

MAX_FILES = 5_000  # of every kind
MAX_DEPTH = 10  # folders within each other
MAX_MARKDOWN_SIZE = 200_000  # bytes
MARKDOWN_SUFFIXES = {".md", ".markdown"}


@dataclass
class Directory:
    """A folder. The paths begin at the folder that is imported."""

    path: PurePosixPath
    pages: list[PurePosixPath] = field(default_factory=list)
    json_files: list[PurePosixPath] = field(default_factory=list)
    directories: list["Directory"] = field(default_factory=list)

    def walk(self) -> Iterator["Directory"]:
        yield self
        for directory in self.directories:
            yield from directory.walk()


class FolderReader:
    """Reads the folder. `notes` say which files were not looked at, and why."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes: list[str] = []
        self._file_count = 0
        self._others: Counter[str] = Counter()

    def find_files(self) -> Directory:
        """Raises InvalidFileError if there are no Markdown files, or too many files."""
        directory = self._read_directory(PurePosixPath(), 0)
        if not any(each.pages for each in directory.walk()):
            message = "There are no Markdown files (.md) in this folder."
            raise InvalidFileError(f"{show(self.root)}: {message}")
        for suffix, count in sorted(self._others.items()):
            files = "1 file" if count == 1 else f"{count} files"
            name = f"*{suffix}" if suffix else "without an ending"
            self.notes.append(f"{name}: {files}, not Markdown")
        return directory

    def _read_directory(self, path: PurePosixPath, depth: int) -> Directory:
        directory = Directory(path)
        folder = self.root / path
        if depth > MAX_DEPTH:
            message = f"Folders may be nested {MAX_DEPTH} deep."
            raise InvalidFileError(f"{show(folder)}: {message}")
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise InvalidFileError(f"{show(folder)}: {error.strerror}") from error
        for entry in entries:
            if not entry.name.startswith("."):
                self._add(directory, entry, depth)
        return directory

    def _add(self, directory: Directory, entry: os.DirEntry[str], depth: int) -> None:
        path = directory.path / entry.name
        suffix = path.suffix.lower()
        if entry.is_symlink():
            self.notes.append(f"{show(path)}: a symbolic link, which is not followed")
        elif entry.is_dir():
            directory.directories.append(self._read_directory(path, depth + 1))
        elif not entry.is_file():
            self.notes.append(f"{show(path)}: not a file")
        else:
            self._count_file()
            if suffix in MARKDOWN_SUFFIXES:
                directory.pages.append(path)
            elif suffix == ".json":
                directory.json_files.append(path)
            else:
                self._others[suffix if suffix.isprintable() else ""] += 1

    def _count_file(self) -> None:
        self._file_count += 1
        if self._file_count > MAX_FILES:
            number = number_format(MAX_FILES, force_grouping=True)
            message = f"A folder can have at most {number} files."
            raise InvalidFileError(f"{show(self.root)}: {message}")

    def read_text(self, path: PurePosixPath) -> str:
        """Raises InvalidFileError unless the file is UTF-8 text of a fair size."""
        return read_text(self.root / path, MAX_MARKDOWN_SIZE)


def read_text(path: Path, max_size: int) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(max_size + 1)
    except OSError as error:
        raise InvalidFileError(f"{show(path)}: {error.strerror}") from error
    if len(data) > max_size:
        size = number_format(max_size, force_grouping=True)
        message = f"The file is larger than {size} bytes."
        raise InvalidFileError(f"{show(path)}: {message}")
    check_text(show(path), data)
    text = data.decode("utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def show(path: Path | PurePosixPath) -> str:
    """Return a path for one line of a terminal."""
    name = str(path)
    return name if name.isprintable() else ascii(name)
