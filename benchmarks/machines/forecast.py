"""Compute from the measured costs what a million active people a day need."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from benchmarks.bench.report import number
from benchmarks.machines.installation import POOL_SIZE
from benchmarks.machines.measurement import BALANCER, CACHE, DATABASE, WEB, Measured
from benchmarks.machines.traffic import (
    MIX,
    PAGE,
    PAGES_PER_VISIT,
    REQUESTS_PER_VISIT,
    TICK,
    UNCACHED,
    VISIT,
    VISITOR,
)

# Assumptions, not measurements.
PEOPLE = 1_000_000
VISITS_A_DAY = 2  # of each active person
BUSIEST_HOUR = 0.15  # the share of the day's visits
PEAK = 2  # times the average of the busiest hour, as when lessons begin
BUSY = 0.6  # the share of each core that is planned to be used at the peak

PARTS = [WEB, DATABASE, BALANCER, CACHE]
MS_PER_CORE_HOUR = 3_600_000
MILLION = 1_000_000


def costs(measured: Mapping[str, Measured]) -> list[list[str]]:
    """Return the core hours for a million requests of each kind, and of the mix."""
    lines = [["a million", *(f"{part}, core hours" for part in PARTS)]]
    for kind, name in {
        PAGE: "signed-in roadmap pages",
        TICK: "marks",
        VISITOR: "visitors’ pages, of one address",
        UNCACHED: "visitors’ pages, never cached",
    }.items():
        hours = [core_hours(measured[kind], part) for part in PARTS]
        lines.append([name, *map(number, hours)])
    requests_per_page = REQUESTS_PER_VISIT / PAGES_PER_VISIT
    hours = [core_hours(measured[MIX], part) * requests_per_page for part in PARTS]
    marks = VISIT[TICK] / PAGES_PER_VISIT
    name = f"**page views of the mix**, with {marks:g} million marks"
    lines.append([name, *map(number, hours)])
    return lines


def core_hours(measured: Measured, part: str) -> float:
    """Return the core hours for a million responses."""
    return measured.cost(part) * MILLION / MS_PER_CORE_HOUR


def assumptions() -> str:
    return (
        f"{PEOPLE:,} active people a day; {VISITS_A_DAY} visits each;"
        f" {BUSIEST_HOUR:.0%} of the visits in the busiest hour, with a peak of"
        f" {PEAK} times that hour’s average; at the peak, each core is {BUSY:.0%} busy."
    )


def forecast(mix: Measured) -> list[list[str]]:
    day = PEOPLE * VISITS_A_DAY / (24 * 3600)  # visits per second
    hour = PEOPLE * VISITS_A_DAY * BUSIEST_HOUR / 3600
    moments = [day, hour, hour * PEAK]
    lines = [["", "average of the day", "busiest hour", "its peak"]]
    rows: list[tuple[str, float]] = [
        ("visits per second", 1),
        ("page views per second", PAGES_PER_VISIT),
        ("marks per second", VISIT[TICK]),
    ]
    for part in PARTS:
        per_visit = mix.cost(part) * REQUESTS_PER_VISIT / 1000
        rows.append((f"cores that {part} uses", per_visit))
        if part in (WEB, DATABASE):
            rows.append((f"cores to provide for {part}", per_visit / BUSY))
    lines += [
        [name, *(number(times * each) for each in moments)] for name, times in rows
    ]
    web_cores = mix.cost(WEB) * REQUESTS_PER_VISIT / 1000 / BUSY
    processes = [ceil(web_cores * each) for each in moments]
    name = "most connections without PgBouncer, if each web process has a core"
    lines.append([name, *(f"{count * POOL_SIZE:,}" for count in processes)])
    return lines
