"""Which links the roadmaps hold, and where."""

from collections import defaultdict
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import NamedTuple

from roadmaps.models import Resource, Step


class Place(NamedTuple):
    """Where a link stands."""

    roadmap: str
    step: str
    title: str  # of the resource; "" in the text of the step


def links(slugs: Sequence[str] = ()) -> dict[str, list[Place]]:
    """Each address of active steps, drafts included, and where it stands: as a resource
    or in the text. `slugs` are the roadmaps that are meant; none are all.
    """
    steps = Step.objects.active()
    if slugs:
        steps = steps.filter(roadmap__slug__in=slugs)
    order = ["roadmap__position", "roadmap", "position", "pk"]
    resources = Resource.objects.filter(step__in=steps).order_by(
        *(f"step__{name}" for name in order), "position", "pk"
    )
    texts = steps.filter(body_html__contains="href=").order_by(*order)
    places: dict[str, list[Place]] = defaultdict(list)
    where = ("step__roadmap__slug", "step__slug", "title")
    for url, *place in resources.values_list("url", *where):
        places[url].append(Place(*place))
    for html, roadmap, step in texts.values_list("body_html", "roadmap__slug", "slug"):
        for url in web_links(html):
            places[url].append(Place(roadmap, step, title=""))
    return dict(places)


def web_links(html: str) -> list[str]:
    """The addresses on the web that the HTML links to, each once."""
    parser = LinkParser()
    parser.feed(html)
    return list(dict.fromkeys(parser.found))


class LinkParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith(("https://", "http://")):
            self.found.append(href)
