"""The requests that are measured, and what one visit consists of."""

from __future__ import annotations

from itertools import cycle, islice

from benchmarks.bench.servers import Request
from benchmarks.bench.site import Site

PAGE, STEP, TICK = "signed-in roadmap page", "signed-in step page", "mark"
VISITOR, UNCACHED = "visitor's page", "visitor's page, never cached"
MIX = "mix"

# An assumption, because nobody has measured how people use Cairn. In one visit,
# somebody opens the roadmap, reads two of its steps, marks two as done and looks at the
# roadmap again. For each such visit, one visitor follows a link to a page.
VISIT = {PAGE: 2, STEP: 2, TICK: 2, VISITOR: 1}
REQUESTS_PER_VISIT = sum(VISIT.values())
PAGES_PER_VISIT = REQUESTS_PER_VISIT - VISIT[TICK]

ADDRESSES = 5_000  # so many that each is requested less than once a second
VISITS = 2_000  # until the mix begins again


def of_site(site: Site) -> dict[str, list[Request]]:
    """Return the requests of each kind, as browsers send them."""
    path = site.visit.path
    kinds = {
        PAGE: site.pages("page"),
        TICK: site.ticks(),
        VISITOR: [site.visit],
        UNCACHED: [Request(f"{path}?visit={n}") for n in range(ADDRESSES)],
        MIX: mix(site),
    }
    return {
        name: [with_gzip(request) for request in requests]
        for name, requests in kinds.items()
    }


def mix(site: Site) -> list[Request]:
    """Return the requests of many visits, one person after the other."""
    sources = {
        PAGE: cycle(site.pages("page")),
        STEP: cycle(site.pages("step")),
        TICK: cycle(site.ticks()),
        VISITOR: cycle([site.visit]),
    }
    return [
        request
        for _ in range(VISITS)
        for name, count in VISIT.items()
        for request in islice(sources[name], count)
    ]


def with_gzip(request: Request) -> Request:
    """Every browser accepts it, and Cairn compresses its pages."""
    return request._replace(headers={**request.headers, "Accept-Encoding": "gzip"})
