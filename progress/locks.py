"""The row locks that make changes of one person's progress wait for each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from accounts.models import User


def lock_user_and_steps(
    user: User, step_ids: Iterable[int] = (), *, roadmap_id: int = 0
) -> dict[int, int]:
    """Lock the person and these steps, or all steps of a roadmap, until the transaction
    ends. Returns the roadmap ids of the locked steps, by step id; nothing for somebody
    whose account is gone.

    Two ticks that each do one of the last two steps must see each other, so a person's
    changes run one after another. And no editor may merge or delete a step between
    reading and writing it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT step.id, step.roadmap_id
            FROM accounts_user AS person, roadmaps_step AS step
            WHERE person.id = %s AND (step.id = ANY(%s) OR step.roadmap_id = %s)
            ORDER BY step.id
            FOR NO KEY UPDATE OF person FOR KEY SHARE OF step
            """,
            [user.pk, list(step_ids), roadmap_id],
        )
        return dict(cursor.fetchall())
