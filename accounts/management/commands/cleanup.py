from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import models, transaction
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet

from accounts.audit import AuditAction, AuditEvent
from accounts.ended_sessions import delete_ended, delete_expired
from accounts.models import ASCII, User
from accounts.second_factor_secrets import renew_encryption
from editing.background_operations import restart_copies
from groups.invitations import Invitation as GroupInvitation

BATCH_SIZE = 1000  # rows per transaction
SUCCESSFUL_TASK_AGE = timedelta(days=1)
FAILED_TASK_AGE = timedelta(days=30)  # time to investigate the error
MAX_TASK_DURATION = timedelta(minutes=10)
ENDED_INVITATION_AGE = timedelta(days=90)  # time to see why somebody could not join


class Command(BaseCommand):
    help = "Delete expired data and print how much was deleted. Run it every hour."

    def handle(self, **_: Any) -> None:
        for action, count in cleanup():
            self.stdout.write(f"{action}: {count}")


def cleanup() -> Iterator[tuple[str, int]]:
    """Do what is due. Yield each action and its number of rows."""
    now = timezone.now()
    tasks = DBTaskResult.objects
    expired, addresses = delete_expired()
    yield "Expired sessions deleted", expired
    addresses += delete_ended()
    yield "IP addresses and browsers of ended sessions deleted", addresses
    yield "Unconfirmed accounts deleted", delete_unconfirmed()
    yield "Old audit events deleted", AuditEvent.objects.delete_expired()
    ended = GroupInvitation.objects.ended_before(now - ENDED_INVITATION_AGE)
    yield "Ended invitations to groups deleted", delete(ended)
    done = finished_before(tasks.successful(), now - SUCCESSFUL_TASK_AGE)
    yield "Finished tasks deleted", delete(done)
    failed = finished_before(tasks.failed(), now - FAILED_TASK_AGE)
    yield "Failed tasks deleted", delete(failed)
    orphaned = tasks.running().filter(started_at__lt=now - MAX_TASK_DURATION)
    restarted = orphaned.update(status=TaskResultStatus.READY)
    restarted += restart_copies()
    yield "Tasks of dead workers queued again", restarted
    yield "Email addresses to rewrite in ASCII by hand", not_canonical().count()
    yield "Secrets encrypted again with the current key", renew_encryption()


def finished_before(
    tasks: DBTaskResultQuerySet, date: datetime
) -> DBTaskResultQuerySet:
    # They were queued before they finished, and the index is on when they were queued.
    return tasks.filter(enqueued_at__lt=date, finished_at__lt=date)


def not_canonical() -> models.QuerySet[EmailAddress]:
    """Return the addresses that may belong to a second account of the same person.

    Cairn stores only canonical addresses, but other programs may have added rows.
    """
    return EmailAddress.objects.exclude(email__regex=ASCII)


def never_confirmed(candidates: list[int]) -> models.QuerySet[User]:
    """Return which of these accounts have no confirmed address and no data."""
    return User.objects.filter(
        pk__in=candidates,
        is_staff=False,
        is_superuser=False,
        progress=None,
        completions=None,
        notes=None,
    ).exclude(emailaddress__verified=True)


def delete_unconfirmed() -> int:
    """Delete the accounts that are older than the setting UNCONFIRMED_DAYS and have no
    confirmed address, sign-in or data. Return their number.

    Nobody does it, so the events in the audit trail have only the person.
    """
    joined_before = timezone.now() - timedelta(days=settings.UNCONFIRMED_DAYS)
    never_signed_in = User.objects.filter(
        last_login=None, date_joined__lt=joined_before
    )
    numbers = never_signed_in.order_by("pk").values_list("pk", flat=True)
    total = last = 0
    while batch := list(numbers.filter(pk__gt=last)[:BATCH_SIZE]):
        last = batch[-1]
        with transaction.atomic():
            users = list(never_confirmed(batch))
            for user in users:
                AuditEvent.objects.record(AuditAction.ACCOUNT_DELETED, None, user)
            User.objects.filter(pk__in=[user.pk for user in users]).delete()
        total += len(users)
    return total


def delete(rows: models.QuerySet[Any]) -> int:
    """Delete the rows and return their number. Batches keep the locks short."""
    total = 0
    keys = rows.order_by().values_list("pk", flat=True)  # nothing has to be sorted
    while batch := list(keys[:BATCH_SIZE]):
        rows.model._default_manager.filter(pk__in=batch).delete()
        total += len(batch)
    return total
