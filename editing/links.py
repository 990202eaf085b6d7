"""The web addresses that roadmaps link to, and the steps that link to them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from typing import Any, NamedTuple

from django.db.models import QuerySet

from roadmaps.full_text import join_html
from roadmaps.models import Step
from roadmaps.step_parts import STEP_PARTS, Resource, Topic


class Place(NamedTuple):
    """A step that links to an address, by the slugs of its roadmap and itself."""

    roadmap: str
    step: str
    resource: str | None  # the title of the resource or topic; None in a text

    @property
    def path(self) -> str:
        return f"{self.roadmap}/{self.step}"


def find_links(roadmap_slugs: Sequence[str] = ()) -> dict[str, list[Place]]:
    """Return the places of each address, in the order of the steps.

    Covers the resources, topics and texts of active steps, drafts included. Without
    `roadmap_slugs`, covers every roadmap.
    """
    steps = Step.objects.active()
    if roadmap_slugs:
        steps = steps.filter(roadmap__slug__in=roadmap_slugs)
    order = ["roadmap__position", "roadmap", "position", "pk"]
    places: dict[str, list[Place]] = defaultdict(list)
    of_step = [f"step__{name}" for name in order]
    slugs = ["step__roadmap__slug", "step__slug"]
    by_position = [*of_step, "position", "pk"]
    links: list[QuerySet[Any]] = [Resource.objects.all(), Topic.objects.exclude(url="")]
    for rows in links:
        own = rows.filter(step__in=steps).order_by(*by_position)
        for url, *place in own.values_list("url", *slugs, "title"):
            places[url].append(Place(*place))
    texts = steps.annotate(all_html=join_html("html")).order_by(*order)
    found = [*with_links(texts, "all_html", "roadmap__slug", "slug")]
    for part in STEP_PARTS.values():
        parts = part._default_manager.filter(step__in=steps).order_by(*by_position)
        for name in part.MARKDOWN_FIELDS:
            found += with_links(parts, f"{name}_html", *slugs)
    for html, roadmap, step in found:
        for url in extract_urls(html):
            in_text = Place(roadmap, step, resource=None)
            if in_text not in places[url]:
                places[url].append(in_text)
    return dict(places)


def with_links(rows: QuerySet[Any], html: str, *slugs: str) -> Iterable[Any]:
    """Return the HTML of the rows that have a link in it, and their slugs."""
    return rows.filter(**{f"{html}__contains": "href="}).values_list(html, *slugs)


def extract_urls(html: str) -> list[str]:
    """Return the http and https addresses that the HTML links to, without repeats."""
    parser = LinkParser()
    parser.feed(html)
    return list(dict.fromkeys(parser.urls))


class LinkParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith(("https://", "http://")):
            self.urls.append(href)
