"""Copies of everybody's progress from one step to another, after a merge or a split.

If the step has many learners, their progress is copied in batches, after the
transaction that merged or split the step. Code that changes a person's progress first
calls `catch_up`, which copies this person's progress if that has not happened yet. So
no change is based on the old state. The pages of a roadmap, the page Progress and the
downloads of a person's data call it too. Other pages may show the old state meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, models, transaction
from django.dispatch import Signal

from core.postgresql.batches import EVERYBODY
from core.postgresql.replica import is_reading_replica
from progress.notes import MAX_NOTE_LENGTH, NOTE_SEPARATOR, Note
from progress.topic_checks import TopicCheck
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from accounts.models import User

BATCH_SIZE = 700  # people; docs/scale.md says how long a tick waits

FIND_LAST = """
    SELECT user_id FROM progress_stepprogress
    WHERE step_id = %s AND user_id > %s
    ORDER BY user_id OFFSET %s LIMIT 1
"""

# Sent with `copy` and `people`, the ids of accounts, after their progress was copied.
# Other apps receive it to copy their own data.
people_copied = Signal()


class StepCopyQuerySet(models.QuerySet["StepCopy"]):
    def catch_up(self, user: User) -> bool:
        """Copy the progress of this person that has not been copied yet.

        Return False if that cannot be done: the account was deleted, or this thread
        reads from the replica. If there is something to copy, the account stays locked
        until the transaction ends.

        Code that changes something on a step locks the step first. If it has to wait
        for a merge or split, this then sees the copy.
        """
        if is_reading_replica():
            return False
        if self.filter(copied_up_to__lt=user.pk).exists():
            return self._copy_early(user)
        return True

    @transaction.atomic(savepoint=False)
    def _copy_early(self, user: User) -> bool:
        if not lock_people([user.pk]):
            return False
        # FOR KEY SHARE lets batches continue, but keeps the copy from finishing.
        pending = self.raw(
            """
            SELECT * FROM progress_stepcopy AS copy
            WHERE copied_up_to < %(user)s AND NOT EXISTS (
                SELECT FROM progress_copiedperson
                WHERE copy_id = copy.id AND user_id = %(user)s
            )
            ORDER BY id FOR KEY SHARE OF copy
            """,
            {"user": user.pk},
        )
        for copy in pending:
            copy.copy_people([user.pk])
            CopiedPerson.objects.create(copy=copy, user=user)
        return True

    def complete_later(self, arguments: tuple[int, list[int], str]) -> bool:
        """Keep the arguments of `write_completions_later` until the roadmap's copy has
        finished. Return False if there is no copy.
        """
        copy = self.filter(roadmap=arguments[0]).select_for_update(no_key=True).first()
        if copy is None:
            return False
        copy.completions.append(arguments)
        copy.save(update_fields=["completions"])
        return True


class StepCopy(models.Model):
    """A copy that is in progress. It is deleted when it has finished."""

    roadmap = models.OneToOneField(Roadmap, models.CASCADE, related_name="step_copy")
    # PROTECT: neither step may be deleted meanwhile, even if `into` has no marks yet.
    step = models.ForeignKey(Step, models.PROTECT, related_name="+")
    into = models.ForeignKey(Step, models.PROTECT, related_name="+")
    # Whether notes, links to work, confirmations and comments move too.
    is_merge = models.BooleanField(default=False)
    # Pairs of topics: a tick of the first is copied to the second.
    topics = models.JSONField(default=list)
    # Everybody with this id or a smaller one has been copied.
    copied_up_to = models.BigIntegerField(default=0)
    copied_people = models.PositiveIntegerField(default=0)
    all_people = models.PositiveIntegerField(default=0)
    # Arguments of calls of `write_completions_later`, which wait for the copy.
    completions = models.JSONField(default=list)

    objects = StepCopyQuerySet.as_manager()

    class Meta:
        app_label = "progress"

    def __str__(self) -> str:
        return f"step {self.step_id} to step {self.into_id}"

    def copy_people(self, people: Collection[int]) -> None:
        """Copy the progress of these people. The caller has locked them or the steps.

        Where a learner has progress on both steps, the state that is further along
        wins: done, then in progress, then skipped. The earlier dates win.
        """
        ids = list(people)
        _copy_marks(self.step_id, self.into_id, ids)
        if self.topics:
            TopicCheck.objects.copy(dict(self.topics), ids)
        if self.is_merge:
            _merge_notes(self.step_id, self.into_id, ids)
        people_copied.send(StepCopy, copy=self, people=ids)


class CopiedPerson(models.Model):
    """A person whose progress was copied before their batch."""

    pk = models.CompositePrimaryKey("copy", "user")
    copy = models.ForeignKey(StepCopy, models.CASCADE, db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        app_label = "progress"

    def __str__(self) -> str:
        return f"copy {self.copy_id} of user {self.user_id}"


def lock_people(ids: Collection[int]) -> list[int]:
    """Lock the accounts until the transaction ends, as `lock_user_and_steps` does, in
    the order of their ids. Return the ids of those that still exist.

    The caller must not have locked a step, because a tick locks the person first.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM accounts_user WHERE id = ANY(%s)
            ORDER BY id FOR NO KEY UPDATE
            """,
            [list(ids)],
        )
        return [pk for (pk,) in cursor.fetchall()]


def find_last_of_batch(step_id: int, after: int) -> int:
    """Return the id of the last person of the next batch with a mark on the step."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_LAST, [step_id, after, BATCH_SIZE - 1])
        row = cursor.fetchone()
    return row[0] if row else EVERYBODY


def select_people(
    rows: models.QuerySet[Any], people: Collection[int], person: str = "user"
) -> list[int]:
    """Return those of the people who have one of the rows. Few people have any."""
    if not people:
        return []
    near = {f"{person}__gte": min(people), f"{person}__lte": max(people)}
    found = rows.filter(**near).order_by().values_list(person, flat=True)
    return sorted(set(found).intersection(people))


def _copy_marks(step_id: int, into_id: int, people: list[int]) -> None:
    # For each learner with progress on `step`, insert the same row for `into`. If there
    # is one, keep the state that is further along and the earlier dates. The ORM cannot
    # compute the values of an upsert from both rows. FOR KEY SHARE makes a deletion of
    # one of the accounts wait, and leaves out accounts that are being deleted.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO progress_stepprogress AS own
                (user_id, step_id, state, started_at, done_at)
            SELECT user_id, %(into)s, state, started_at, done_at
            FROM progress_stepprogress
            JOIN accounts_user AS account ON account.id = user_id
            WHERE step_id = %(step)s AND user_id = ANY(%(people)s)
            FOR KEY SHARE OF account
            ON CONFLICT (user_id, step_id) DO UPDATE SET
                state = CASE
                    WHEN 'done' IN (own.state, excluded.state) THEN 'done'
                    WHEN 'learning' IN (own.state, excluded.state) THEN 'learning'
                    ELSE 'skipped'
                END,
                started_at = least(own.started_at, excluded.started_at),
                done_at = least(own.done_at, excluded.done_at)
            """,
            {"step": step_id, "into": into_id, "people": people},
        )


def _merge_notes(step_id: int, into_id: int, people: list[int]) -> None:
    """Append notes on `step` to the learner's note on `into`, or move them there.

    Notes that would be too long together stay where they are.
    """
    people = select_people(Note.objects.filter(step=step_id), people)
    if not people:
        return
    # Always lock the notes in the same order, to prevent deadlocks.
    own_notes = Note.objects.filter(step__in=[step_id, into_id], user__in=people)
    own_notes = own_notes.order_by("user_id", "step_id")
    list(own_notes.select_for_update().values_list("user_id"))
    # The ORM cannot tell which notes were appended, so one statement appends each note
    # that is short enough, and deletes those that it appended. With an empty `page`,
    # which no open page has, pages ask before they overwrite the note.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH joined AS (
                UPDATE progress_note AS own SET
                    text = own.text || %(separator)s || other.text,
                    html_version = 0, -- the HTML is made again when it is read
                    page = '',
                    saved_at = now()
                FROM progress_note AS other
                WHERE own.step_id = %(into)s AND other.step_id = %(step)s
                    AND own.user_id = other.user_id AND own.user_id = ANY(%(people)s)
                    AND char_length(own.text || %(separator)s || other.text)
                        <= %(max_length)s
                RETURNING own.user_id
            )
            DELETE FROM progress_note
            WHERE step_id = %(step)s AND user_id IN (SELECT user_id FROM joined)
            """,
            {
                "step": step_id,
                "into": into_id,
                "people": people,
                "separator": NOTE_SEPARATOR,
                "max_length": MAX_NOTE_LENGTH,
            },
        )
    own_note = Note.objects.filter(step=into_id, user=models.OuterRef("user"))
    left = Note.objects.filter(~models.Exists(own_note), step=step_id, user__in=people)
    left.update(step=into_id)
