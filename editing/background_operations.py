"""Merge and split steps: at once, or in a worker if the step has many learners.

The operation itself is one transaction. A worker then copies everybody's progress in
batches (step_copying.py), in one short task after the other, so that emails do not wait
for the whole copy. If a worker dies, `cleanup` lets the copy continue. Only one
operation per roadmap waits or runs at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.tasks import TaskResultStatus, task
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from core.postgresql.batches import TASK_DURATION
from core.postgresql.pool import without_limits
from core.text import isolate
from editing import step_operations
from editing.step_copying import copy_everybody
from progress.step_copies import StepCopy
from roadmaps.models import Roadmap, Step

MANY_LEARNERS = 1_000  # copied in about 100 ms
UNFINISHED = [TaskResultStatus.READY, TaskResultStatus.RUNNING]


class Outcome(TypedDict):
    step: int  # the page to open next
    message: str  # a worker writes it in the site's language, as it does `errors`
    errors: list[str]  # if there are any, nothing was changed


def start(
    name: str, step: Step, editor: User, arguments: dict[str, Any]
) -> Outcome | str:
    """Return the outcome, or the id of the task that performs the operation.

    Raises ValidationError while another operation on the roadmap waits or runs.
    """
    learners = step.progress.all()[: MANY_LEARNERS + 1].count()
    if learners <= MANY_LEARNERS:
        return perform(name, step.pk, editor.pk, arguments)
    with transaction.atomic():
        # Two editors could start at the same time.
        Roadmap.objects.select_for_update(no_key=True).get(pk=step.roadmap_id)
        if StepCopy.objects.filter(roadmap=step.roadmap_id).exists() or find_unfinished(
            step.roadmap_id
        ):
            raise ValidationError(
                _("Another operation on this roadmap is in progress.")
            )
        result = perform_later.enqueue(
            name=name,
            roadmap=step.roadmap_id,
            step=step.pk,
            editor=editor.pk,
            arguments=arguments,
        )
    return result.return_value if result.is_finished else result.id


def find_unfinished(roadmap_id: int) -> DBTaskResult[..., Outcome] | None:
    """Return the task of the operation on this roadmap that waits, runs or has not
    copied everybody's progress yet.
    """
    operations = DBTaskResult.objects.filter(
        task_path=perform_later.module_path, args_kwargs__kwargs__roadmap=roadmap_id
    )
    if copy := StepCopy.objects.filter(roadmap=roadmap_id).first():
        own = operations.filter(args_kwargs__kwargs__step=copy.step_id)
        return own.order_by("-enqueued_at").first()
    return operations.filter(status__in=UNFINISHED).first()


@task(priority=-10)  # mails come first
def perform_later(
    name: str,
    roadmap: int,
    step: int,
    editor: int,
    arguments: dict[str, Any],
) -> Outcome:
    if copy := StepCopy.objects.filter(step=step).first():
        return describe(name, copy.step, copy.into)  # the worker that began it has died
    with without_limits():
        outcome = perform(name, step, editor, arguments, copies_later=True)
        if StepCopy.objects.filter(step=step).exists():
            continue_copy.enqueue(roadmap=roadmap)
    return outcome


@task(priority=-10)
def continue_copy(roadmap: int) -> None:
    """Copy for a few seconds, and queue a task that goes on."""
    copy = StepCopy.objects.filter(roadmap=roadmap).first()
    if copy and not copy_everybody(copy, TASK_DURATION):
        continue_copy.enqueue(roadmap=roadmap)


def is_copying(roadmap_id: int) -> bool:
    """Whether a task waits or runs that goes on with the roadmap's copy."""
    return DBTaskResult.objects.filter(
        task_path=continue_copy.module_path,
        status__in=UNFINISHED,
        args_kwargs__kwargs__roadmap=roadmap_id,
    ).exists()


def restart_copies() -> int:
    """Let each copy continue whose task has failed. Return how many there were."""
    roadmaps = StepCopy.objects.values_list("roadmap", flat=True)
    interrupted = [roadmap for roadmap in roadmaps if not is_copying(roadmap)]
    for roadmap in interrupted:
        continue_copy.enqueue(roadmap=roadmap)
    return len(interrupted)


def perform(
    name: str,
    step_id: int,
    editor_id: int,
    arguments: dict[str, Any],
    *,
    copies_later: bool = False,
) -> Outcome:
    """Merge or split the step, unless the editor may no longer do that."""
    try:
        with transaction.atomic():
            editor = User.objects.get(pk=editor_id)
            if not (editor.is_staff and editor.has_perm("roadmaps.change_step")):
                raise ValidationError(
                    _("You no longer have permission to change steps.")
                )
            step = Step.objects.select_related("roadmap").get(pk=step_id)
            if step.is_retired:
                message = _("%(title)s is retired. Bring it back first.")
                raise ValidationError(message % {"title": isolate(step.title)})
            operation = OPERATIONS[name]
            other = operation(step, editor, copies_later=copies_later, **arguments)
            LogEntry.objects.log_actions(
                editor.pk,
                [step if name == "merge" else other],
                CHANGE,
                describe(name, step, other)["message"],
                single_object=True,
            )
    except ValidationError as error:
        return {"step": step_id, "message": "", "errors": error.messages}
    except (User.DoesNotExist, Step.DoesNotExist):
        return {
            "step": step_id,
            "message": "",
            "errors": [_("The step no longer exists.")],
        }
    return describe(name, step, other)


def merge(step: Step, editor: User, into: int, **options: Any) -> Step:
    target = Step.objects.select_related("roadmap").get(pk=into)
    step_operations.merge(step, target, editor, **options)
    return target


def split(
    step: Step,
    editor: User,
    *,
    topics: Sequence[int] = (),
    copies_later: bool = False,
    **fields: Any,
) -> Step:
    new = Step(**fields)
    step_operations.split(step, new, editor, topics, copies_later=copies_later)
    return new


OPERATIONS: dict[str, Callable[..., Step]] = {"merge": merge, "split": split}


def describe(name: str, step: Step, other: Step) -> Outcome:
    """Return the outcome of an operation that has succeeded."""
    titles = {"title": isolate(step.title), "other": isolate(other.title)}
    if name == "merge":
        message = _("Merged %(title)s into %(other)s.") % titles
        return {"step": step.pk, "message": message, "errors": []}
    message = _("Added %(other)s directly after %(title)s. Write its text now.")
    return {"step": other.pk, "message": message % titles, "errors": []}
