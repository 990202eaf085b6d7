"""Read what the members of a group show to its mentors.

Every statement here joins with the consents, so that a consent withdrawn a moment ago
counts, whatever list of members the caller has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.utils import timezone

from groups.consents import MEMBERS_WHO_SHOW_IT, SHOWN_ROADMAPS
from groups.step_summaries import read_summary
from groups.stuck import (
    MIN_STUCK_DAYS,
    CurrentStep,
    StepSummary,
    count_days,
    find_current_step,
    get_current_step,
)
from progress.snapshot import build_route

if TYPE_CHECKING:
    from groups.models import Assignment, Membership
    from progress.route import Route

# One row per member who shows the roadmap. The marks are arrays of the same length.
READ_MEMBERS = f"""
SELECT membership.id, roadmap.id, roadmap.content_version::text,
    completion.completed_at, mark.last_at,
    mark.step_ids, mark.states, mark.started_at, mark.done_at,
    CASE WHEN %(with_topics)s THEN ARRAY(
        SELECT own.topic_id
        FROM progress_topiccheck AS own
        JOIN roadmaps_topic AS topic ON topic.id = own.topic_id
        JOIN roadmaps_step AS step ON step.id = topic.step_id
        WHERE own.user_id = membership.user_id AND step.roadmap_id = roadmap.id
    ) END
FROM {MEMBERS_WHO_SHOW_IT}
LEFT JOIN progress_completion AS completion
    ON completion.roadmap_id = roadmap.id AND completion.user_id = membership.user_id
CROSS JOIN LATERAL (
    SELECT
        max(coalesce(mark.done_at, mark.started_at)) AS last_at,
        array_agg(mark.step_id) FILTER (WHERE is_here) AS step_ids,
        array_agg(mark.state) FILTER (WHERE is_here) AS states,
        array_agg(mark.started_at) FILTER (WHERE is_here) AS started_at,
        array_agg(mark.done_at) FILTER (WHERE is_here) AS done_at
    FROM progress_stepprogress AS mark
    JOIN roadmaps_step AS step ON step.id = mark.step_id
    CROSS JOIN LATERAL (SELECT step.roadmap_id = roadmap.id) AS place (is_here)
    WHERE mark.user_id = membership.user_id
        AND step.roadmap_id IN ({SHOWN_ROADMAPS} membership.id)
) AS mark
WHERE assignment.id = %(assignment)s AND membership.id = ANY(%(memberships)s)
"""  # noqa: S608, constants


class MemberProgress(NamedTuple):
    """What a mentor sees of a member on one roadmap."""

    membership: Membership
    route: Route
    last_active_on: date | None  # on the roadmaps that they show to this group
    current: CurrentStep | None


def read_progress(
    assignment: Assignment,
    memberships: Iterable[Membership],
    *,
    summaries: Mapping[int, StepSummary] | None = None,
    with_topics: bool = False,
) -> list[MemberProgress]:
    """The progress of these members, in this order, without those who do not show it.

    `summaries` are those of `read_summary`, if the caller has them. With topics, the
    steps of the routes know which topics are ticked.
    """
    now = timezone.now()
    by_id = _read_members(assignment, memberships, with_topics)
    if summaries is None:
        summaries = _summarize_long_steps(assignment, by_id.values(), now)
    return [
        MemberProgress(
            membership,
            route,
            timezone.localdate(last_at) if last_at else None,
            get_current_step(route, summaries, now),
        )
        for membership in memberships
        if membership.pk in by_id
        for route, last_at in [by_id[membership.pk]]
    ]


def _read_members(
    assignment: Assignment, memberships: Iterable[Membership], with_topics: bool
) -> dict[int, tuple[Route, datetime | None]]:
    """Return the route and the time of the last mark by the id of the membership."""
    with connection.cursor() as cursor:
        cursor.execute(
            READ_MEMBERS,
            {
                "assignment": assignment.pk,
                "memberships": [membership.pk for membership in memberships],
                "with_topics": with_topics,
            },
        )
        rows: list[Any] = cursor.fetchall()
    return {
        membership_id: (
            build_route(roadmap_id, version, completed_at, marks, topics or ()),
            last_at,
        )
        for (
            membership_id,
            roadmap_id,
            version,
            completed_at,
            last_at,
            *marks,
            topics,
        ) in rows
    }


def _summarize_long_steps(
    assignment: Assignment,
    members: Iterable[tuple[Route, datetime | None]],
    now: datetime,
) -> dict[int, StepSummary]:
    """The summaries of the steps on which members have been long enough to be stuck."""
    found = [find_current_step(route) for route, _ in members]
    step_ids = {
        step.pk
        for step, since in filter(None, found)
        if count_days(since, now) >= MIN_STUCK_DAYS
    }
    return read_summary(assignment, step_ids).steps if step_ids else {}
