"""The rows of a roadmap of 300 steps with nine topics each."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.bench.browser import measure_paints, open_slow_page
from benchmarks.bench.data import Cluster
from benchmarks.bench.load import Load
from benchmarks.bench.report import Goal, Row, at_most, queries_at_most
from benchmarks.bench.servers import CURRENT, Request
from benchmarks.bench.site import TICK, Site
from benchmarks.first_view import transfer
from benchmarks.long_roadmap import MOST_TOPICS, SLUG, write_roadmap
from benchmarks.server import installed_browser

NAME = "300 steps with topics"
PAGE, VISITOR = f"{NAME}: signed-in roadmap", f"{NAME}: visitor's roadmap, not cached"
STEP, TOPIC = f"{NAME}: signed-in step, {MOST_TOPICS} topics", f"{NAME}: topic tick"
PHONE = f"{NAME}: slow phone"
NAMES = [PAGE, VISITOR, STEP, TOPIC, PHONE]
DATABASE = "long"
MOST_MS = 60  # milliseconds of the one core, per page
MOST_BYTES = 60_000  # of the HTML, compressed
MOST_PAINT = 1200  # ms
# Three of the roadmap page's queries suggest what to learn next, once it is completed.
MOST_QUERIES = {PAGE: 7, STEP: 7}
# The first half of the steps is done, and every second topic is ticked.
HALF_WAY = """
    INSERT INTO progress_stepprogress (user_id, step_id, state, started_at, done_at)
    SELECT u, s.id, 'done', now(), now() FROM unnest(%(people)s::bigint[]) AS u,
        roadmaps_step AS s JOIN roadmaps_roadmap AS r ON r.id = s.roadmap_id
    WHERE r.slug = %(slug)s AND s.position <= 150
    ON CONFLICT DO NOTHING"""
TICK_TOPICS = """
    INSERT INTO progress_topiccheck (user_id, topic_id)
    SELECT u, t.id FROM unnest(%(people)s::bigint[]) AS u, roadmaps_topic AS t
    WHERE mod(t.id, 2) = 0
    ON CONFLICT DO NOTHING"""


def fill(cluster: Cluster, folder: Path) -> None:
    """Copy the base database, while nobody uses it, and import the roadmap."""
    file = folder / "long.yaml"
    file.write_text(write_roadmap())
    url = cluster.create(DATABASE, "base")
    CURRENT.run(url, "manage.py", "import_roadmap", str(file))


def serve(cluster: Cluster, sessions: int) -> Site:
    """A site with people who are halfway."""
    site = Site(cluster.url(DATABASE), sessions, slug=SLUG)
    values = {"people": site.people, "slug": SLUG}
    for statement in (HALF_WAY, TICK_TOPICS, "VACUUM (ANALYZE)"):
        site.database.execute(statement, values)
    return site


def loads(site: Site) -> list[Load]:
    path = site.paths["page"]
    # Each address is different, so no response comes from the cache.
    visits = [Request(f"{path}?visit={number}") for number in range(1000)]
    return [
        Load(VISITOR, site.server, visits),
        Load(PAGE, site.server, site.pages("page"), site.queries["page"]),
        Load(STEP, site.server, site.pages("step"), site.queries["step"]),
        Load(TOPIC, site.server, topic_ticks(site)),
    ]


def topic_ticks(site: Site) -> list[Request]:
    """Every person ticks every topic of one step and unticks it again."""
    slug = site.paths["step"].split("/")[-2]
    topics = site.database.values(
        "SELECT t.id FROM roadmaps_topic AS t JOIN roadmaps_step AS s ON s.id = step_id"
        " JOIN roadmaps_roadmap AS r ON r.id = s.roadmap_id"
        f" WHERE r.slug = '{SLUG}' AND s.slug = '{slug}'"
    )
    return [
        Request(f"/progress/topics/{topic}/{outcome}/", {**headers, **TICK}, "POST")
        for outcome in ("unchecked", "checked")
        for topic in topics
        for headers in site.headers
    ]


def add_goals(rows: list[Row]) -> None:
    for row in rows:
        if row.name in (PAGE, VISITOR):
            time = 1000 / row.median
            goal = f"≤ {MOST_MS} ms of one core"
            row.goals.append(Goal(goal, f"{time:.0f} ms", time <= MOST_MS))
        if row.name in MOST_QUERIES:
            row.goals.append(queries_at_most(row, MOST_QUERIES[row.name]))


def browse(site: Site, repetitions: int) -> list[Row]:
    """The size of the HTML, and when a slow phone first paints it."""
    url = f"http://localhost:{site.server.port}{site.paths['page']}"
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=["--no-sandbox"]
        )
        for who, cookies in (("visitor", {}), ("signed in", site.cookies[0])):
            size = Row(f"{NAME}, {who}: HTML", "bytes", [transfer(url, cookies).body])
            size.goals.append(at_most(size, MOST_BYTES))
            times = []
            for _ in range(repetitions):
                page = open_slow_page(browser, cookies)
                times.append(measure_paints(page, url)["first paint"])
                page.context.close()
            paint = Row(f"{PHONE}, {who}: first paint", "ms", times)
            paint.goals.append(at_most(paint, MOST_PAINT))
            rows += [size, paint]
        browser.close()
    return rows
