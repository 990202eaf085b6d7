"""The measurements as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from benchmarks.bench.report import number, share
from benchmarks.machines.measurement import (
    BALANCER,
    CACHE,
    CLIENT,
    DATABASE,
    OTHER_CORE,
    POOLER,
    WEB,
    Measured,
)
from benchmarks.machines.traffic import MIX, PAGE, TICK, UNCACHED, VISIT, VISITOR


class Statements(NamedTuple):
    """The number of statements that PostgreSQL executed during a measurement."""

    executed: int
    responses: int
    seconds: float


def table(lines: Sequence[Sequence[str]]) -> str:
    head, *rows = lines
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rate(measured: Measured) -> str:
    low, high = min(measured.rates), max(measured.rates)
    spread = f" ({number(low)} to {number(high)})" if low != high else ""
    return number(measured.rate) + spread


def of_machines(measured: Mapping[tuple[str, int], Measured]) -> str:
    """Each kind of request, with one, two and four web processes."""
    lines = [
        [
            *("request", "web processes", "responses per second", "times one process"),
            *("p50 ms", "p99 ms", "web core ms", "PostgreSQL core ms", "Caddy core ms"),
            *("web cores used", "other core used"),
        ]
    ]
    for (kind, processes), each in measured.items():
        times = each.rate / measured[kind, 1].rate
        other = share(each.share(*OTHER_CORE))
        cells = [kind, str(processes), rate(each), f"{times:.2f}"]
        cells += map(number, (each.p50, each.p99))
        cells += [number(each.cost(part)) for part in (WEB, DATABASE, BALANCER)]
        cells += [f"{each.share(WEB):.2f}"]
        cells += [f"**{other}, the limit**" if each.is_other_core_full else other]
        lines.append(cells)
    return table(lines)


def of_database(
    measured: Mapping[str, Measured], statements: Mapping[str, Statements]
) -> str:
    """What one core of PostgreSQL can serve, and how many web cores that needs."""
    lines = [
        [
            *("request", "statements", "PostgreSQL core ms", "web core ms"),
            *("responses per second and PostgreSQL core", "web cores that these need"),
        ]
    ]
    for kind in (PAGE, TICK, UNCACHED, MIX):
        each, counted = measured[kind], statements[kind]
        database, web = each.cost(DATABASE), each.cost(WEB)
        cells = [counted.executed / counted.responses, database, web]
        cells += [1000 / database, web / database]
        lines.append([kind, *map(number, cells)])
    return table(lines)


def of_limit(
    measured: Mapping[tuple[str, int], Measured], quota: float, unlimited: Measured
) -> str:
    """The mix while PostgreSQL has a small share of a core."""
    expected = quota * 1000 / unlimited.cost(DATABASE)
    lines = [
        [
            *("web processes", "connection", "responses per second"),
            *("p50 ms", "p99 ms", "PostgreSQL’s share used", "web cores used"),
        ]
    ]
    for (name, processes), each in measured.items():
        cells = [str(processes), name, rate(each), number(each.p50), number(each.p99)]
        cells += [f"{each.share(DATABASE) / quota:.0%}", f"{each.share(WEB):.2f}"]
        lines.append(cells)
    text = (
        f"PostgreSQL may use {quota:.3f} of a core. If each response takes"
        f" {number(unlimited.cost(DATABASE))} ms of it, as without a limit, PostgreSQL"
        f" could serve {number(expected)} responses per second."
    )
    return f"{text}\n\n{table(lines)}"


def of_pooler(
    measured: Mapping[tuple[str, str], Measured],
    connections: Mapping[str, tuple[int, float]],
) -> str:
    lines = [
        [
            *("request", "connection", "responses per second", "p50 ms"),
            *("p99 ms", "web core ms", "PostgreSQL core ms", "PgBouncer core ms"),
        ]
    ]
    for (kind, name), each in measured.items():
        cells = [kind, name, rate(each), number(each.p50), number(each.p99)]
        cells += [number(each.cost(part)) for part in (WEB, DATABASE, POOLER)]
        lines.append(cells)
    opened = [["connection", "server connections", "their private memory, MB"]]
    for name, (count, memory) in connections.items():
        opened.append([name, str(count), number(memory)])
    return f"{table(lines)}\n\n{table(opened)}"


def of_visitors(
    counted: Mapping[tuple[str, int], Statements], measured: Mapping[str, Measured]
) -> str:
    """How much work visitors' pages cause in the database."""
    lines = [
        [
            *("request", "web processes", "responses per second"),
            *("statements per second", "statements per 1,000 responses"),
        ]
    ]
    for (kind, processes), each in counted.items():
        cells = [each.responses / each.seconds, each.executed / each.seconds]
        cells.append(1000 * each.executed / each.responses)
        lines.append([kind, str(processes), *map(number, cells)])
    cached, uncached = (
        VISIT[VISITOR] * measured[kind].cost(DATABASE) for kind in (VISITOR, UNCACHED)
    )
    of_visit = sum(VISIT.values()) * measured[MIX].cost(DATABASE)
    most = uncached / (of_visit - cached + uncached)
    text = (
        "Computed, not measured, because Cairn sends no visitors’ pages to a replica:"
        f" of the {number(of_visit)} ms that PostgreSQL spends on one visit"
        f" of the mix, the visitor’s page takes {number(cached)} ms"
        f" ({cached / of_visit:.1%}). If it were never cached, it would take"
        f" {number(uncached)} ms ({most:.1%})."
        " A replica could relieve the primary of no more than that."
    )
    return f"{table(lines)}\n\n{text}"


def used_elsewhere(measured: Measured) -> str:
    """The CPU time of the cache and the client, which no table shows."""
    cache, client = (number(measured.cost(part)) for part in (CACHE, CLIENT))
    return f"For a response of the mix, the cache used {cache} ms and wrk {client} ms."
