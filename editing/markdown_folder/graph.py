"""Read a JSON file of nodes and edges."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editing.markdown_folder.folder import read_text, show
from editing.markdown_folder.plain_text import to_line
from editing.yaml_format.parser import InvalidFileError, quote

MAX_GRAPH_SIZE = 20_000_000  # bytes
MAX_NODES = 5_000
MAX_EDGES = 20_000
# What the types of nodes mean. Nodes without a type are steps.
ROLES = {
    **dict.fromkeys(["", "default", "input", "output", "topic", "step"], "step"),
    **dict.fromkeys(["subtopic", "todo"], "topic"),
    **dict.fromkeys(["label", "paragraph", "heading"], "heading"),
    **dict.fromkeys(["section", "group"], "box"),
    **dict.fromkeys(["title"], "title"),
}


@dataclass(frozen=True)
class Node:
    id: str
    role: str  # a value of ROLES, or "" for decoration
    type: str
    label: str
    x: float
    y: float
    width: float
    height: float
    parent: str

    @property
    def position(self) -> tuple[float, float]:
        return self.y, self.x

    def contains(self, other: "Node") -> bool:
        x, y = other.x + other.width / 2, other.y + other.height / 2
        is_within = self.x <= x <= self.x + self.width
        return is_within and self.y <= y <= self.y + self.height


@dataclass(frozen=True)
class Graph:
    nodes: dict[str, Node]
    edges: list[tuple[str, str]]  # between nodes that exist
    loose_edges: int  # how many others there are


def read_json(path: Path) -> Any:
    """Raises InvalidFileError, with the line and column, unless it is JSON."""
    text = read_text(path, MAX_GRAPH_SIZE)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = f"This is not valid JSON: {error.msg}."
        raise InvalidFileError(
            f"{show(path)}:{error.lineno}:{error.colno}: {message}"
        ) from error
    except (RecursionError, ValueError) as error:
        message = "This is nested too deeply, or has a number that is too large."
        raise InvalidFileError(f"{show(path)}: {message}") from error


def is_graph(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("nodes"), list)
        and isinstance(value.get("edges"), list)
    )


def to_graph(name: str, value: Any) -> Graph:
    """Raises InvalidFileError unless the value has nodes with ids, and edges."""
    if not is_graph(value):
        message = "Write a mapping with two lists, nodes and edges."
        raise InvalidFileError(f"{name}: {message}")
    for key, limit in (("nodes", MAX_NODES), ("edges", MAX_EDGES)):
        if len(value[key]) > limit:
            raise InvalidFileError(f"{name}: There are more than {limit:,} {key}.")
    nodes: dict[str, Node] = {}
    for number, each in enumerate(value["nodes"], 1):
        if not isinstance(each, dict) or not (id_ := to_id(each.get("id"))):
            raise InvalidFileError(f"{name}: Node {number} has no id.")
        if id_ in nodes:
            message = f"Two nodes have the id {quote(id_)}."
            raise InvalidFileError(f"{name}: {message}")
        nodes[id_] = to_node(id_, each)
    pairs = [to_edge(each) for each in value["edges"]]
    edges = [(a, b) for a, b in pairs if a in nodes and b in nodes]
    return Graph(nodes, edges, len(pairs) - len(edges))


def to_id(value: Any) -> str:
    is_id = isinstance(value, (str, int)) and not isinstance(value, bool)
    return str(value) if is_id else ""


def to_edge(value: Any) -> tuple[str, str]:
    if not isinstance(value, dict):
        return "", ""
    source, target = value.get("source", value.get("from")), value.get("target")
    return to_id(source), to_id(value.get("to") if target is None else target)


def to_node(id_: str, value: Mapping[str, Any]) -> Node:
    data = to_mapping(value.get("data"))
    labels = (data.get("label"), value.get("label"), value.get("title"))
    texts = (to_line(label) for label in labels if isinstance(label, str))
    place = to_mapping(value.get("position")) or value
    style = to_mapping(value.get("style"))
    kind = value.get("type")
    return Node(
        id=id_,
        role=ROLES.get(kind.lower() if isinstance(kind, str) else "", ""),
        type=quote(str(kind).lower()),
        label=next(filter(None, texts), ""),
        x=to_number(place.get("x")),
        y=to_number(place.get("y")),
        width=to_number(value.get("width") or style.get("width")),
        height=to_number(value.get("height") or style.get("height")),
        parent=to_id(value.get("parentId") or value.get("parentNode")),
    )


def to_mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def to_number(value: Any) -> float:
    if not isinstance(value, (int, float)) or abs(value) > 1e9:
        return 0.0
    return float(value) if math.isfinite(value) else 0.0
