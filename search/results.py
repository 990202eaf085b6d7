"""Finds roadmaps, steps, resources and the user's own notes with one SQL query."""

from enum import IntEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from core.text import isolate
from search.query import Query

MAX_PER_KIND = 8
EXCERPT_LENGTH = 2_000  # characters of a text among which its excerpt is chosen
# PostgreSQL puts these around each matching word. They are replaced by <mark> elements
# after the text has been escaped.
HIGHLIGHT_START, HIGHLIGHT_END = "\x02", "\x03"
# The SQL function cairn_only_words puts this after punctuation.
AFTER_PUNCTUATION = "\x80"

# Raw SQL, because the ORM takes 12 ms to build this query, longer than PostgreSQL takes
# to run it. `matches` selects the best rows of each kind, and reads only keys and
# vectors. The main SELECT reads the texts of these few rows and highlights the words.
SEARCH_SQL = """
WITH query AS NOT MATERIALIZED (
    SELECT
        to_tsquery('english', %(finished)s) && (
            to_tsquery('english', %(last)s)
            || to_tsquery('cairn_written', %(last_written)s)
        ) AS match,
        -- The same query. The cast to ::text keeps the planner from computing it as a
        -- constant. With a constant, it underestimates the cost of reading the search
        -- vectors of a whole table, and does not use the index.
        to_tsquery('english'::text::regconfig, %(finished)s) && (
            to_tsquery('english'::text::regconfig, %(last)s)
            || to_tsquery('cairn_written'::text::regconfig, %(last_written)s)
        ) AS match_by_index,
        to_tsquery('english', %(all)s) AS all_stems,
        to_tsquery('english', %(any)s)
            || to_tsquery('cairn_written', %(any_written)s) AS any_word
),
matches AS (
    (
        SELECT
            1 AS kind,
            ts_rank(roadmap.search_vector, any_word) AS rank,
            roadmap.id AS roadmap_id,
            NULL::bigint AS step_id,
            NULL::bigint AS resource_id,
            FALSE AS is_in_body
        FROM query, roadmaps_roadmap AS roadmap
        WHERE roadmap.search_vector @@ match
            AND (roadmap.is_published OR %(is_staff)s)
        ORDER BY rank DESC, roadmap.id
        LIMIT %(limit)s
    )
    UNION ALL
    (
        -- First the steps that match in their title or summary, then those that match
        -- only in their body. PostgreSQL skips the second part if the first one fills
        -- the LIMIT.
        (
            SELECT 2, rank, step.roadmap_id, step.id, NULL::bigint, FALSE
            FROM (
                SELECT
                    step.id,
                    step.roadmap_id,
                    ts_rank(step.search_vector, any_word) AS rank
                FROM query, roadmaps_step AS step
                WHERE step.search_vector @@ match_by_index
                    AND NOT step.is_retired
                ORDER BY rank DESC, step.id
                OFFSET 0 -- sort before the join, so that the join can stop early
            ) AS step
            JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
            WHERE roadmap.is_published OR %(is_staff)s
            ORDER BY rank DESC, step.id
            LIMIT %(limit)s
        )
        UNION ALL
        (
            SELECT
                2,
                ts_rank(step.search_vector_with_body, any_word) AS rank,
                step.roadmap_id,
                step.id,
                NULL::bigint,
                TRUE
            FROM query, (
                SELECT step.id, step.roadmap_id, step.search_vector_with_body
                FROM (
                    SELECT step.id, step.roadmap_id, step.search_vector_with_body
                    FROM query, roadmaps_step AS step
                    WHERE step.search_vector_with_body @@ match_by_index
                        AND NOT step.search_vector @@ match
                        AND NOT step.is_retired
                    OFFSET 0 -- search the index before sorting
                ) AS step
                JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
                WHERE roadmap.is_published OR %(is_staff)s
                ORDER BY step.id
                LIMIT 10 * %(limit)s
            ) AS step
            ORDER BY rank DESC, step.id
            LIMIT %(limit)s
        )
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT 3, rank, step.roadmap_id, step.id, resource.id, FALSE
        FROM (
            SELECT
                resource.id,
                resource.step_id,
                ts_rank(resource.search_vector, any_word) AS rank
            FROM query, roadmaps_resource AS resource
            WHERE resource.search_vector @@ match_by_index
            ORDER BY rank DESC, resource.id
            OFFSET 0
        ) AS resource
        JOIN roadmaps_step AS step ON step.id = resource.step_id
        JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
        WHERE NOT step.is_retired
            AND (roadmap.is_published OR %(is_staff)s)
        ORDER BY rank DESC, resource.id
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT
            4,
            ts_rank(note.search_vector, any_word) AS rank,
            step.roadmap_id,
            step.id,
            NULL::bigint,
            FALSE
        FROM query, progress_note AS note
        JOIN roadmaps_step AS step ON step.id = note.step_id
        JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
        WHERE note.user_id = %(user)s
            AND note.search_vector @@ match
            AND NOT step.is_retired
            AND (roadmap.is_published OR %(is_staff)s)
        ORDER BY rank DESC, step.id
        LIMIT %(limit)s
    )
)
SELECT
    matches.kind,
    matches.rank,
    ts_headline(
        display.config, cairn_only_words(display.title), any_word, %(whole_text)s
    ),
    CASE
        WHEN length(whole.whole_text) <= 300
        THEN ts_headline(
            display.config, cairn_only_words(display.text), any_word, %(whole_text)s
        )
        ELSE '… '
            || ts_headline(
                display.config,
                cairn_only_words(display.text),
                any_word,
                %(excerpt)s
            )
            || ' …'
    END,
    roadmap.slug,
    roadmap.title,
    roadmap.category,
    roadmap.is_published,
    coalesce(step.slug, ''),
    coalesce(step.title, ''),
    coalesce(resource.url, '')
FROM query, matches
JOIN roadmaps_roadmap AS roadmap ON roadmap.id = matches.roadmap_id
LEFT JOIN roadmaps_step AS step ON step.id = matches.step_id
LEFT JOIN roadmaps_resource AS resource ON resource.id = matches.resource_id
LEFT JOIN progress_note AS note
    ON matches.kind = 4 AND note.user_id = %(user)s AND note.step_id = matches.step_id
CROSS JOIN LATERAL (
    SELECT
        CASE matches.kind
            WHEN 1 THEN roadmap.title
            WHEN 3 THEN resource.title
            ELSE step.title
        END AS title,
        CASE matches.kind
            WHEN 1 THEN roadmap.summary
            WHEN 2 THEN
                CASE
                    WHEN matches.is_in_body THEN cairn_html_to_text(step.body_html)
                    ELSE step.summary
                END
            WHEN 4 THEN note.text
            ELSE ''
        END AS whole_text,
        CASE
            WHEN coalesce(
                note.search_vector,
                resource.search_vector,
                step.search_vector_with_body,
                roadmap.search_vector
            ) @@ all_stems
            THEN 'english'::regconfig
            ELSE 'cairn_written'::regconfig
        END AS config
) AS whole
CROSS JOIN LATERAL (
    -- ts_headline takes seconds for a long text in which many words match, so it gets
    -- only the part around the first match.
    SELECT
        whole.title,
        whole.config,
        substr(
            whole.whole_text,
            greatest(
                1, regexp_instr(whole.whole_text, %(beginnings)s, 1, 1, 0, 'i') - 200
            ),
            %(excerpt_length)s
        ) AS text
) AS display
ORDER BY
    matches.rank DESC,
    matches.kind,
    matches.roadmap_id,
    matches.step_id,
    matches.resource_id
"""
HIGHLIGHT_OPTIONS = f'StartSel="{HIGHLIGHT_START}", StopSel="{HIGHLIGHT_END}"'


class Kind(IntEnum):
    """The values of the column `kind` in `SEARCH_SQL`."""

    ROADMAP = 1
    STEP = 2
    RESOURCE = 3
    NOTE = 4


class SearchResult(NamedTuple):
    """One row of `SEARCH_SQL`, with the columns in the same order."""

    kind: int
    rank: float
    highlighted_title: str
    highlighted_text: str
    roadmap_slug: str
    roadmap_title: str
    category: str
    is_published: bool
    step_slug: str
    step_title: str
    resource_url: str

    @property
    def subtitle(self) -> str:
        """The kind of the result, and what it belongs to."""
        roadmap = isolate(self.roadmap_title)
        match self.kind:
            case Kind.ROADMAP:
                return f"Roadmap · {isolate(self.category)}"
            case Kind.STEP:
                return f"Step · {roadmap}"
            case Kind.RESOURCE:
                return f"Resource · {isolate(self.step_title)}, {roadmap}"
            case _:
                return f"Your note · {roadmap}"

    @property
    def url(self) -> str:
        if self.kind == Kind.ROADMAP:
            return reverse("roadmaps:roadmap", args=[self.roadmap_slug])
        return reverse("roadmaps:step", args=[self.roadmap_slug, self.step_slug])

    @property
    def title(self) -> SafeString:
        return highlight(self.highlighted_title)

    @property
    def excerpt(self) -> SafeString:
        return highlight(self.highlighted_text)

    @property
    def host(self) -> str:
        """The host name of a resource, without "www."."""
        return (urlsplit(self.resource_url).hostname or "").removeprefix("www.")


def highlight(text: str) -> SafeString:
    """Return the text as HTML, with each matching word in a <mark> element."""
    before, *rest = text.replace(AFTER_PUNCTUATION, "").split(HIGHLIGHT_START)
    pieces = (piece.partition(HIGHLIGHT_END) for piece in rest)
    marked = format_html_join(
        "", "<mark>{}</mark>{}", ((word, after) for word, _, after in pieces)
    )
    return format_html("{}{}", before, marked)


def find_results(query: Query, user: User | AnonymousUser) -> list[SearchResult]:
    """Return the results that the user may see: at most eight per kind, best first."""
    if not query.words or query.is_too_short:
        return []
    parameters = query.parameters | {
        "user": user.pk,  # None for visitors, which matches no note
        "is_staff": user.is_staff,
        "limit": MAX_PER_KIND,
        "excerpt_length": EXCERPT_LENGTH,
        "whole_text": f"{HIGHLIGHT_OPTIONS}, HighlightAll=true",
        "excerpt": f"{HIGHLIGHT_OPTIONS}, MaxFragments=1, MaxWords=35, MinWords=20",
    }
    with connection.cursor() as cursor:
        cursor.execute(SEARCH_SQL, parameters)
        return [SearchResult(*row) for row in cursor.fetchall()]
