"""Complete a roadmap for everybody who has nothing left to do after an edit."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection
from django.tasks import task
from django.utils import timezone

from core.postgresql.pool import without_limits
from progress.models import StepProgress
from roadmaps.models import Roadmap


def backfill_completions(roadmap: Roadmap) -> None:
    """Write the completions that an edit has caused. Each has the date on which the
    person did their last required step.

    Call it after every edit that changes which steps are required. A new required step
    can complete a roadmap too, for a person who has done it and skipped all the others.

    On a roadmap with many marks, a worker does it after the edit. A later edit does not
    change the result: the task has the steps that are required now.
    """
    steps = roadmap.steps.active().filter(is_optional=False)
    required = sorted(steps.values_list("pk", flat=True))
    if StepProgress.objects.are_many(roadmap.pk):
        edited_at = timezone.now().isoformat()
        write_completions_later.enqueue(roadmap.pk, required, edited_at)
    else:
        write_completions(roadmap.pk, required)


@task(priority=-10)  # mails come first
def write_completions_later(
    roadmap_id: int, required: list[int], edited_at: str
) -> None:
    with without_limits():
        write_completions(roadmap_id, required, datetime.fromisoformat(edited_at))


def write_completions(
    roadmap_id: int, required: Collection[int], edited_at: datetime | None = None
) -> None:
    """Complete the roadmap for all people who have done or skipped the required steps,
    and done at least one. Leave out those who did their last one after `edited_at`.

    A repeat changes nothing. The rule is that of `Total.is_complete`, for all people in
    one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO progress_completion (user_id, roadmap_id, completed_at)
            SELECT user_id, %(roadmap)s, completed_at FROM (
                SELECT user_id, max(done_at) AS completed_at
                FROM progress_stepprogress
                WHERE step_id = ANY(%(required)s) AND state IN ('done', 'skipped')
                GROUP BY user_id
                HAVING count(*) = %(number)s
                    AND max(done_at) <= coalesce(
                        %(edited_at)s::timestamptz, 'infinity'
                    )
            ) AS complete
            JOIN accounts_user AS person ON person.id = user_id
            FOR KEY SHARE OF person
            ON CONFLICT DO NOTHING
            """,
            {
                "roadmap": roadmap_id,
                "required": list(required),
                "number": len(required),
                "edited_at": edited_at,
            },
        )
