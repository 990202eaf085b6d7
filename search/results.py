"""Finds roadmaps, steps, resources and the user's own notes with one SQL query."""

from collections import Counter
from enum import IntEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import User
from search.highlight import Highlighter, join_lines, text_of_html
from search.query import Query

MAX_PER_KIND = 8
MAX_OF_ONE_KIND = 40  # when the results are narrowed to it
# The best rows of each kind by a quick rank. Only their rank is computed, which reads
# the bodies of steps and counts their resources.
MAX_CANDIDATES = 50


class Kind(IntEnum):
    """The values of the column `kind`. Results of equal rank come in this order."""

    ROADMAP = 1
    STEP = 2
    RESOURCE = 3
    NOTE = 4

    @property
    def slug(self) -> str:
        return self.name.lower()


# Raw SQL, because the ORM takes 12 ms to build this query, longer than PostgreSQL takes
# to run it. `query` is MATERIALIZED so that the planner does not know the words. If it
# did, it would underestimate the cost of reading every search vector and not use the
# index.
SEARCH_SQL = """
WITH query AS MATERIALIZED (
    SELECT *, finished && (whole || beginning) AS match,
        any_finished || whole || beginning AS any_word
    FROM (SELECT to_tsquery(%(config)s::regconfig, %(finished)s) AS finished,
        to_tsquery('english', %(any)s) || to_tsquery('simple', %(any)s) AS any_finished,
        to_tsquery('english', %(last)s) || to_tsquery('simple', %(last)s) AS whole,
        to_tsquery('simple', %(beginning)s) AS beginning) AS words
), ranked AS (
    SELECT found.*, rank, row_number() OVER (
        PARTITION BY kind ORDER BY rank DESC, found.step_id, resource_id) AS place
    FROM query, ({candidates}) AS found
    LEFT JOIN roadmaps_step AS step ON found.kind = 2 AND step.id = found.step_id,
    LATERAL (SELECT cairn_rank(coalesce(full_search_vector, found.search_vector),
        any_finished, whole, beginning) + 0.02 * least(5, (SELECT count(*)
            FROM roadmaps_resource AS resource WHERE resource.step_id = step.id
            AND resource.search_vector @@ match)) AS rank) AS score
)
SELECT ranked.kind, roadmap.slug, roadmap.title, category, roadmap.summary,
    is_published, step.slug, step.title, step.summary,
    CASE WHEN is_in_body THEN cairn_join_html(step.html) END,
    resource.title, resource.url, note.text, progress.state
FROM ranked JOIN roadmaps_roadmap AS roadmap ON roadmap.id = ranked.roadmap_id
LEFT JOIN roadmaps_step AS step ON step.id = ranked.step_id
LEFT JOIN roadmaps_resource AS resource ON resource.id = resource_id
LEFT JOIN progress_stepprogress AS progress
    ON progress.user_id = %(user)s AND progress.step_id = ranked.step_id
LEFT JOIN progress_note AS note
    ON ranked.kind = 4 AND note.user_id = %(user)s AND note.step_id = ranked.step_id
WHERE place <= %(limit)s
ORDER BY rank DESC, ranked.kind, ranked.roadmap_id, ranked.step_id, resource_id
"""
# The rows of one kind that match. OFFSET 0 sorts them before the join, so that the join
# can stop early.
CANDIDATES_SQL = """
(SELECT {kind} AS kind, roadmap.id AS roadmap_id, {step} AS step_id,
    {resource} AS resource_id, {is_in_body} AS is_in_body, item.search_vector
FROM (SELECT item.*, {rank} AS rank FROM query, {table} AS item
    WHERE {condition} ORDER BY rank DESC, {key} OFFSET 0) AS item {joins}
WHERE roadmap.is_published OR %(is_staff)s
ORDER BY item.rank DESC, item.{key} LIMIT %(candidates)s)"""
JOIN_ROADMAP = "JOIN roadmaps_roadmap AS roadmap ON roadmap.id = {}.roadmap_id"
JOIN_STEP = (
    "JOIN roadmaps_step AS step ON step.id = item.step_id AND NOT step.is_retired "
    + JOIN_ROADMAP.format("step")
)


def select_candidates(
    kind: Kind,
    table: str,
    joins: str,
    condition: str = "search_vector @@ match",
    rank: str = "ts_rank(search_vector, any_word)",
    key: str = "id",
    step: str = "step.id",
    resource: str = "NULL::bigint",
) -> str:
    return CANDIDATES_SQL.format(
        kind=kind.value,
        table=table,
        joins=joins,
        condition=condition,
        rank=rank,
        key=key,
        step=step,
        resource=resource,
        is_in_body="full_search_vector" in condition,
    )


STEPS = select_candidates(
    Kind.STEP,
    "roadmaps_step",
    JOIN_ROADMAP.format("item"),
    condition="search_vector @@ match AND NOT is_retired",
    step="item.id",
)
# Bodies are too large for a rank of each, so the first ones are taken.
BODIES = select_candidates(
    Kind.STEP,
    "roadmaps_step",
    JOIN_ROADMAP.format("item"),
    condition="full_search_vector @@ match AND NOT search_vector @@ match"
    " AND NOT is_retired",
    rank="0",
    step="item.id",
)
CANDIDATES = {
    Kind.ROADMAP: select_candidates(
        Kind.ROADMAP,
        "roadmaps_roadmap",
        "JOIN roadmaps_roadmap AS roadmap USING (id)",
        step="NULL::int",
    ),
    # PostgreSQL skips the bodies if titles and summaries fill the LIMIT.
    Kind.STEP: f"({STEPS} UNION ALL {BODIES} LIMIT %(candidates)s)",
    Kind.RESOURCE: select_candidates(
        Kind.RESOURCE, "roadmaps_resource", JOIN_STEP, resource="item.id"
    ),
    Kind.NOTE: select_candidates(
        Kind.NOTE,
        "progress_note",
        JOIN_STEP,
        condition="user_id = %(user)s AND search_vector @@ match",
        key="step_id",
    ),
}


class Row(NamedTuple):
    """A row of `SEARCH_SQL`, with the columns in the same order."""

    kind: int
    roadmap_slug: str
    roadmap_title: str
    category: str
    roadmap_summary: str
    is_published: bool
    step_slug: str
    step_title: str
    step_summary: str
    step_body: str | None  # HTML, if nothing but the body matches
    resource_title: str
    resource_url: str
    note: str
    state: str | None


class SearchResult:
    """What the page shows of a row."""

    def __init__(self, row: Row, highlighter: Highlighter) -> None:
        self.kind = Kind(row.kind).slug
        self.row = row
        self._highlighter = highlighter

    @property
    def url(self) -> str:
        if self.row.kind == Kind.ROADMAP:
            return reverse("roadmaps:roadmap", args=[self.row.roadmap_slug])
        return reverse(
            "roadmaps:step", args=[self.row.roadmap_slug, self.row.step_slug]
        )

    @property
    def title(self) -> SafeString:
        match self.row.kind:
            case Kind.ROADMAP:
                text = self.row.roadmap_title
            case Kind.RESOURCE:
                text = self.row.resource_title
            case _:
                text = self.row.step_title
        return self._highlighter.mark(text)

    @property
    def excerpt(self) -> SafeString:
        match self.row.kind:
            case Kind.ROADMAP:
                text = self.row.roadmap_summary
            case Kind.STEP if self.row.step_body:
                text = join_lines(text_of_html(self.row.step_body))
            case Kind.STEP:
                text = self.row.step_summary
            case Kind.NOTE:
                text = join_lines(self.row.note)
            case _:
                text = ""
        return self._highlighter.excerpt(text)

    @property
    def host(self) -> str:
        """The host name of a resource, without "www."."""
        if self.row.kind != Kind.RESOURCE:
            return ""
        return (urlsplit(self.row.resource_url).hostname or "").removeprefix("www.")


class Results(NamedTuple):
    """At most eight results per kind, or forty if they are narrowed to one kind."""

    found: list[SearchResult]
    is_truncated: bool
    is_corrected: bool  # whether they have words that differ by a typo


def find_results(
    query: Query, user: User | AnonymousUser, kind: Kind | None = None
) -> Results:
    """Return the results that the user may see, best first.

    If nothing matches, the words may differ by one typo.
    """
    if not query.read_terms():
        return Results([], is_truncated=False, is_corrected=False)
    limit = MAX_OF_ONE_KIND if kind else MAX_PER_KIND
    rows = select_rows(query, user, kind, limit)
    if not rows and query.correct():
        rows = select_rows(query, user, kind, limit)
    highlighter = Highlighter(query.terms)
    counts = Counter(row.kind for row in rows)
    return Results(
        [SearchResult(row, highlighter) for row in rows],
        is_truncated=limit in counts.values(),
        is_corrected=bool(rows) and query.is_corrected,
    )


def select_rows(
    query: Query, user: User | AnonymousUser, kind: Kind | None, limit: int
) -> list[Row]:
    kinds = [kind] if kind else list(Kind)
    if not user.is_authenticated:
        kinds = [kind for kind in kinds if kind != Kind.NOTE]
    if not kinds:
        return []
    candidates = " UNION ALL ".join(CANDIDATES[kind] for kind in kinds)
    parameters = query.parameters | {
        "user": user.pk,
        "is_staff": user.is_staff,
        "limit": limit,
        "candidates": MAX_CANDIDATES,
    }
    with connection.cursor() as cursor:
        cursor.execute(SEARCH_SQL.format(candidates=candidates), parameters)
        return [Row(*row) for row in cursor.fetchall()]
