"""Row locks: changes to one person's progress run one after another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from accounts.models import User


def lock_user_and_steps(
    user: User,
    step_ids: Iterable[int] = (),
    *,
    roadmap_id: int = 0,
    topic_id: int = 0,
) -> dict[int, int]:
    """Lock the person and these steps, or all steps of a roadmap, or the step of a
    topic, until the transaction ends. Returns the roadmap ids of the locked steps by
    step id. The result is empty if the account was deleted. While this waits, an editor
    may move the topic to another step: the caller checks that, and locks again.

    If a person ticks the last two steps at the same time, the second tick must see the
    first one to complete the roadmap. And no editor may merge or delete a step while a
    mark on it is being written.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT step.id, step.roadmap_id
            FROM accounts_user AS person, roadmaps_step AS step
            WHERE person.id = %s AND (
                step.id = ANY(%s) OR step.roadmap_id = %s
                OR step.id = (SELECT step_id FROM roadmaps_topic WHERE id = %s)
            )
            ORDER BY step.id
            FOR NO KEY UPDATE OF person FOR KEY SHARE OF step
            """,
            [user.pk, list(step_ids), roadmap_id, topic_id],
        )
        return dict(cursor.fetchall())
