"""What is measured under load, and the goals for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench.data import Size
from benchmarks.bench.load import fetch
from benchmarks.bench.report import Goal, Row, at_least, no_slower
from benchmarks.bench.servers import Server, start_granian
from benchmarks.bench.site import Site, environment
from benchmarks.bench.workload import Workload
from benchmarks.server import free_port
from deploy.drills import nginx_example as nginx

PAGE, TICK, STEP = "signed-in roadmap", "tick", "step"
PAGES = {"page": PAGE, "step": STEP, "list": "list", "search": "search"}
VISITOR = "visitor's roadmap"
CONSTANT, NGINX = "granian: constant bytes", "nginx: constant bytes"
BEHIND_NGINX = f"nginx before Cairn: {VISITOR}"
FLOOR_PAGE, FLOOR_TICK = f"FLOOR: {PAGE}", f"FLOOR: {TICK}"
PLAIN = f"plain Django: {PAGE}"
MOST_QUERIES = {PAGE: 3, TICK: 5}

# Each row with the least share of another row, and what that one is called.
AT_LEAST = [
    (f"Cairn: {PAGE}", 0.55, f"before: {PAGE}", "of before (aim: 70 %)"),
    (f"Cairn: {PAGE}", 2.3, PLAIN, "plain Django"),
    (f"Cairn: {TICK}", 0.80, f"before: {TICK}", "of before"),
    (f"Cairn: {VISITOR}", 0.15, CONSTANT, "of granian's constant bytes"),
    (BEHIND_NGINX, 0.80, NGINX, "of nginx's constant bytes"),
]


def limits(site: Site, folder: Path, servers: list[Server]) -> list[Workload]:
    """What Cairn is compared with: other servers, which are added to `servers`."""
    page, fragments = folder / "page.html", folder / "fragments.json"
    page.write_bytes(fetch(site.server.port, site.visit).body)
    fragments.write_text(json.dumps(site.fragments()))
    url, pages = site.database.url, site.pages("page")
    constant, floor, plain = (
        start_granian(f"benchmarks.bench.{module}:application", variables)
        for module, variables in (
            ("constant", {"CONSTANT_PAGE": str(page)}),
            ("floor", {"DATABASE_URL": url, "FLOOR_FRAGMENTS": str(fragments)}),
            ("plain.wsgi", environment(url)),
        )
    )
    servers += [constant, floor, plain]
    workloads = [
        Workload(CONSTANT, constant, [site.visit]),
        Workload(FLOOR_PAGE, floor, pages, before=site.reset_progress),
        Workload(FLOOR_TICK, floor, site.ticks(), before=site.finish_all),
        Workload(PLAIN, plain, pages, before=site.reset_progress),
    ]
    if nginx.PROGRAM:
        ports = free_port(), free_port()
        static = nginx.write_constant(folder, ports[0], page)
        proxy = nginx.write(folder, ports[1], [site.server.port])
        for name, port, file in (
            (NGINX, ports[0], static),
            (BEHIND_NGINX, ports[1], proxy),
        ):
            server = Server([nginx.PROGRAM, "-c", file], port)
            servers.append(server)
            workloads.append(Workload(name, server, [site.visit]))
    for workload in workloads:
        workload.server.wait(workload.requests[0])
    return workloads


def of_people(site: Site, pages: Sequence[str], name: str = "") -> list[Workload]:
    """Pages of people who are signed in, and ticks."""
    name = name or site.name
    workloads = [
        Workload(
            f"{name}: {PAGES[page]}",
            site.server,
            site.pages(page),
            details={
                "queries": site.queries[page],
                "gzip": site.compressed_size(site.pages(page)[0]),
            },
            before=site.reset_progress,
        )
        for page in pages
    ]
    ticks = Workload(
        f"{name}: {TICK}",
        site.server,
        site.ticks(),
        details={"queries": site.queries["tick"]},
        before=site.finish_all,
    )
    return [*workloads, ticks]


def of_visitors(site: Site) -> list[Workload]:
    details: dict[str, float] = {"gzip": site.compressed_size(site.visit)}
    return [
        Workload(f"{site.name}: {VISITOR}", site.server, [site.visit], details),
        Workload(f"{site.name}: revisit, 304", site.server, [site.revisit()]),
    ]


def names_of(size: Size) -> list[str]:
    """The rows that need a database of this size."""
    names = [PAGE, TICK]
    if size.kind == "roadmaps":
        names += ["list", "search"]
    return [f"{size.name}: {name}" for name in names]


def goals(rows: Sequence[Row], sizes: Sequence[Size]) -> list[Goal]:
    """The goals of those rows that were measured together with what they need."""
    by_name = {row.name: row for row in rows}
    met = [
        at_least(by_name[name], times, by_name[base], of)
        for name, times, base, of in AT_LEAST
        if name in by_name and base in by_name
    ]
    for what, limit in MOST_QUERIES.items():
        if base := by_name.get(f"Cairn: {what}"):
            met.append(same_queries(base, limit))
            for size in sizes:
                row = by_name.get(f"{size.name}: {what}")
                if row and size.kind == "rows":
                    met.append(no_slower(row, 2 if what == PAGE else 1.25, base))
                elif row:
                    met.append(same_queries(row, base.details["queries"]))
    return met


def same_queries(row: Row, limit: float) -> Goal:
    queries = row.details["queries"]
    return Goal(row.name, f"≤ {limit:g} queries", f"{queries:g}", queries <= limit)
