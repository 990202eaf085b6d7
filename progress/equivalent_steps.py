"""The same step in another roadmap: what was ticked there may be carried over here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection

from progress import undo
from progress.models import State, StepStatus

if TYPE_CHECKING:
    from accounts.models import User
    from progress.models import AnnotatedStep
    from progress.undo import Offer


class Twin(NamedTuple):
    """That a person ticked the same step in another roadmap."""

    roadmap: str  # its title
    offer: Offer


# From what the person ticked, which is little however many roadmaps there are.
TICKED_ELSEWHERE = """
    SELECT * FROM (
        SELECT CASE same.same_as WHEN '' THEN roadmap.slug || '/' || same.slug
            ELSE same.same_as END AS subject,
            roadmap.title, own.started_at, own.done_at
        FROM progress_stepprogress AS own
        JOIN roadmaps_step AS same ON same.id = own.step_id
        JOIN roadmaps_roadmap AS roadmap ON roadmap.id = same.roadmap_id
        WHERE own.user_id = %(user)s AND own.state = 'done'
            AND roadmap.id <> %(here)s AND roadmap.is_published
    ) AS ticked
    WHERE subject = ANY(%(subjects)s)
    ORDER BY done_at DESC
    """


def introduce(steps: Iterable[AnnotatedStep], user: User) -> None:
    """Give each step of a roadmap that is not started its `twin`, where there is one
    that the person ticked; the earliest, should there be several.
    """
    waiting = {step.canonical_path: step for step in steps if step.state == State.NONE}
    if not waiting:
        return
    here = next(iter(waiting.values())).roadmap_id
    with connection.cursor() as cursor:
        cursor.execute(
            TICKED_ELSEWHERE,
            {"user": user.pk, "here": here, "subjects": list(waiting)},
        )
        for subject, roadmap, started_at, done_at in cursor.fetchall():
            step = waiting[subject]
            standing = StepStatus(State.DONE, started_at, done_at)
            step.twin = Twin(roadmap, undo.sign(user, step.pk, standing))
