"""Take the nesting from the folders: sections, steps and topics."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from editing.markdown_folder.folder import Directory, show
from editing.markdown_folder.outline import (
    Outline,
    OutlineSection,
    OutlineStep,
    Place,
    split_number,
    to_slug,
    to_title,
)
from editing.markdown_folder.page import Page

# A file with one of these names is about the folder that it is in.
INDEX_NAMES = ["index", "_index", "readme"]
# Names of files about the repository.
OTHER_NAMES = {"license", "licence", "contributing", "changelog", "code_of_conduct"}
LEVELS = 3

type Pages = Mapping[PurePosixPath, Page]


@dataclass
class Entry:
    """A file or a folder, with what is in it."""

    place: Place
    order: tuple[float, str]
    children: list["Entry"]

    def measure_depth(self) -> int:
        return 1 + max((child.measure_depth() for child in self.children), default=0)

    def find_descendants(self) -> Iterator["Entry"]:
        for child in self.children:
            yield child
            yield from child.find_descendants()


def find_index(directory: Directory) -> PurePosixPath | None:
    """Return the file that is about the folder itself, if there is one."""
    paths = {path.stem.lower(): path for path in directory.pages}
    return next((paths[name] for name in INDEX_NAMES if name in paths), None)


def read_folders(directory: Directory, pages: Pages, use_sections: bool) -> Outline:
    """Return the files in the order of their numbers and names.

    Three levels of folders and files are sections, steps and topics; two are steps and
    topics; one is steps.
    """
    notes: list[str] = []
    entries = read_entries(directory, pages, "", notes)
    depth = max((entry.measure_depth() for entry in entries), default=0)
    has_sections = use_sections and depth >= LEVELS
    sections: list[OutlineSection] = []
    for entry in entries:
        if has_sections and entry.children:
            steps = [to_step(child, notes) for child in entry.children]
            sections.append(OutlineSection(entry.place, steps))
            page = entry.place.page
            if page and (page.text or page.links):
                text = "a section has only a title, so its text was left out"
                notes.append(f"{entry.place.name}: {text}")
        else:
            sections.append(OutlineSection(None, [to_step(entry, notes)]))
    return Outline("", sections, notes)


def read_entries(
    directory: Directory, pages: Pages, parent: str, notes: list[str]
) -> list[Entry]:
    is_root = not parent
    index = find_index(directory)
    entries: dict[str, Entry] = {}  # by name, so that `http.md` belongs to `http/`
    for subdirectory in directory.directories:
        if entry := read_directory(subdirectory, pages, parent, notes):
            entries[subdirectory.path.name] = entry
    for path in directory.pages:
        if path == index:
            continue
        if is_root and path.stem.lower() in OTHER_NAMES:
            notes.append(f"{show(path)}: about the repository, not a topic")
        elif path.stem in entries and entries[path.stem].place.page is None:
            entries[path.stem].place = to_place(path, path.stem, parent, pages[path])
        else:
            place = to_place(path, path.stem, parent, pages[path])
            entries[path.name] = Entry(place, to_order(path.stem), [])
    return sorted(entries.values(), key=lambda entry: entry.order)


def read_directory(
    directory: Directory, pages: Pages, parent: str, notes: list[str]
) -> Entry | None:
    name = directory.path.name
    index = find_index(directory)
    page = pages[index] if index else None
    place = to_place(index or directory.path, name, parent, page)
    children = read_entries(directory, pages, place.slug, notes)
    if not (children or page):
        return None
    return Entry(place, to_order(name), children)


def to_place(path: PurePosixPath, stem: str, parent: str, page: Page | None) -> Place:
    _number, name = split_number(stem)
    return Place(show(path), to_slug(name), to_title(name), page, parent)


def to_order(name: str) -> tuple[float, str]:
    number, rest = split_number(name)
    return (float("inf") if number is None else number, rest.lower())


def to_step(entry: Entry, notes: list[str]) -> OutlineStep:
    """Return the entry as a step. Everything in it is a topic, however deep."""
    topics = list(entry.find_descendants())
    notes += [
        f"{grandchild.place.name}: nested too deeply; placed as a topic of "
        f"{entry.place.name}"
        for child in entry.children
        for grandchild in child.find_descendants()
    ]
    return OutlineStep(entry.place, [topic.place for topic in topics])
