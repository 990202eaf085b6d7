"""Offer to mark a step done that the person has done in another roadmap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import connection

from progress import undo
from progress.route import AnnotatedStep, EquivalentStep, State, StepStatus

if TYPE_CHECKING:
    from accounts.models import User

# Starts from the person's done steps: they are few, however many roadmaps there are.
DONE_IN_OTHER_ROADMAPS = """
    SELECT * FROM (
        SELECT
            CASE step.same_as WHEN '' THEN roadmap.slug || '/' || step.slug
                ELSE step.same_as END AS canonical_path,
            roadmap.title, mark.started_at, mark.done_at
        FROM progress_stepprogress AS mark
        JOIN roadmaps_step AS step ON step.id = mark.step_id
        JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
        WHERE mark.user_id = %(user)s AND mark.state = 'done'
            AND roadmap.id <> %(roadmap)s
            AND cairn_may_see(roadmap.id, roadmap.is_published, roadmap.visibility,
                %(user)s, %(is_staff)s)
    ) AS done
    WHERE canonical_path = ANY(%(canonical_paths)s)
    ORDER BY done_at DESC
    """


def attach_equivalents(steps: Iterable[AnnotatedStep], user: User) -> None:
    """Set `equivalent` on each step that is not started here but done in another
    roadmap. If it is done in several, use the one that was done first.
    """
    not_started = {
        step.canonical_path: step for step in steps if step.state == State.NONE
    }
    if not not_started:
        return
    roadmap_id = next(iter(not_started.values())).roadmap_id
    with connection.cursor() as cursor:
        cursor.execute(
            DONE_IN_OTHER_ROADMAPS,
            {
                "user": user.pk,
                "is_staff": user.is_staff,
                "roadmap": roadmap_id,
                "canonical_paths": list(not_started),
            },
        )
        for canonical_path, roadmap_title, started_at, done_at in cursor.fetchall():
            step = not_started[canonical_path]
            status = StepStatus(State.DONE, started_at, done_at)
            offer = undo.sign_offer(user, step.pk, status)
            step.equivalent = EquivalentStep(roadmap_title, offer)
