"""Read the files of a folder: its Markdown, its graph and the page about all of it."""

from pathlib import Path, PurePosixPath

from core.fault_limit import MAX_FAULTS
from editing.markdown_folder.folder import Directory, FolderReader, show
from editing.markdown_folder.folder_nesting import find_index
from editing.markdown_folder.graph import is_graph, read_json
from editing.markdown_folder.page import Page, read_page
from editing.yaml_format.parser import InvalidFileError

CONTENT = "content"  # a folder of this name has the topics


def read_pages(reader: FolderReader, directory: Directory) -> dict[PurePosixPath, Page]:
    """Raises InvalidFileError with the problems of all files."""
    pages = {}
    problems = []
    for path in (path for each in directory.walk() for path in each.pages):
        try:
            name = show(reader.root / path)
            pages[path] = read_page(name, reader.read_text(path))
        except InvalidFileError as error:
            problems.append(str(error))
            if len(problems) == MAX_FAULTS:
                break
    if problems:
        raise InvalidFileError(*problems)
    return pages


def find_graph(reader: FolderReader, directory: Directory) -> Path | None:
    """Return the JSON file with nodes and edges, if the folder has exactly one.

    Raises InvalidFileError if there are several, or if the only JSON file is broken.
    """
    paths = [
        reader.root / path for each in directory.walk() for path in each.json_files
    ]
    graphs, errors = [], []
    for path in paths:
        try:
            if is_graph(read_json(path)):
                graphs.append(path)
        except InvalidFileError as error:
            errors.append(error)
    if len(graphs) > 1:
        names = ", ".join(map(show, graphs))
        message = f"Several files have nodes and edges: {names}. Name one with --graph."
        raise InvalidFileError(f"{show(reader.root)}: {message}")
    if errors and not graphs:
        raise errors[0]
    return graphs[0] if graphs else None


def find_root(
    reader: FolderReader, directory: Directory
) -> tuple[str, PurePosixPath | None, Directory]:
    """Return the folder's name, the file about it and the folder with the topics."""
    path = reader.root.resolve()
    name = path.parent.name if path.name == CONTENT else path.name
    base = next(
        (
            each
            for each in directory.directories
            if each.path.name == CONTENT and any(inner.pages for inner in each.walk())
        ),
        directory,
    )
    named = (path for path in directory.pages if path.stem.lower() == name.lower())
    about = next(named, None) or find_index(directory) or find_index(base)
    for each in (directory, base):
        each.pages = [path for path in each.pages if path != about]
    index = find_index(base)
    if about and index:
        reader.notes.append(
            f"{show(index)}: {show(about)} is already about the roadmap"
        )
        base.pages.remove(index)
    inside = {path for each in base.walk() for path in each.pages}
    reader.notes += [
        f"{show(path)}: outside the folder {CONTENT}"
        for each in directory.walk()
        for path in each.pages
        if path not in inside and path != index
    ]
    return name, about, base
