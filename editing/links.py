"""The web addresses that roadmaps link to, and the steps that link to them."""

from collections import defaultdict
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import NamedTuple

from roadmaps.models import Resource, Step


class Place(NamedTuple):
    """A step that links to an address, by the slugs of its roadmap and itself."""

    roadmap: str
    step: str
    resource: str | None  # its title; None for a link in the step's body

    @property
    def path(self) -> str:
        return f"{self.roadmap}/{self.step}"


def find_links(roadmap_slugs: Sequence[str] = ()) -> dict[str, list[Place]]:
    """Return the places of each address, in the order of the steps.

    Covers the resources and bodies of active steps, drafts included. Without
    `roadmap_slugs`, covers every roadmap.
    """
    steps = Step.objects.active()
    if roadmap_slugs:
        steps = steps.filter(roadmap__slug__in=roadmap_slugs)
    order = ["roadmap__position", "roadmap", "position", "pk"]
    resources = Resource.objects.filter(step__in=steps).order_by(
        *(f"step__{name}" for name in order), "position", "pk"
    )
    bodies = steps.filter(body_html__contains="href=").order_by(*order)
    places: dict[str, list[Place]] = defaultdict(list)
    for url, *place in resources.values_list(
        "url", "step__roadmap__slug", "step__slug", "title"
    ):
        places[url].append(Place(*place))
    for html, roadmap, step in bodies.values_list("body_html", "roadmap__slug", "slug"):
        for url in extract_urls(html):
            places[url].append(Place(roadmap, step, resource=None))
    return dict(places)


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
