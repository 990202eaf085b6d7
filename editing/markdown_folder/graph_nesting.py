"""Take the nesting from a graph: headings, steps and topics, and their order."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath

from editing.markdown_folder.folder import show
from editing.markdown_folder.graph import Graph, Node
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
from editing.yaml_format.parser import InvalidFileError, quote

type Pages = Mapping[PurePosixPath, Page]


def read_graph(name: str, graph: Graph, pages: Pages) -> Outline:
    """Return the nodes in the order of the edges and, where these leave it open, from
    top to bottom and from left to right.

    Raises InvalidFileError if the edges lead in a circle.
    """
    notes: list[str] = []
    if graph.loose_edges:
        notes.append(f"{name}: {graph.loose_edges} edges begin or end at no node")
    places = match_pages(graph, pages, notes)
    order = sort_nodes(name, graph)
    sections = build_sections(graph, order, places, notes)
    title = next((n.label for n in graph.nodes.values() if n.role == "title"), "")
    return Outline(title, sections, notes)


def match_pages(graph: Graph, pages: Pages, notes: list[str]) -> dict[str, Place]:
    """Return the place of each node, with its page.

    A file is named after the id of its node (`http@ID.md`) or after its label.
    """
    by_slug = defaultdict(list)
    for node in graph.nodes.values():
        if node.role in ("step", "topic"):
            by_slug[to_slug(node.label)].append(node.id)
    found: dict[str, tuple[PurePosixPath, str]] = {}
    for path in pages:
        _number, stem = split_number(path.stem)
        slug, _, id_ = stem.rpartition("@")
        if id_ not in graph.nodes or not slug:
            slug = stem
            nodes = by_slug[to_slug(stem)]
            id_ = nodes[0] if len(nodes) == 1 else ""
        if not id_:
            notes.append(f"{show(path)}: no node of the graph fits, or several do")
        elif id_ in found:
            other = show(found[id_][0])
            notes.append(f"{show(path)}: {other} is already about the same node")
        else:
            found[id_] = path, slug
    places = {}
    for node in graph.nodes.values():
        name = f"the node {quote(node.label or node.id)}"
        if node.id not in found:
            slug = to_slug(node.label or node.id)
            places[node.id] = Place(name, slug, node.label or node.id)
            continue
        path, slug = found[node.id]
        title = node.label or to_title(slug)
        places[node.id] = Place(show(path), to_slug(slug), title, pages[path])
        if node.role not in ("step", "topic"):
            kind = f"{node.type}, which is neither a step nor a topic"
            notes.append(f"{show(path)}: its node has the type {kind}")
    return places


def sort_nodes(name: str, graph: Graph) -> list[Node]:
    """Return the steps, topics and headings in the order of the edges.

    Edges may lead from one of them to the next by way of boxes and other nodes.
    """
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for id_ in graph.nodes:
        sorter.add(id_)
    for source, target in graph.edges:
        sorter.add(target, source)
    try:
        sorter.prepare()
    except CycleError as error:
        labels = (graph.nodes[id_].label or id_ for id_ in error.args[1])
        circle = " → ".join(map(quote, labels))
        message = f"The edges lead in a circle: {circle}. Remove one of them."
        raise InvalidFileError(f"{name}: {message}") from error
    indexes = {id_: index for index, id_ in enumerate(graph.nodes)}
    heap: list[tuple[tuple[float, float], int, str]] = []
    order = []
    while sorter.is_active():
        for id_ in sorter.get_ready():
            heapq.heappush(heap, (graph.nodes[id_].position, indexes[id_], id_))
        *_, id_ = heapq.heappop(heap)
        order.append(graph.nodes[id_])
        sorter.done(id_)
    headings = find_headings(graph)
    return [n for n in order if n.role in ("step", "topic") or n.id in headings]


def find_headings(graph: Graph) -> set[str]:
    """Return the headings that an edge leads to or from. If there are none, return all
    labels.
    """
    headings = [n for n in graph.nodes.values() if n.role == "heading" and n.label]
    ends = {each for edge in graph.edges for each in edge}
    linked = {node.id for node in headings if node.id in ends}
    return linked or {node.id for node in headings if node.type == "label"}


def build_sections(
    graph: Graph, order: Sequence[Node], places: Mapping[str, Place], notes: list[str]
) -> list[OutlineSection]:
    """Return the steps under their headings, with their topics."""
    owners = Owners(graph)
    section_ids: dict[str, str] = {}  # of the headings and boxes of steps
    topics: list[tuple[Node, list[str]]] = []
    heading = ""
    for node in order:
        if node.role == "heading":
            heading = node.id
        elif node.role == "step":
            section_ids[node.id] = owners.find_labelled_box(node) or heading
        elif (found := owners.find(node)) and graph.nodes[found[0]].role == "heading":
            section_ids[node.id] = found[0]
        else:
            topics.append((node, found))
    steps = {id_: OutlineStep(places[id_]) for id_ in section_ids}
    for node, found in topics:
        owners_of_topic = [id_ for id_ in dict.fromkeys(found) if id_ in steps]
        name = places[node.id].name
        if not owners_of_topic:
            notes.append(f"{name}: no edge leads to it from a step")
            continue
        first, *others = owners_of_topic
        steps[first].topics.append(places[node.id])
        for id_ in others:
            notes.append(f"{name}: not placed in {places[id_].name} as well")
    sections: dict[str, OutlineSection] = {}
    for node in order:
        if node.role == "heading":
            sections.setdefault(node.id, OutlineSection(places[node.id]))
        elif node.id in steps:
            id_ = section_ids[node.id]
            place = places[id_] if id_ else None
            section = sections.setdefault(id_ or node.id, OutlineSection(place))
            section.steps.append(steps[node.id])
    notes += [
        f"{section.place.name}: a heading without a step below it"
        for section in sections.values()
        if section.place and not section.steps
    ]
    return [section for section in sections.values() if section.steps]


class Owners:
    """Finds the step or heading that a topic belongs to."""

    def __init__(self, graph: Graph) -> None:
        self._nodes = graph.nodes
        self._sources: dict[str, list[str]] = defaultdict(list)
        self._targets: dict[str, list[str]] = defaultdict(list)
        for source, target in graph.edges:
            self._sources[target].append(source)
            self._targets[source].append(target)
        boxes = [node for node in graph.nodes.values() if node.role == "box"]
        boxes.sort(key=lambda box: box.width * box.height)
        self._boxes: dict[str, str] = {}
        for node in graph.nodes.values():
            if node.parent in graph.nodes:
                self._boxes[node.id] = node.parent
            elif node.role in ("step", "topic"):
                around = (box.id for box in boxes if box.contains(node))
                self._boxes[node.id] = next(around, "")
        self._contents: dict[str, list[str]] = defaultdict(list)
        for id_, box in self._boxes.items():
            self._contents[box].append(id_)

    def find_labelled_box(self, node: Node) -> str:
        """Return the nearest box around the node that has a label, or ""."""
        seen, id_ = set(), self._boxes.get(node.id, "")
        while id_ and id_ not in seen:
            seen.add(id_)
            if self._nodes[id_].role == "box" and self._nodes[id_].label:
                return id_
            id_ = self._boxes.get(id_, "")
        return ""

    def find(self, node: Node) -> list[str]:
        """Return the nearest steps and headings from which edges lead to the topic. If
        there are none, return those of the topics in the same box; if these have none
        either, those that edges lead to.
        """
        if found := self._search([node.id], self._sources):
            return found
        box = self._boxes.get(node.id, "")
        if found := self._search(self._contents[box] if box else [], self._sources):
            return found
        return self._keep_owners(self._targets[node.id] + self._targets[box])

    def _search(
        self, start: Iterable[str], sources: Mapping[str, list[str]]
    ) -> list[str]:
        waiting, seen = list(start), set(start)
        while waiting:
            following = []
            for id_ in waiting:
                box = self._boxes.get(id_, "")
                following += [*sources.get(id_, ()), *([box] if box else [])]
            if found := self._keep_owners(following):
                return found
            waiting = [id_ for id_ in dict.fromkeys(following) if id_ not in seen]
            seen.update(waiting)
        return []

    def _keep_owners(self, ids: Iterable[str]) -> list[str]:
        roles = ("step", "heading")
        return [id_ for id_ in ids if id_ and self._nodes[id_].role in roles]
