"""Complete a roadmap for everybody who has nothing left to do after an edit."""

import time
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef
from django.tasks import task
from django.utils import timezone

from core.postgresql.batches import EVERYBODY, TASK_DURATION, run_batch
from progress.models import Completion, StepProgress
from progress.people_batches import find_last_person
from progress.route import State
from progress.step_copies import StepCopy, lock_people
from roadmaps.models import Roadmap

BATCH_SIZE = 5_000  # people
# A mark that is made while the edit is being saved is based on the old steps, so it
# does not complete the roadmap. The clock of its host may also be ahead.
EDIT_DURATION = timedelta(seconds=10)

# The rule is that of `Total.is_complete`.
FIND_COMPLETE = """
    SELECT user_id, max(done_at) AS completed_at
    FROM progress_stepprogress
    WHERE step_id = ANY(%(required)s) AND state IN ('done', 'skipped')
        AND user_id > %(after)s AND user_id <= %(last)s
    GROUP BY user_id
    HAVING count(*) = %(number)s
        AND max(done_at) <= coalesce(%(edited_at)s::timestamptz, 'infinity')
"""


def backfill_completions(roadmap: Roadmap) -> None:
    """Write the completions that an edit has caused. Each has the date on which the
    person did their last required step.

    Call it after every edit that changes which steps are required. A new required step
    can complete a roadmap too, for a person who has done it and skipped all the others.

    On a roadmap with many marks, a worker does it after the edit. If a step is being
    copied, it waits for the copy. A later edit does not change the result, because the
    task has the ids of the steps that are required now.
    """
    steps = roadmap.steps.active().filter(is_optional=False)
    required = sorted(steps.values_list("pk", flat=True))
    edited_at = timezone.now() + EDIT_DURATION
    arguments = roadmap.pk, required, edited_at.isoformat()
    if StepCopy.objects.complete_later(arguments):
        return
    if StepProgress.objects.are_many(roadmap.pk):
        write_completions_later.enqueue(*arguments)
    else:
        write_completions(roadmap.pk, required)


def write_completions(
    roadmap_id: int, required: list[int], edited_at: str | None = None
) -> None:
    """Complete the roadmap for all people who have done or skipped the required steps,
    and done at least one. Leave out those who did their last one after `edited_at`, an
    ISO date.

    A repeat changes nothing. The caller has locked the steps, so no people are locked.
    """
    batch = CompletionBatch(roadmap_id, required, edited_at)
    batch.write(batch.find_people())


@task(priority=-10)  # mails come first
def write_completions_later(
    roadmap_id: int, required: list[int], edited_at: str, after: int = 0
) -> None:
    """Do the same in batches, for people with ids after `after`. A tick waits for at
    most one batch. After a few seconds, queue a task for the rest, so that emails can
    be sent in between.
    """
    deadline = time.monotonic() + TASK_DURATION
    while required and after != EVERYBODY:
        last = find_last_person(after, BATCH_SIZE)
        batch = CompletionBatch(roadmap_id, required, edited_at, after, last)
        run_batch(lambda: batch.write(lock_people(batch.find_people())))  # noqa: B023
        after = last
        if after != EVERYBODY and time.monotonic() > deadline:
            write_completions_later.enqueue(roadmap_id, required, edited_at, after)
            return


class CompletionBatch(NamedTuple):
    """People with ids after `after` and up to `last`."""

    roadmap_id: int
    required: list[int]
    edited_at: str | None
    after: int = 0
    last: int = EVERYBODY

    def find_people(self) -> list[int]:
        """Return the ids of those who have nothing left to do and no completion."""
        candidates = self._find_candidates()
        if not candidates:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT user_id FROM ({FIND_COMPLETE}) AS complete
                WHERE user_id = ANY(%(people)s)
                """,  # noqa: S608, a constant
                self._parameters() | {"people": candidates},
            )
            return [pk for (pk,) in cursor.fetchall()]

    def _find_candidates(self) -> list[int]:
        """Return the ids of people who have done or skipped the newest required step,
        and have no completion. Nobody else can qualify.

        Usually, fewer people have done this step than the others. So this reads one
        mark per person, and `find_people` reads the other marks of few people.
        """
        if not self.required:
            return []
        own = Completion.objects.filter(user=OuterRef("user"), roadmap=self.roadmap_id)
        marks = StepProgress.objects.filter(
            ~Exists(own),
            step=max(self.required),
            state__in=[State.DONE, State.SKIPPED],
            user__gt=self.after,
            user__lte=self.last,
        )
        return list(marks.order_by().values_list("user", flat=True))

    def write(self, people: list[int]) -> None:
        """Complete the roadmap for those of these people who still qualify."""
        if not people:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO progress_completion (user_id, roadmap_id, completed_at)
                SELECT user_id, %(roadmap)s, completed_at
                FROM ({FIND_COMPLETE}) AS complete
                JOIN accounts_user AS person ON person.id = user_id
                WHERE user_id = ANY(%(people)s)
                FOR KEY SHARE OF person
                ON CONFLICT DO NOTHING
                """,  # noqa: S608, a constant
                self._parameters() | {"people": people},
            )

    def _parameters(self) -> dict[str, Any]:
        return {
            "roadmap": self.roadmap_id,
            "required": self.required,
            "number": len(self.required),
            "edited_at": self.edited_at,
            "after": self.after,
            "last": self.last,
        }
