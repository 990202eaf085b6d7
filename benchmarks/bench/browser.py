"""What a phone on a slow network sees: Chromium with slow 4G and a 4x slower CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.bench.load import FailedError
from benchmarks.bench.report import Goal, Row, at_most
from benchmarks.bench.servers import unpinned
from benchmarks.first_view import (
    BUDGET,
    BUDGET_OF_ALL,
    MOST_REQUESTS,
    PATH,
    cookie,
    transfers,
)
from benchmarks.server import installed_browser

# Lighthouse's slow 4G: 1.6 Mbit/s down, 750 kbit/s up, 150 ms for a round trip.
ROUND_TRIP = 150  # ms
SLOW_4G = {
    "offline": False,
    "latency": ROUND_TRIP,
    "downloadThroughput": 1_638_400 / 8,
    "uploadThroughput": 768_000 / 8,
}
PAINTS = """() => new Promise((done) => {
  const seen = { shift: 0 };
  const each = (type, note) => new PerformanceObserver((list) =>
    list.getEntries().forEach(note)).observe({ type, buffered: true });
  each("paint", (entry) => { seen[entry.name] = entry.startTime; });
  each("largest-contentful-paint", (entry) => { seen.largest = entry.startTime; });
  each("layout-shift", (entry) => { seen.shift += entry.value; });
  const settled = () => setTimeout(() => done(seen), 300);
  const wait = (turns) => setTimeout(
    () => (seen.largest || !turns ? settled() : wait(turns - 1)), 100);
  wait(50);
})"""
TICK = """() => new Promise((done) => {
  const row = document.querySelector(".route > .step.open");
  const id = row.id;
  let begun;
  const watch = new MutationObserver(() => {
    if (document.getElementById(id).dataset.state !== "done") return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      const sent = performance.getEntriesByType("resource")
        .findLast((entry) => entry.name.includes("/progress/"));
      done({ painted: performance.now() - begun, round: sent.duration });
    }));
  });
  watch.observe(document.querySelector(".route"),
    { subtree: true, childList: true, attributes: true });
  const button = row.querySelector(".station");
  button.focus(); // as a press does
  begun = performance.now();
  button.click();
})"""


def slow_page(browser: Browser, cookies: Mapping[str, str]) -> tuple[Page, CDPSession]:
    """A page of a browser that has nothing, on a slow network and processor."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.add_cookies([cookie(name, value) for name, value in cookies.items()])
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return page, session


def measured(
    address: str, cookies: list[Mapping[str, str]], repetitions: int
) -> tuple[list[Row], list[Goal]]:
    """Paints for a visitor and a person, ticks, and the bytes of their first views.

    `cookies` are one person's each: a tick is measured once a person.
    """
    seen: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        seen.setdefault(name, []).append(value)

    # On one core the processes of a browser would wait for one another.
    with unpinned(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=["--no-sandbox"]
        )
        views = {
            who: transfers(browser, address, own)
            for who, own in (("visitor", {}), ("signed in", cookies[0]))
        }
        for turn in range(repetitions):
            for who, own in (("visitor", {}), ("signed in", cookies[turn])):
                page, _ = slow_page(browser, own)
                page.goto(address + PATH, wait_until="networkidle")
                paints: dict[str, Any] = page.evaluate(PAINTS)
                if page.url != address + PATH or "largest" not in paints:
                    raise FailedError(f"{page.url} painted {paints}")
                note(f"{who}: first paint", paints["first-contentful-paint"])
                note(f"{who}: largest paint", paints["largest"])
                note(f"{who}: layout shift", paints["shift"])
                if own:
                    tick = page.evaluate(TICK)
                    note("tick, painted", tick["painted"])
                    note("tick, round trip", tick["round"])
                page.context.close()
        browser.close()
    units = {"layout shift": ""}
    rows = [
        Row(f"slow phone, {name}", units.get(name.split(": ")[-1], "ms"), values)
        for name, values in seen.items()
    ]
    goals = [
        at_most(row, most, row.unit)
        for row in rows
        for what, most in (
            ("first paint", 1000),
            ("largest paint", 1200),
            ("layout shift", 0),
        )
        if row.name.endswith(what)
    ]
    by_name = {row.name.removeprefix("slow phone, "): row for row in rows}
    painted, round_trip = by_name["tick, painted"], by_name["tick, round trip"]
    own_time = painted.median - round_trip.median
    wish = "≤ 100 ms and the round trip"
    goals.append(Goal(painted.name, wish, f"{own_time:.0f} ms and it", own_time <= 100))
    for who, view in views.items():
        blocking = sum(transfer.size for transfer in view if transfer.is_blocking)
        everything = sum(transfer.size for transfer in view)
        for what, value, most, unit in (
            ("HTML, headers and CSS", blocking, BUDGET, "bytes"),
            ("everything", everything, BUDGET_OF_ALL, "bytes"),
            ("requests", len(view), MOST_REQUESTS, ""),
        ):
            rows.append(Row(f"first view, {who}: {what}", unit, [value]))
            goals.append(at_most(rows[-1], most, unit))
    return rows, goals
