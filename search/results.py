"""What a search finds: roadmaps, steps, resources and one's own notes, in one query."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from django.db import connection
from django.urls import reverse
from django.utils.html import format_html, format_html_join

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.utils.safestring import SafeString

    from accounts.models import User
    from search.query import Query

MOST_OF_A_KIND = 8
START, STOP = "\x02", "\x03"  # round a hit, until the text is escaped
JOINT = "\x80"  # what cairn_only_words puts after punctuation

# Raw, since Django took 12 ms to put the same together, more than PostgreSQL takes.
# First the best of each kind, by small vectors and keys; then the texts of those few.
SEARCH = """
WITH asked AS NOT MATERIALIZED (
    SELECT
        to_tsquery('english', %(whole)s) && (
            to_tsquery('english', %(last)s)
            || to_tsquery('cairn_written', %(last_written)s)
        ) AS match,
        -- The same. Since ::text is not folded into a constant, the planner does not
        -- take reading a whole table, with the words of each row, for cheap.
        to_tsquery('english'::text::regconfig, %(whole)s) && (
            to_tsquery('english'::text::regconfig, %(last)s)
            || to_tsquery('cairn_written'::text::regconfig, %(last_written)s)
        ) AS match_by_index,
        to_tsquery('english', %(all)s) AS stems,
        to_tsquery('english', %(any)s)
            || to_tsquery('cairn_written', %(any_written)s) AS marks
),
found AS (
    (
        SELECT
            1 AS kind,
            ts_rank(roadmap.search_vector, marks) AS rank,
            roadmap.id AS roadmap_id,
            NULL::bigint AS step_id,
            NULL::bigint AS resource_id,
            FALSE AS is_in_body
        FROM asked, roadmaps_roadmap AS roadmap
        WHERE roadmap.search_vector @@ match
            AND (roadmap.is_published OR %(is_staff)s)
        ORDER BY rank DESC, roadmap.id
        LIMIT %(most)s
    )
    UNION ALL
    (
        -- The second of these is run only when the first has too few.
        (
            SELECT 2, rank, step.roadmap_id, step.id, NULL::bigint, FALSE
            FROM (
                SELECT
                    step.id,
                    step.roadmap_id,
                    ts_rank(step.search_vector, marks) AS rank
                FROM asked, roadmaps_step AS step
                WHERE step.search_vector @@ match_by_index
                    AND NOT step.is_retired
                ORDER BY rank DESC, step.id
                OFFSET 0 -- ranked before the join, which then ends with the last wanted
            ) AS step
            JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
            WHERE roadmap.is_published OR %(is_staff)s
            ORDER BY rank DESC, step.id
            LIMIT %(most)s
        )
        UNION ALL
        (
            SELECT
                2,
                ts_rank(step.whole_vector, marks) AS rank,
                step.roadmap_id,
                step.id,
                NULL::bigint,
                TRUE
            FROM asked, (
                SELECT step.id, step.roadmap_id, step.whole_vector
                FROM (
                    SELECT step.id, step.roadmap_id, step.whole_vector
                    FROM asked, roadmaps_step AS step
                    WHERE step.whole_vector @@ match_by_index
                        AND NOT step.search_vector @@ match
                        AND NOT step.is_retired
                    OFFSET 0 -- found by the index before they are put in order
                ) AS step
                JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
                WHERE roadmap.is_published OR %(is_staff)s
                ORDER BY step.id
                LIMIT 10 * %(most)s
            ) AS step
            ORDER BY rank DESC, step.id
            LIMIT %(most)s
        )
        LIMIT %(most)s
    )
    UNION ALL
    (
        SELECT 3, rank, step.roadmap_id, step.id, resource.id, FALSE
        FROM (
            SELECT
                resource.id,
                resource.step_id,
                ts_rank(resource.search_vector, marks) AS rank
            FROM asked, roadmaps_resource AS resource
            WHERE resource.search_vector @@ match_by_index
            ORDER BY rank DESC, resource.id
            OFFSET 0
        ) AS resource
        JOIN roadmaps_step AS step ON step.id = resource.step_id
        JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
        WHERE NOT step.is_retired
            AND (roadmap.is_published OR %(is_staff)s)
        ORDER BY rank DESC, resource.id
        LIMIT %(most)s
    )
    UNION ALL
    (
        SELECT
            4,
            ts_rank(note.search_vector, marks) AS rank,
            step.roadmap_id,
            step.id,
            NULL::bigint,
            FALSE
        FROM asked, progress_note AS note
        JOIN roadmaps_step AS step ON step.id = note.step_id
        JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
        WHERE note.user_id = %(user)s
            AND note.search_vector @@ match
            AND NOT step.is_retired
            AND (roadmap.is_published OR %(is_staff)s)
        ORDER BY rank DESC, step.id
        LIMIT %(most)s
    )
)
SELECT
    found.kind,
    found.rank,
    ts_headline(config, cairn_only_words(shown.title), marks, %(mark_all)s),
    CASE
        WHEN length(shown.text) <= 300
        THEN ts_headline(config, cairn_only_words(shown.text), marks, %(mark_all)s)
        ELSE '… '
            || ts_headline(config, cairn_only_words(shown.text), marks, %(mark_part)s)
            || ' …'
    END,
    roadmap.slug,
    roadmap.title,
    roadmap.category,
    roadmap.is_published,
    coalesce(step.slug, ''),
    coalesce(step.title, ''),
    coalesce(resource.url, '')
FROM asked, found
JOIN roadmaps_roadmap AS roadmap ON roadmap.id = found.roadmap_id
LEFT JOIN roadmaps_step AS step ON step.id = found.step_id
LEFT JOIN roadmaps_resource AS resource ON resource.id = found.resource_id
LEFT JOIN progress_note AS note
    ON found.kind = 4 AND note.user_id = %(user)s AND note.step_id = found.step_id
CROSS JOIN LATERAL (
    SELECT
        CASE found.kind
            WHEN 1 THEN roadmap.title
            WHEN 3 THEN resource.title
            ELSE step.title
        END AS title,
        CASE found.kind
            WHEN 1 THEN roadmap.summary
            WHEN 2 THEN
                CASE
                    WHEN found.is_in_body THEN cairn_text_of_html(step.body_html)
                    ELSE step.summary
                END
            WHEN 4 THEN note.text
            ELSE ''
        END AS text,
        CASE
            WHEN coalesce(
                note.search_vector,
                resource.search_vector,
                step.whole_vector,
                roadmap.search_vector
            ) @@ stems
            THEN 'english'::regconfig
            ELSE 'cairn_written'::regconfig
        END AS config
) AS shown
ORDER BY found.rank DESC, found.kind, found.roadmap_id, found.step_id, found.resource_id
"""
MARKERS = f'StartSel="{START}", StopSel="{STOP}"'


class Kind(IntEnum):
    ROADMAP = 1
    STEP = 2
    RESOURCE = 3
    NOTE = 4


class Hit(NamedTuple):
    """One row of the search, in the order of its columns."""

    kind: int
    rank: float
    marked_title: str
    marked_text: str
    roadmap_slug: str
    roadmap_title: str
    category: str
    is_published: bool
    step_slug: str
    step_title: str
    link: str

    @property
    def subtitle(self) -> str:
        """What it is, and of what."""
        match self.kind:
            case Kind.ROADMAP:
                return f"Roadmap · {self.category}"
            case Kind.STEP:
                return f"Step · {self.roadmap_title}"
            case Kind.RESOURCE:
                return f"Resource · {self.step_title}, {self.roadmap_title}"
            case _:
                return f"Your note · {self.roadmap_title}"

    @property
    def address(self) -> str:
        if self.kind == Kind.ROADMAP:
            return reverse("roadmaps:roadmap", args=[self.roadmap_slug])
        return reverse("roadmaps:step", args=[self.roadmap_slug, self.step_slug])

    @property
    def title(self) -> SafeString:
        return highlighted(self.marked_title)

    @property
    def excerpt(self) -> SafeString:
        return highlighted(self.marked_text)

    @property
    def host(self) -> str:
        """The site that a resource is on."""
        return (urlsplit(self.link).hostname or "").removeprefix("www.")


def highlighted(text: str) -> SafeString:
    """The text with each hit in a <mark>, and everything else of it escaped."""
    before, *rest = text.replace(JOINT, "").split(START)
    pieces = (piece.partition(STOP) for piece in rest)
    marked = format_html_join(
        "", "<mark>{}</mark>{}", ((hit, after) for hit, _, after in pieces)
    )
    return format_html("{}{}", before, marked)


def best(query: Query, user: User | AnonymousUser) -> list[Hit]:
    """The best hits that `user` may see, at most eight of a kind, the best first."""
    if not query.words or query.is_too_short:
        return []
    parameters = query.parameters | {
        "user": user.pk,  # None finds no note
        "is_staff": user.is_staff,
        "most": MOST_OF_A_KIND,
        "mark_all": f"{MARKERS}, HighlightAll=true",
        "mark_part": f"{MARKERS}, MaxFragments=1, MaxWords=35, MinWords=20",
    }
    with connection.cursor() as cursor:
        cursor.execute(SEARCH, parameters)
        return [Hit(*row) for row in cursor.fetchall()]
