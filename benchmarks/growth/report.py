"""The tables of docs/scale.md, from the stored results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.growth.results import Result, Results
from benchmarks.server import ROOT
from deploy.drills.faults.report import write as write_section

PAGE = ROOT / "docs" / "scale.md"
SECOND, MINUTE = 1_000, 60_000  # ms
INSIGHT = "admin: insight"
OPERATIONS = ("retire a step", "merge two steps", "split a step")
REQUESTS = ("admin", "roadmap", "step", "mark", "tick", "page", "search")
REQUESTS += ("download", "group", "delete")


def results_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def partitioned(name: str) -> str:
    return f"{name}_partitioned"


def show(
    folder: Path, names: Sequence[str], divided: str, settings: str, write: bool
) -> None:
    """Print the tables. `names` are those of the databases, from small to large;
    `divided` is the name of the one with partitions.
    """
    columns = [Results(results_path(folder, name)).by_name for name in names]
    beside = Results(results_path(folder, divided)).by_name
    sections = {
        "goals": table(["goal", "measured", ""], goals(columns[-1])),
        "requests": table(
            ["request", *map(title, names), "growth", "statements", "pages", "plans"],
            rows(columns, [name for name in names_of(columns) if is_request(name)]),
        ),
        "commands": table(
            ["command", *map(title, names), "growth", "statements", "pages", "plans"],
            rows(columns, [name for name in names_of(columns) if not is_request(name)]),
        ),
        "notes": "\n".join(
            f"- {name}: {result.note}"
            for name, result in columns[-1].items()
            if result.note
        ),
        "ticks": table(
            [
                *("operation", "ticks", "p50 before", "p99 before", "p50 meanwhile"),
                *("p99 meanwhile", "failed", "refused"),
            ],
            tick_rows(columns[-1]),
        ),
        "partitions": table(
            ["", "without partitions", "with partitions", "ratio"],
            compare(columns[-1], beside),
        ),
        "settings": settings,
    }
    for name, text in sections.items():
        print(f"\n{name}\n\n{text}", flush=True)
        if write:
            write_section(PAGE, text, f"growth: {name}")


def title(name: str) -> str:
    return f"{name.removeprefix('marks_').replace('_', '.')} million"


def names_of(columns: Sequence[dict[str, Result]]) -> list[str]:
    return list(dict.fromkeys(name for column in columns for name in column))


def is_request(name: str) -> bool:
    """Whether somebody waits for it in a browser."""
    return name.startswith(REQUESTS)


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rows(
    columns: Sequence[dict[str, Result]], names: Iterable[str]
) -> Iterable[list[str]]:
    for name in names:
        last = next(column[name] for column in reversed(columns) if name in column)
        yield [
            name,
            *(show_times(column.get(name)) for column in columns),
            show_growth([column.get(name) for column in columns]),
            f"{last.statements:,}" if last.statements else "",
            f"{last.pages:,}" if last.pages else "",
            group_plans(last.plans),
        ]


def group_plans(plans: str) -> str:
    """The tables by how they are read: "key: marks, people; Seq Scan: tasks"."""
    tables: dict[str, dict[str, None]] = {}
    for plan in filter(None, plans.split("; ")):
        table, _, method = plan.partition(": ")
        scan, _, index = method.partition(" by ")
        way = index or ("index" if scan == "Bitmap Heap Scan" else scan)
        tables.setdefault(way, {})[table] = None
    return "; ".join(f"{way}: {', '.join(names)}" for way, names in tables.items())


def show_times(result: Result | None) -> str:
    if result is None or not result.first:
        return "not run" if result is None else result.note
    if result.note.startswith("more than"):
        return f"**{result.note}**"
    if result.note.startswith("failed"):
        return "**failed**"
    again = "" if result.again_ms is None else f" / {duration(result.again_ms)}"
    return duration(result.first_ms) + again


def show_growth(results: Sequence[Result | None]) -> str:
    """Of the second times, or else of the first ones, from the smallest database."""
    times = [
        result.again_ms or result.first_ms
        for result in results
        if result and result.first
    ]
    if len(times) < 2:
        return ""
    return ", ".join(f"{later / times[0]:.1f}x" for later in times[1:])


def duration(ms: float) -> str:
    if ms < 10 * SECOND:
        return f"{ms:,.1f} ms" if ms < 100 else f"{ms:,.0f} ms"
    return f"{ms / SECOND:,.1f} s" if ms < 2 * MINUTE else f"{ms / MINUTE:,.1f} min"


def tick_rows(column: dict[str, Result]) -> Iterable[list[str]]:
    for name, result in column.items():
        if ticks := result.ticks:
            times = ("p50 before", "p99 before", "p50 during", "p99 during")
            yield [
                name,
                f"{ticks['ticks']:,.0f}",
                *(duration(ticks[key]) for key in times),
                f"{ticks['failed']:,.0f}",
                f"{ticks['refused']:,.0f}",
            ]


def compare(
    plain: dict[str, Result], divided: dict[str, Result]
) -> Iterable[list[str]]:
    for name, result in divided.items():
        if name in plain:
            yield [
                name,
                show_times(plain[name]),
                show_times(result),
                show_growth([plain[name], result]),
            ]
            if result.ticks and plain[name].ticks:
                before, after = plain[name].ticks, result.ticks
                yield [
                    f"{name}: p99 of the ticks",
                    duration(before["p99 during"]),
                    duration(after["p99 during"]),
                    f"{after['p99 during'] / before['p99 during']:.1f}x",
                ]


def goals(column: dict[str, Result]) -> Iterable[list[str]]:
    if insight := column.get(INSIGHT):
        times = show_times(insight)
        yield ["insight within 1 s", times, verdict(insight.first_ms < SECOND)]
    for name in OPERATIONS:
        if not (result := column.get(name)):
            continue
        is_quick = result.first_ms < 2 * MINUTE and "failed" not in result.note
        yield [f"{name} within 2 min", show_times(result), verdict(is_quick)]
        ticks = result.ticks
        p99, failed = ticks["p99 during"], ticks["failed"]
        measured = f"{duration(ticks['p99 before'])}, then {duration(p99)}"
        is_bearable = p99 <= 2 * ticks["p99 before"]
        yield [f"{name}: p99 of ticks at most doubled", measured, verdict(is_bearable)]
        yield [f"{name}: no tick fails", f"{failed:,.0f} failed", verdict(not failed)]


def verdict(is_met: bool) -> str:
    return "met" if is_met else "**not met**"
