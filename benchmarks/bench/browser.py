"""A slow phone: Chromium with slow 4G and a CPU that is four times slower."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.bench.report import Goal, Row, at_most
from benchmarks.bench.servers import MeasurementError
from benchmarks.first_view import (
    LIMITS,
    PATH,
    Transfer,
    cookie,
    summarize,
    transfers,
)
from benchmarks.server import installed_browser

# Lighthouse's slow 4G: 1.6 Mbit/s down, 750 kbit/s up, a round trip of 150 ms.
SLOW_4G = {
    "offline": False,
    "latency": 150,  # ms
    "downloadThroughput": 1_638_400 / 8,  # bytes per second
    "uploadThroughput": 768_000 / 8,
}
PAINT_GOALS = {"first paint": 1000, "largest paint": 1200, "layout shift": 0}
TICK_GOAL = 100  # ms beyond the round trip
PAINTS = """() => new Promise((done) => {
  const paints = { "layout shift": 0 };
  const observe = (type, note) => new PerformanceObserver((list) =>
    list.getEntries().forEach(note)).observe({ type, buffered: true });
  observe("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint") paints["first paint"] = startTime;
  });
  observe("largest-contentful-paint",
    ({ startTime }) => { paints["largest paint"] = startTime; });
  observe("layout-shift", (entry) => { paints["layout shift"] += entry.value; });
  const wait = (turns) => setTimeout(() => (paints["largest paint"] || !turns
    ? setTimeout(() => done(paints), 300) : wait(turns - 1)), 100);
  wait(50);
})"""
TICK = """() => new Promise((done) => {
  const row = document.querySelector(".route > .step.open");
  const id = row.id;
  let begin;
  const observer = new MutationObserver(() => {
    if (document.getElementById(id).dataset.state !== "done") return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      const request = performance.getEntriesByType("resource")
        .findLast((entry) => entry.name.includes("/progress/"));
      done({ painted: performance.now() - begin, roundTrip: request.duration });
    }));
  });
  observer.observe(document.querySelector(".route"),
    { subtree: true, childList: true, attributes: true });
  const button = row.querySelector(".station");
  button.focus(); // as a press does
  begin = performance.now();
  button.click();
})"""


def open_slow_page(browser: Browser, cookies: Mapping[str, str]) -> Page:
    """A page of a browser with an empty cache, on a slow network and CPU."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.add_cookies([cookie(name, value) for name, value in cookies.items()])
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return page


def measure_paints(page: Page, url: str) -> dict[str, float]:
    page.goto(url, wait_until="networkidle")
    paints: dict[str, float] = page.evaluate(PAINTS)
    if page.url != url or len(paints) < len(PAINT_GOALS):
        raise MeasurementError(f"{page.url} painted {paints}")
    return paints


def measure(address: str, cookies: list[dict[str, str]], repetitions: int) -> list[Row]:
    """Paints, ticks and the bytes of a first view, for a visitor and a person.

    `cookies` belong to one person each; each person ticks once.
    """
    values: defaultdict[str, list[float]] = defaultdict(list)
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=["--no-sandbox"]
        )
        for who, own in (("visitor", {}), ("signed in", cookies[0])):
            rows += first_view(who, transfers(browser, address, own))
        for turn in range(repetitions):
            for who, own in (("visitor", {}), ("signed in", cookies[turn])):
                page = open_slow_page(browser, own)
                for name, value in measure_paints(page, address + PATH).items():
                    values[f"{who}: {name}"].append(value)
                if own:
                    tick = page.evaluate(TICK)
                    values["tick, painted"].append(tick["painted"])
                    values["tick, round trip"].append(tick["roundTrip"])
                page.context.close()
        browser.close()
    return [*slow_phone(values), *rows]


def first_view(who: str, view: list[Transfer]) -> list[Row]:
    rows = []
    for name, value in summarize(view).items():
        unit = "" if name == "requests" else "bytes"
        row = Row(f"first view, {who}: {name}", unit, [value])
        row.goals.append(at_most(row, LIMITS[who][name]))
        rows.append(row)
    return rows


def slow_phone(values: Mapping[str, list[float]]) -> list[Row]:
    rows = {
        name: Row(f"slow phone, {name}", "" if "shift" in name else "ms", measured)
        for name, measured in values.items()
    }
    for name, row in rows.items():
        limit = PAINT_GOALS.get(name.partition(": ")[2])
        if limit is not None:
            row.goals.append(at_most(row, limit))
    painted = rows["tick, painted"]
    own_time = painted.median - rows["tick, round trip"].median
    goal = f"≤ {TICK_GOAL} ms beyond the round trip"
    painted.goals.append(Goal(goal, f"{own_time:.0f} ms", own_time <= TICK_GOAL))
    return [*rows.values()]
