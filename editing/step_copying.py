"""Copy everybody's progress after a merge or split of a step with many learners.

The merge or split itself is one short transaction, which stores a `StepCopy`. The copy
then goes through the learners in the order of their ids, in batches. A batch locks its
people in the same way as a tick locks one person, so a tick waits for at most one
batch. `StepCopy.objects.catch_up` copies the progress of people who come before their
batch.

This is safe because the steps change first. Nobody can mark a merged step any more, so
no mark is missed, and each person has to be copied only once. The copy never has to be
undone: once the steps have changed, it only has to be finished. A worker that dies
repeats at most one batch.
"""

from __future__ import annotations

import math
import time
from typing import Any

from django.db import transaction
from django.db.models import Model

from core.postgresql.batches import EVERYBODY, run_batch
from core.postgresql.pool import without_limits
from groups.comments import Comment
from groups.confirmations import Confirmation, WorkLink
from progress.backfill import write_completions_later
from progress.models import StepProgress
from progress.notes import Note
from progress.step_copies import (
    CopiedPerson,
    StepCopy,
    find_last_of_batch,
    lock_people,
    select_people,
)
from progress.topic_checks import TopicCheck


def copy_everybody(copy: StepCopy, seconds: float = math.inf) -> bool:
    """Copy everybody who is left, or stop after the batch in which `seconds` are over.

    Return True once the copy has finished. A repeat or a second worker does no harm.
    """
    deadline = time.monotonic() + seconds
    while copy_next_people(copy):
        if time.monotonic() > deadline:
            return False
    return True


def copy_next_people(copy: StepCopy) -> bool:
    """Copy the next batch of people. Return False once the copy has finished."""
    current = StepCopy.objects.filter(pk=copy.pk).first()
    if current is None:
        return False
    if current.copied_up_to == EVERYBODY:
        finish(current)
        return False
    run_batch(lambda: copy_batch(current))
    return True


def copy_batch(copy: StepCopy) -> None:
    """Copy the next batch of people, except those who were copied early."""
    last = find_last_of_batch(copy.step_id, copy.copied_up_to)
    locked = lock_people(find_people(copy, last))
    early = CopiedPerson.objects.filter(copy=copy)
    copied = set(select_people(early, locked))
    copy.copy_people([pk for pk in locked if pk not in copied])
    own = StepCopy.objects.filter(pk=copy.pk, copied_up_to=copy.copied_up_to)
    done = copy.copied_people + len(locked)
    if not own.update(copied_up_to=last, copied_people=done):
        # Another worker has copied them, and they may have made new marks since.
        transaction.set_rollback(True)


def find_people(copy: StepCopy, last: int = EVERYBODY) -> list[int]:
    """Return the ids of the people to copy next, up to the id `last`."""
    on_step = {"step": copy.step_id}
    on_topics = {"topic__in": [old for old, _new in copy.topics]}
    sources: list[tuple[type[Model], str, dict[str, Any]]] = [
        (StepProgress, "user", on_step),
        (Confirmation, "user", on_step),
    ]
    if copy.is_merge:
        sources += [
            (TopicCheck, "user", on_topics),
            (Note, "user", on_step),
            (WorkLink, "user", on_step),
            (Comment, "member", on_step),
        ]
    first, *others = [
        model._default_manager.filter(
            **{f"{person}__gt": copy.copied_up_to, f"{person}__lte": last}, **condition
        )
        .order_by()
        .values_list(person, flat=True)
        for model, person, condition in sources
    ]
    return list(first.union(*others))


def finish(copy: StepCopy) -> None:
    """Delete the copy, and queue the completions that waited for it."""
    # A million people may have been copied early, and each has a row to delete.
    with without_limits():
        # `catch_up` locks the row. So this waits for people who are being copied early.
        for own in StepCopy.objects.select_for_update().filter(pk=copy.pk):
            own.delete()
            for arguments in own.completions:
                write_completions_later.enqueue(*arguments)
