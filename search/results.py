"""Finds roadmaps, steps, their parts and the user's own notes with one SQL query."""

from collections import Counter
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import User
from roadmaps.step_parts import get_host
from search.highlight import Highlighter, join_lines, line_of_html
from search.query import Query


class Limits(NamedTuple):
    """How many results to show at most. The best ones of each kind are shown."""

    total: int
    per_kind: int
    per_step: int  # of the step itself, its topics, questions and resources
    # How many rows of each kind are chosen by a quick rank. Only theirs is computed in
    # full, which reads the texts of steps and counts their resources.
    candidates: int


LIMITS = Limits(total=24, per_kind=8, per_step=2, candidates=30)
LIMITS_OF_ONE_KIND = Limits(total=40, per_kind=40, per_step=40, candidates=50)


class Kind(IntEnum):
    """The values of the column `kind`. Results of equal rank come in this order."""

    ROADMAP = 1
    STEP = 2
    TOPIC = 3
    QUESTION = 4
    RESOURCE = 5
    NOTE = 6

    @property
    def slug(self) -> str:
        return self.name.lower()


NUMBERS = {kind.slug: kind.value for kind in Kind}

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
        PARTITION BY found.step_id, kind = {note}
        ORDER BY rank DESC, kind, item_id) AS place_in_step
    FROM query, ({candidates}) AS found, LATERAL (
        SELECT cairn_rank(CASE WHEN kind = {step} AND item_id IS NULL
            THEN (SELECT full_search_vector FROM roadmaps_step WHERE id = found.step_id)
            ELSE found.search_vector END, any_finished, whole, beginning)
            + CASE WHEN kind = {step} THEN 0.02 * least(5, (SELECT count(*)
                FROM roadmaps_resource AS resource
                WHERE resource.step_id = found.step_id
                AND resource.search_vector @@ match)) ELSE 0 END AS rank) AS score
), placed AS (
    SELECT *, row_number() OVER (
        PARTITION BY kind ORDER BY rank DESC, step_id, item_id) AS place
    FROM ranked WHERE step_id IS NULL OR place_in_step <= %(per_step)s
), shown AS (
    SELECT * FROM placed WHERE place <= %(per_kind)s
    ORDER BY place, rank DESC, kind LIMIT %(total)s
)
SELECT shown.kind, roadmap.slug, roadmap.title, category, roadmap.summary,
    is_published, visibility, step.slug, step.title, step.summary,
    CASE WHEN is_in_body THEN concat_ws(E'\n', cairn_join_html(step.html), (
        SELECT string_agg(text_html, E'\n' ORDER BY position, id)
        FROM roadmaps_donewhen WHERE step_id = step.id)) END,
    topic.slug, topic.title, topic.text_html,
    question.id, question.question_html, question.answer_html,
    resource.title, resource.url, resource.publisher, note.text,
    CASE WHEN shown.kind <> {topic} THEN progress.state
        WHEN ticked.topic_id IS NOT NULL THEN 'done' END
FROM shown JOIN roadmaps_roadmap AS roadmap ON roadmap.id = shown.roadmap_id
LEFT JOIN roadmaps_step AS step ON step.id = shown.step_id
LEFT JOIN roadmaps_topic AS topic ON shown.kind = {topic} AND topic.id = item_id
LEFT JOIN roadmaps_question AS question
    ON shown.kind = {question} AND question.id = item_id
LEFT JOIN roadmaps_resource AS resource
    ON shown.kind = {resource} AND resource.id = item_id
LEFT JOIN progress_stepprogress AS progress
    ON progress.user_id = %(user)s AND progress.step_id = shown.step_id
LEFT JOIN progress_topiccheck AS ticked
    ON ticked.user_id = %(user)s AND ticked.topic_id = topic.id
LEFT JOIN progress_note AS note
    ON shown.kind = {note}
    AND note.user_id = %(user)s AND note.step_id = shown.step_id
ORDER BY rank DESC, shown.kind, shown.roadmap_id, shown.step_id, item_id
"""
# The rows of one kind that match. OFFSET 0 sorts them before the join, so that the join
# can stop early.
CANDIDATES_SQL = """
(SELECT {kind} AS kind, roadmap.id AS roadmap_id, {step} AS step_id,
    {item} AS item_id, {is_in_body} AS is_in_body, item.search_vector
FROM (SELECT {columns}, search_vector, {rank} AS rank FROM query, {table} AS item
    WHERE {condition} ORDER BY rank DESC, {key} OFFSET 0) AS item {joins}
WHERE cairn_may_see(roadmap.id, roadmap.is_published, roadmap.visibility,
    %(user)s, %(is_staff)s)
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
    item: str = "NULL::bigint",
    columns: str = "id, step_id",
    *,
    is_in_body: bool = False,
) -> str:
    return CANDIDATES_SQL.format(
        kind=kind.value,
        table=table,
        joins=joins,
        condition=condition,
        rank=rank,
        key=key,
        step=step,
        item=item,
        columns=columns,
        is_in_body=is_in_body,
    )


STEPS = select_candidates(
    Kind.STEP,
    "roadmaps_step",
    JOIN_ROADMAP.format("item"),
    condition="search_vector @@ match AND NOT is_retired",
    step="item.id",
    columns="id, roadmap_id",
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
    columns="id, roadmap_id",
    is_in_body=True,
)
# Outcomes are searched like the body of their step, but are rows of their own. The
# first one that matches stands for the step.
OUTCOMES = select_candidates(
    Kind.STEP,
    "roadmaps_donewhen",
    JOIN_STEP,
    condition="search_vector @@ match AND NOT EXISTS (SELECT FROM roadmaps_step"
    " AS step WHERE step.id = item.step_id AND full_search_vector @@ match)"
    " AND NOT EXISTS (SELECT FROM roadmaps_donewhen AS earlier"
    " WHERE earlier.step_id = item.step_id AND earlier.id < item.id"
    " AND earlier.search_vector @@ match)",
    rank="0",
    item="item.id",
    is_in_body=True,
)
CANDIDATES = {
    Kind.ROADMAP: select_candidates(
        Kind.ROADMAP,
        "roadmaps_roadmap",
        "JOIN roadmaps_roadmap AS roadmap USING (id)",
        step="NULL::int",
        columns="id",
    ),
    # PostgreSQL skips the bodies if titles and summaries fill the LIMIT.
    Kind.STEP: f"({STEPS} UNION ALL {BODIES} UNION ALL {OUTCOMES}"
    " LIMIT %(candidates)s)",
    Kind.TOPIC: select_candidates(
        Kind.TOPIC,
        "roadmaps_topic",
        JOIN_STEP,
        condition="search_vector @@ match AND NOT is_retired",
        item="item.id",
    ),
    Kind.QUESTION: select_candidates(
        Kind.QUESTION, "roadmaps_question", JOIN_STEP, item="item.id"
    ),
    Kind.RESOURCE: select_candidates(
        Kind.RESOURCE, "roadmaps_resource", JOIN_STEP, item="item.id"
    ),
    Kind.NOTE: select_candidates(
        Kind.NOTE,
        "progress_note",
        JOIN_STEP,
        condition="user_id = %(user)s AND search_vector @@ match",
        key="step_id",
        columns="step_id",
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
    visibility: str
    step_slug: str
    step_title: str
    step_summary: str
    step_body: str | None  # HTML, if nothing but the body matches
    topic_slug: str | None
    topic_title: str
    topic_text: str  # HTML, as are the next two
    question_id: int | None
    question: str
    answer: str
    resource_title: str
    resource_url: str
    resource_publisher: str
    note: str
    state: str | None  # of the step, or of the topic


class SearchResult:
    """What the page shows of a row."""

    def __init__(self, row: Row, highlighter: Highlighter) -> None:
        self.kind = Kind(row.kind).slug
        self.row = row
        self._highlighter = highlighter

    @property
    def url(self) -> str:
        """For a topic or a question, its place on the page of its step."""
        row = self.row
        if row.kind == Kind.ROADMAP:
            return reverse("roadmaps:roadmap", args=[row.roadmap_slug])
        url = reverse("roadmaps:step", args=[row.roadmap_slug, row.step_slug])
        match row.kind:
            case Kind.TOPIC:
                return f"{url}#topic_{row.topic_slug}"
            case Kind.QUESTION:
                return f"{url}?answers=1#question_{row.question_id}"
        return url

    @property
    def title(self) -> SafeString:
        match self.row.kind:
            case Kind.ROADMAP:
                text = self.row.roadmap_title
            case Kind.TOPIC:
                text = self.row.topic_title
            case Kind.QUESTION:
                return self._highlighter.excerpt(self._question)
            case Kind.RESOURCE:
                text = self.row.resource_title
            case _:
                text = self.row.step_title
        return self._highlighter.mark(text)

    @cached_property
    def excerpt(self) -> SafeString:
        match self.row.kind:
            case Kind.ROADMAP:
                text = self.row.roadmap_summary
            case Kind.STEP if self.row.step_body:
                text = line_of_html(self.row.step_body)
            case Kind.STEP:
                text = self.row.step_summary
            case Kind.TOPIC:
                text = line_of_html(self.row.topic_text)
            # Do not give away the answer, unless nothing else matches.
            case Kind.QUESTION if not self._highlighter.has_match(self._question):
                text = line_of_html(self.row.answer)
            case Kind.NOTE:
                text = join_lines(self.row.note)
            case _:
                text = ""
        return self._highlighter.excerpt(text)

    @property
    def _question(self) -> str:
        return line_of_html(self.row.question)

    @property
    def site(self) -> str:
        """The publisher of a resource, or the host name of its URL."""
        if self.row.kind != Kind.RESOURCE:
            return ""
        return self.row.resource_publisher or get_host(self.row.resource_url)


class Results(NamedTuple):
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
    limits = LIMITS_OF_ONE_KIND if kind else LIMITS
    rows = select_rows(query, user, kind, limits)
    if not rows and query.correct():
        rows = select_rows(query, user, kind, limits)
    highlighter = Highlighter(query.terms)
    counts = Counter(row.kind for row in rows)
    return Results(
        [SearchResult(row, highlighter) for row in rows],
        is_truncated=len(rows) == limits.total or limits.per_kind in counts.values(),
        is_corrected=bool(rows) and query.is_corrected,
    )


def select_rows(
    query: Query, user: User | AnonymousUser, kind: Kind | None, limits: Limits
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
        **limits._asdict(),
    }
    statement = SEARCH_SQL.format(candidates=candidates, **NUMBERS)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [Row(*row) for row in cursor.fetchall()]
