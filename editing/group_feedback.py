"""Carry links to work, confirmations and comments along when steps are edited.

Each function runs a fixed number of statements, however many people it concerns.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import Exists, OuterRef

from editing.bounded_counts import MAX_COUNTED
from groups.comments import Comment
from groups.confirmations import Confirmation, WorkLink
from progress.models import StepProgress, StepProgressQuerySet
from progress.route import State
from progress.step_copies import StepCopy, select_people
from roadmaps.models import StepQuerySet

MAX_FEEDBACK = 10_000  # a person may have several comments and confirmations


def has_feedback(steps: StepQuerySet) -> bool:
    """Whether anybody has a link to work, a confirmation or a comment on the steps."""
    return any(
        model.objects.filter(step__in=steps).exists()
        for model in (Confirmation, WorkLink, Comment)
    )


def count_people_with_feedback(step_ids: list[int]) -> int:
    """How many people have a link to work, a confirmation or a comment on the steps.

    Read at most MAX_FEEDBACK rows of each, and count at most MAX_COUNTED people.
    """
    confirmed = Confirmation.objects.filter(step__in=step_ids).values_list("user")
    linked = WorkLink.objects.filter(step__in=step_ids).values_list("user")
    commented = Comment.objects.filter(step__in=step_ids).values_list("member")
    first = [rows.order_by()[:MAX_FEEDBACK] for rows in (confirmed, linked, commented)]
    return min(first[0].union(*first[1:]).count(), MAX_COUNTED)


def copy_feedback(copy: StepCopy, people: list[int], **_: object) -> None:
    """Move or copy the feedback of these people, after their progress was copied."""
    if copy.is_merge:
        merge_feedback(copy.step_id, copy.into_id, people)
    else:
        copy_confirmations(copy.step_id, copy.into_id, people)


def merge_feedback(step: int, into: int, people: list[int]) -> None:
    """Move links to work, confirmations and comments from `step` to `into`.

    What both steps have stays on both: a person's link, and a group's confirmation for
    one person. The older confirmation that is not taken back is on `into` afterwards.
    Call this after the progress was copied.
    """
    confirmations = Confirmation.objects.filter(step=step)
    if confirmed := select_people(confirmations, people):
        _merge_confirmations(step, into, confirmed)
    links = WorkLink.objects.filter(step=step)
    if linked := select_people(links, people):
        own_link = WorkLink.objects.filter(step=into, user=OuterRef("user"))
        links.filter(~Exists(own_link), user__in=linked).update(step=into)
    comments = Comment.objects.filter(step=step)
    if commented := select_people(comments, people, "member"):
        comments.filter(member__in=commented).update(step=into)


def _merge_confirmations(step: int, into: int, people: list[int]) -> None:
    _swap_confirmations(step, into, people)
    confirmations = Confirmation.objects.filter(step=step, user__in=people)
    is_valid = Exists(_done_before_confirmation(step))
    # A confirmation that was taken back must not become valid by the move.
    would_be_valid = Exists(_done_before_confirmation(into))
    stored = Confirmation.objects.filter(
        step=into, user=OuterRef("user"), group=OuterRef("group")
    )
    confirmations.filter(is_valid | ~would_be_valid, ~Exists(stored)).update(step=into)


def _done_before_confirmation(step: int) -> StepProgressQuerySet:
    return StepProgress.objects.filter(
        step=step,
        user=OuterRef("user"),
        state=State.DONE,
        done_at__lte=OuterRef("confirmed_at"),
    )


def _swap_confirmations(step: int, into: int, people: list[int]) -> None:
    """Swap what a group confirmed of a person on both steps, if the confirmation on
    `step` is valid, and the one on `into` is newer or taken back.
    """
    _wait_for_deletions([step, into], people)
    # The unique constraint allows no swap of the steps, so this swaps everything else.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE groups_confirmation AS own SET
                group_name = other.group_name,
                confirmed_by_id = other.confirmed_by_id,
                confirmed_at = other.confirmed_at,
                sentence = other.sentence
            FROM groups_confirmation AS other
            JOIN groups_confirmation AS of_step ON of_step.step_id = %(step)s
                AND of_step.user_id = other.user_id
                AND of_step.group_id = other.group_id
            JOIN groups_confirmation AS of_into ON of_into.step_id = %(into)s
                AND of_into.user_id = other.user_id
                AND of_into.group_id = other.group_id
            JOIN progress_stepprogress AS mark ON mark.step_id = %(step)s
                AND mark.user_id = other.user_id AND mark.state = 'done'
                AND mark.done_at <= of_step.confirmed_at
            LEFT JOIN progress_stepprogress AS into_mark
                ON into_mark.step_id = %(into)s
                AND into_mark.user_id = other.user_id AND into_mark.state = 'done'
                AND into_mark.done_at <= of_into.confirmed_at
            WHERE own.user_id = other.user_id AND own.group_id = other.group_id
                AND own.user_id = ANY(%(people)s)
                AND own.id IN (of_step.id, of_into.id)
                AND other.id IN (of_step.id, of_into.id) AND own.id != other.id
                AND (into_mark.user_id IS NULL
                    OR of_step.confirmed_at < of_into.confirmed_at)
            """,
            {"step": step, "into": into, "people": people},
        )


def copy_confirmations(step: int, new: int, people: list[int]) -> None:
    """Copy these people's confirmations to `new`, which was split off `step`."""
    people = select_people(Confirmation.objects.filter(step=step), people)
    if not people:
        return
    _wait_for_deletions([step], people)
    # FOR KEY SHARE makes a deletion of one of the accounts wait, and leaves out
    # accounts that are being deleted.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO groups_confirmation (
                group_id, group_name, user_id, step_id, confirmed_by_id, confirmed_at,
                sentence
            )
            SELECT group_id, group_name, user_id, %(new)s, confirmed_by_id,
                confirmed_at, sentence
            FROM groups_confirmation
            JOIN accounts_user AS account ON account.id = user_id
            WHERE step_id = %(step)s AND user_id = ANY(%(people)s)
            ORDER BY groups_confirmation.id
            FOR KEY SHARE OF account
            """,
            {"step": step, "new": new, "people": people},
        )


def _wait_for_deletions(steps: list[int], people: list[int]) -> None:
    """Wait for deletions of groups and mentors that confirmed these people's steps.

    Later deletions wait for this transaction. So the groups and mentors of
    confirmations that are read after this still exist when the transaction ends.
    """
    with connection.cursor() as cursor:
        for table, column in [
            ("groups_group", "group_id"),
            ("accounts_user", "confirmed_by_id"),
        ]:
            cursor.execute(
                f"""
                SELECT FROM {table} WHERE id IN (
                    SELECT {column} FROM groups_confirmation
                    WHERE step_id = ANY(%(steps)s) AND user_id = ANY(%(people)s)
                )
                ORDER BY id FOR KEY SHARE
                """,  # noqa: S608, constants
                {"steps": steps, "people": people},
            )
