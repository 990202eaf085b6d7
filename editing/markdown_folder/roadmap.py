"""Turn a folder of Markdown files into a roadmap's file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.text import shows_nothing
from editing.markdown_folder.folder import FolderReader, show
from editing.markdown_folder.folder_nesting import read_folders
from editing.markdown_folder.graph import read_json, to_graph
from editing.markdown_folder.graph_nesting import read_graph
from editing.markdown_folder.links import Link
from editing.markdown_folder.outline import (
    Outline,
    OutlineStep,
    Place,
    assign_slugs,
    to_title,
)
from editing.markdown_folder.page import MAX_TITLE_LENGTH, Page, get_text
from editing.markdown_folder.plain_text import cut, to_line
from editing.markdown_folder.source import find_graph, find_root, read_pages
from editing.yaml_format.exporter import serialize, to_yaml
from editing.yaml_format.parser import InvalidFileError, YamlDocument
from editing.yaml_format.schema import (
    ResourceEntry,
    RoadmapFile,
    SectionEntry,
    StepEntry,
    TopicEntry,
    parse,
)
from editing.yaml_format.validators import suggest_slug
from roadmaps.models import SEARCH_VECTORS, Roadmap
from roadmaps.slugs import MAX_SLUG_LENGTH
from roadmaps.step_parts import MAX_PARTS
from roadmaps.visibility import Visibility

MAX_RESOURCES = 200
DEFAULT_CATEGORY = "Imported"
DEFAULT_ICON = "🧭"
# The keys of a step that a folder replaces. The others keep what is stored.
STEP_KEYS = ["title", "section", "topics", "resources"]
STEP_TEXTS = ["summary", "primer"]  # if the folder has any


@dataclass(frozen=True)
class Conversion:
    """The roadmap, and what a person should know about how it was made."""

    file: RoadmapFile
    yaml: str
    notes: list[str]  # what was not placed, or only in part: `file: reason`
    removed: Counter[str]  # from the texts, by kind

    @property
    def counts(self) -> tuple[int, int, int]:
        """The numbers of sections, steps and topics."""
        topics = sum(len(step.topics) for step in self.file.steps)
        return len(self.file.sections), len(self.file.steps), topics


def convert(
    folder: Path,
    graph_path: Path | None = None,
    use_sections: bool = True,
    values: Mapping[str, str] | None = None,
) -> Conversion:
    """Return the roadmap that a folder of Markdown files describes, as a draft.

    `values` are the slug, title, category, icon and summary, as far as the caller
    chooses them. If a roadmap with this slug is stored, the folder replaces only what
    it says itself. Raises InvalidFileError with every problem.
    """
    reader = FolderReader(folder)
    directory = reader.find_files()
    pages = read_pages(reader, directory)
    graph_path = graph_path or find_graph(reader, directory)
    name, about, base = find_root(reader, directory)
    topics = {path: pages[path] for each in base.walk() for path in each.pages}
    if graph_path:
        graph_name = show(graph_path)
        graph = to_graph(graph_name, read_json(graph_path))
        outline = read_graph(graph_name, graph, topics)
    else:
        outline = read_folders(base, topics, use_sections)
    if not outline.sections:
        message = "There is nothing here that could be a step."
        raise InvalidFileError(f"{show(graph_path or folder)}: {message}")
    notes = [*reader.notes, *outline.notes]
    notes += [f"{show(path)}: {n}" for path, page in topics.items() for n in page.notes]
    entries = build_entries(outline, notes)
    page = pages[about] if about else None
    if about and page and (page.links or page.text.strip() != page.summary):
        notes.append(f"{show(about)}: only its title and first sentence were used")
    draft = build_roadmap(name, page, outline, values or {}, entries)
    yaml = to_yaml(draft)
    file = parse(YamlDocument(f"{show(folder)}, as YAML", yaml.encode()))
    removed = sum((page.removed for page in topics.values()), Counter[str]())
    return Conversion(file, yaml, notes, removed)


def build_entries(
    outline: Outline, notes: list[str]
) -> tuple[list[SectionEntry], list[StepEntry]]:
    """Return the sections and steps. Adds a note on everything that is left out."""
    titled = [section.place for section in outline.sections if section.place]
    slugs = dict(zip(map(id, titled), assign_slugs(titled), strict=True))
    sections = [
        SectionEntry.model_construct(
            slug=slugs[id(place)], title=choose_title(place, notes)
        )
        for place in titled
    ]
    pairs = [
        (slugs.get(id(section.place), ""), step)
        for section in outline.sections
        for step in section.steps
    ]
    places = [
        replace(step.place, parent=step.place.parent or section)
        for section, step in pairs
    ]
    steps = [
        build_step(step, slug, section, notes)
        for (section, step), slug in zip(pairs, assign_slugs(places), strict=True)
    ]
    return sections, steps


def build_step(
    step: OutlineStep, slug: str, section: str, notes: list[str]
) -> StepEntry:
    place = step.place
    title = choose_title(place, notes)
    summary = place.page.summary if place.page else ""
    if shows_nothing(summary):
        summary = ""
        notes.append(f"{place.name}: no text")
    text = place.page.text if place.page else ""
    places = step.topics[:MAX_PARTS]
    for left_out in step.topics[MAX_PARTS:]:
        notes.append(f"{left_out.name}: {slug} has {MAX_PARTS} topics already")
    topics = [
        build_topic(topic, topic_slug, notes)
        for topic, topic_slug in zip(places, assign_slugs(places), strict=True)
    ]
    links = list(place.page.links) if place.page else []
    links += [link for each in places if each.page for link in each.page.links[1:]]
    return StepEntry.model_construct(
        slug=slug,
        title=title,
        section=section,
        summary=summary,
        primer="" if text.strip() == summary else text,
        topics=topics,
        resources=build_resources(place.name, links, notes),
    )


def build_topic(place: Place, slug: str, notes: list[str]) -> TopicEntry:
    page = place.page
    if page and page.has_more_text:
        notes.append(f"{place.name}: only its first sentences were used")
    return TopicEntry.model_construct(
        slug=slug,
        title=choose_title(place, notes),
        text=page.short_text if page else "",
        url=page.links[0].url if page and page.links else "",
    )


def build_resources(
    name: str, links: Sequence[Link], notes: list[str]
) -> list[ResourceEntry]:
    """Return a resource for each address, once."""
    by_url = {link.url: link for link in reversed(links)}
    unique = [link for link in links if by_url.get(link.url) is link]
    if len(unique) > MAX_RESOURCES:
        more = len(unique) - MAX_RESOURCES
        notes.append(f"{name}: {more} more links than a step may have")
    return [
        ResourceEntry.model_construct(title=link.title, url=link.url, kind=link.kind)
        for link in unique[:MAX_RESOURCES]
    ]


def choose_title(place: Place, notes: list[str]) -> str:
    title = place.page.title if place.page else ""
    title = to_line(title) or to_line(place.title)
    if shows_nothing(title):
        title = place.slug
    short = cut(title, MAX_TITLE_LENGTH)
    if short != title:
        notes.append(
            f"{place.name}: the title was cut at {MAX_TITLE_LENGTH} characters"
        )
    return short


def build_roadmap(
    name: str,
    about: Page | None,
    outline: Outline,
    values: Mapping[str, str],
    entries: tuple[list[SectionEntry], list[StepEntry]],
) -> RoadmapFile:
    """Return the roadmap. What the folder does not say is taken from what is stored."""
    slug = values.get("slug") or suggest_slug(name)[:MAX_SLUG_LENGTH].rstrip("-")
    if not slug:
        message = "This folder’s name can’t be made into a slug. Give one with --slug."
        raise InvalidFileError(f"{show(Path(name))}: {message}")
    roadmap = Roadmap.objects.filter(slug=slug).first()
    stored = None
    if roadmap:
        steps = roadmap.steps.defer("html", *SEARCH_VECTORS)
        stored = serialize(roadmap, list(steps))
    sections, new_steps = entries

    def choose(key: str, own: str, default: str) -> str:
        before = str(getattr(stored, key)) if stored else ""
        return values.get(key) or own or before or default

    metadata = about.metadata if about else {}
    own_title = about.title if about and about.title else outline.title
    title = choose("title", cut(own_title, MAX_TITLE_LENGTH), to_title(name))
    own_summary = about.summary if about else ""
    return RoadmapFile.model_construct(
        slug=slug,
        title=title,
        category=choose("category", get_text(metadata, "category"), DEFAULT_CATEGORY),
        icon=choose("icon", get_text(metadata, "icon"), DEFAULT_ICON),
        summary=choose("summary", own_summary, f"Learn {title} step by step."),
        position=stored.position if stored else Roadmap.objects.get_last_place(),
        published=stored.published if stored else False,
        visibility=stored.visibility if stored else Visibility.PUBLIC.value,
        sections=sections,
        steps=keep_stored(new_steps, stored.steps if stored else []),
    )


def keep_stored(
    steps: Sequence[StepEntry], stored: Sequence[StepEntry]
) -> list[StepEntry]:
    """Return the steps with what editors have added to them, such as an exercise."""
    by_slug = {step.slug: step for step in stored}
    updated = [update_stored(by_slug.get(step.slug, step), step) for step in steps]
    for step in updated:
        step.summary = step.summary or f"Learn about {step.title}."
    return updated


def update_stored(stored: StepEntry, step: StepEntry) -> StepEntry:
    """Return the stored step with what the folder says of it."""
    texts = [name for name in STEP_TEXTS if getattr(step, name)]
    update = {key: getattr(step, key) for key in [*STEP_KEYS, *texts]}
    resources = {resource.url: resource for resource in stored.resources}
    update["resources"] = [
        resources.get(new.url, new).model_copy(
            update={"title": new.title, "kind": new.kind}
        )
        for new in step.resources
    ]
    return stored.model_copy(update=update | {"retired": False})
