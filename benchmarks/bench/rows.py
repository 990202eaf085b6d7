"""What is measured under load, and the goals for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.bench.data import Size
from benchmarks.bench.load import Load
from benchmarks.bench.report import (
    Row,
    at_least,
    at_most,
    no_slower,
    queries_at_most,
)
from benchmarks.bench.servers import Server, environment, start_granian
from benchmarks.bench.site import Site
from benchmarks.server import free_port
from deploy.drills import nginx_example

PAGE, TICK, STEP = "signed-in roadmap", "tick", "signed-in step"
VISITOR = "visitor's roadmap"
CONSTANT, NGINX = "granian: constant bytes", "nginx: constant bytes"
BEHIND_NGINX = f"nginx before Cairn: {VISITOR}"
FLOOR_PAGE, FLOOR_TICK = f"FLOOR: {PAGE}", f"FLOOR: {TICK}"
PLAIN = f"plain Django: {PAGE}"

# Each row with the least share of another row, and what that one is called.
AT_LEAST = [
    (f"Cairn: {PAGE}", 0.55, f"before: {PAGE}", "of before (aim: 70 %)"),
    (f"Cairn: {PAGE}", 2.3, PLAIN, "plain Django"),
    (f"Cairn: {TICK}", 0.80, f"before: {TICK}", "of before"),
    (f"Cairn: {VISITOR}", 0.15, CONSTANT, "of granian's constant bytes"),
    (BEHIND_NGINX, 0.80, NGINX, "of nginx's constant bytes"),
]
MOST_QUERIES = {PAGE: 3, TICK: 5}
MOST_TIME = {PAGE: 2, TICK: 1.25}  # with more rows, as a multiple of the base
MOST_SECONDS, MOST_MEMORY = 1, 90  # until the first page; MB of a worker
MB = 1_000_000


def limits(site: Site, folder: Path) -> list[Load]:
    """What Cairn is compared with: other servers, with its own bytes or its tables."""
    fragments = site.fragments()
    file = folder / "fragments.json"
    file.write_text(json.dumps(fragments))
    url, pages = site.database.url, site.pages("page")
    floor = {"DATABASE_URL": url, "FLOOR_FRAGMENTS": str(file)}
    floor_server = start_granian("benchmarks.bench.floor:application", floor)
    constant_server = start_granian("benchmarks.bench.floor:constant", floor)
    plain_server = start_granian(
        "benchmarks.bench.plain.wsgi:application", environment(url)
    )
    loads = [
        Load(CONSTANT, constant_server, [site.visit]),
        Load(FLOOR_PAGE, floor_server, pages, prepare=site.reset_progress),
        Load(FLOOR_TICK, floor_server, site.ticks(), prepare=site.finish_all),
        Load(PLAIN, plain_server, pages, prepare=site.reset_progress),
        *nginx_loads(site, folder, fragments["visitors_page"]),
    ]
    for load in loads:
        load.server.wait(load.requests[0])
    return loads


def nginx_loads(site: Site, folder: Path, visitors_page: str) -> list[Load]:
    """nginx with the bytes of the page, and nginx before Cairn."""
    if not nginx_example.PROGRAM:
        return []
    page = folder / "page.html"
    page.write_text(visitors_page)
    constant, proxy = free_port(), free_port()
    files = {
        constant: write_constant(folder, constant, page),
        proxy: nginx_example.write(folder, proxy, [site.server.port] * 2),
    }
    servers = [
        Server([nginx_example.PROGRAM, "-c", file], port)
        for port, file in files.items()
    ]
    # Cairn accepts the port in its SITE_URL only.
    headers = {**site.visit.headers, "Host": f"localhost:{site.server.port}"}
    visit = site.visit._replace(headers=headers)
    return [
        Load(name, server, [visit])
        for name, server in zip((NGINX, BEHIND_NGINX), servers, strict=True)
    ]


def write_constant(folder: Path, port: int, page: Path) -> Path:
    """A configuration of nginx that responds with `page` to every request."""
    file = folder / "constant.conf"
    file.write_text(
        f"daemon off; worker_processes 1; pid {folder}/constant.pid;"
        f" error_log {folder}/constant.log;"
        " events { worker_connections 4096; } http { access_log off; sendfile on;"
        " tcp_nopush on; keepalive_requests 100000; open_file_cache max=1000;"
        f' server {{ listen {port}; default_type "text/html; charset=utf-8";'
        f" root {page.parent}; location / {{ try_files /{page.name} =404; }} }} }}\n"
    )
    return file


def of_site(site: Site) -> list[Load]:
    return [
        *of_people(site, site.name),
        Load(
            f"{site.name}: {STEP}",
            site.server,
            site.pages("step"),
            site.queries["step"],
        ),
        Load(f"{site.name}: {VISITOR}", site.server, [site.visit]),
    ]


def of_people(site: Site, name: str) -> list[Load]:
    return [
        Load(
            f"{name}: {PAGE}",
            site.server,
            site.pages("page"),
            site.queries["page"],
            site.reset_progress,
        ),
        Load(
            f"{name}: {TICK}",
            site.server,
            site.ticks(),
            site.queries["tick"],
            site.finish_all,
        ),
    ]


def start_and_memory(site: Site, repetitions: int) -> list[Row]:
    """The memory is that of the process that has served the loads."""
    seconds = []
    for _ in range(repetitions):
        server = start_granian(
            "config.wsgi:application", environment(site.database.url)
        )
        seconds.append(server.wait(site.visit))
        server.stop()
    workers = psutil.Process(site.server.process.pid).children()
    shares = [worker.memory_full_info().pss / MB for worker in workers]
    start = Row("start: until the first page", "s", seconds)
    start.goals.append(at_most(start, MOST_SECONDS))
    memory = Row("memory: a worker after the loads (PSS)", "MB", shares)
    memory.goals.append(at_most(memory, MOST_MEMORY))
    return [start, memory]


def add_goals(rows: Sequence[Row], sizes: Sequence[Size]) -> None:
    """Add the goals of those rows whose base was measured too."""
    by_name = {row.name: row for row in rows}
    for name, times, base_name, of in AT_LEAST:
        if name in by_name and base_name in by_name:
            row = by_name[name]
            row.goals.append(at_least(row, times, by_name[base_name], of))
    for what, limit in MOST_QUERIES.items():
        base = by_name.get(f"Cairn: {what}")
        if base:
            base.goals.append(queries_at_most(base, limit))
        for size in sizes:
            row = by_name.get(f"{size.name}: {what}")
            if row and size.kind != "rows":
                row.goals.append(queries_at_most(row, limit))
            elif row and base:
                row.goals.append(no_slower(row, MOST_TIME[what], base))
