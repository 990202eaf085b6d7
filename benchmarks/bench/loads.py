"""The loads: Cairn's pages, and what they are compared with."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.bench.load import ask
from benchmarks.bench.servers import Server, granian, nginx
from benchmarks.bench.site import ZIPPED, Site, environment
from benchmarks.bench.work import Work

PAGE, TICK = "signed-in roadmap", "tick"
CONSTANT = "granian: visitor's bytes"
FLOOR_PAGE, FLOOR_TICK = f"FLOOR: {PAGE}", f"FLOOR: {TICK}"
PLAIN = f"plain Django: {PAGE}"
WRITTEN_PAGE, WRITTEN_TICK = f"written already: {PAGE}", f"written already: {TICK}"
CAIRN = "Cairn"
VISITOR, REVISIT = f"{CAIRN}: visitor's roadmap", f"{CAIRN}: revisit, 304"
SIGNED_IN = {"page": PAGE, "list": "list", "step": "step", "search": "search"}


def limits(base: Site, folder: Path, servers: list[Server]) -> list[Work]:
    """Others that serve the same bytes, which are added to `servers`."""
    body = ask(base.server.port, base.visit()).body
    parts, page = folder / "parts.json", folder / "visitor.html"
    parts.write_text(json.dumps(base.parts()))
    page.write_bytes(body)
    url = base.database.url
    constant, floor, plain, written = (
        granian(f"benchmarks.bench.{application}:application", variables)
        for application, variables in (
            ("constant", {"CONSTANT_PAGE": str(page)}),
            ("floor", {"DATABASE_URL": url, "FLOOR_PARTS": str(parts)}),
            ("plain.wsgi", environment(url)),
            ("written", environment(url)),
        )
    )
    servers += [constant, floor, plain, written]
    pages, ticks, visit = base.signed_in("page"), base.ticks(), [base.visit()]
    works = [
        Work(CONSTANT, constant, visit),
        Work(FLOOR_PAGE, floor, pages, before=base.put_back),
        Work(FLOOR_TICK, floor, ticks, before=base.finish),
        Work(WRITTEN_PAGE, written, pages, before=base.put_back),
        Work(WRITTEN_TICK, written, ticks, before=base.finish),
        Work(PLAIN, plain, pages, before=base.put_back),
    ]
    if static := nginx(folder, body):
        servers.append(static)
        works.insert(0, Work("nginx: visitor's bytes", static, visit))
    for work in works:
        work.server.wait(work.requests[0])
    return works


def signed_in(site: Site, of: str = CAIRN) -> list[Work]:
    """What people who are signed in do."""
    works = [
        Work(
            f"{of}: {what}",
            site.server,
            site.signed_in(name),
            details={
                "queries": site.queries[name],
                "gzip": site.compressed(site.signed_in(name)[0]),
            },
            before=site.put_back,
        )
        for name, what in SIGNED_IN.items()
    ]
    ticks = Work(
        f"{of}: {TICK}",
        site.server,
        site.ticks(),
        details={"queries": site.queries["tick"]},
        before=site.finish,
    )
    return [works[0], ticks, *works[1:]]


def visits(site: Site) -> list[Work]:
    """What somebody does who is not, and a page as browsers ask for it."""
    details = {
        "queries": site.queries["visitor"],
        "gzip": site.compressed(site.visit()),
    }
    zipped = f"{CAIRN}: {PAGE}, compressed"
    return [
        Work(zipped, site.server, site.signed_in("page", ZIPPED), before=site.put_back),
        Work(VISITOR, site.server, [site.visit()], details=details),
        Work(REVISIT, site.server, [site.revisit()]),
    ]
