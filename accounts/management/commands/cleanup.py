from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.db import models, transaction
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.audit import AuditAction, AuditEvent
from accounts.ended_sessions import delete_ended
from accounts.models import ASCII, User
from accounts.second_factor_secrets import renew_encryption
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
    expired = Session.objects.filter(expire_date__lt=now)
    yield "Expired sessions deleted", delete(expired)
    yield "IP addresses and browsers of ended sessions deleted", delete_ended()
    yield "Unconfirmed accounts deleted", delete_unconfirmed()
    yield "Old audit events deleted", AuditEvent.objects.delete_expired()
    ended = GroupInvitation.objects.ended_before(now - ENDED_INVITATION_AGE)
    yield "Ended invitations to groups deleted", delete(ended)
    done = tasks.successful().filter(finished_at__lt=now - SUCCESSFUL_TASK_AGE)
    yield "Finished tasks deleted", delete(done)
    failed = tasks.failed().filter(finished_at__lt=now - FAILED_TASK_AGE)
    yield "Failed tasks deleted", delete(failed)
    orphaned = tasks.running().filter(started_at__lt=now - MAX_TASK_DURATION)
    restarted = orphaned.update(status=TaskResultStatus.READY)
    yield "Tasks of dead workers queued again", restarted
    yield "Email addresses to rewrite in ASCII by hand", not_canonical().count()
    yield "Secrets encrypted again with the current key", renew_encryption()


def not_canonical() -> models.QuerySet[EmailAddress]:
    """Return the addresses that may belong to a second account of the same person.

    Cairn stores only canonical addresses, but other programs may have added rows.
    """
    return EmailAddress.objects.exclude(email__regex=ASCII)


def never_confirmed() -> models.QuerySet[User]:
    """Return the accounts without a confirmed address, a sign-in or any data.

    Only those that are older than the setting UNCONFIRMED_DAYS.
    """
    joined_before = timezone.now() - timedelta(days=settings.UNCONFIRMED_DAYS)
    return User.objects.filter(
        date_joined__lt=joined_before,
        last_login=None,
        is_staff=False,
        is_superuser=False,
        progress=None,
        completions=None,
        notes=None,
    ).exclude(emailaddress__verified=True)


def delete_unconfirmed() -> int:
    """Nobody does it, so the events in the audit trail have only the person."""
    total = 0
    while batch := list(never_confirmed()[:BATCH_SIZE]):
        with transaction.atomic():
            for user in batch:
                AuditEvent.objects.record(AuditAction.ACCOUNT_DELETED, None, user)
            User.objects.filter(pk__in=[user.pk for user in batch]).delete()
        total += len(batch)
    return total


def delete(rows: models.QuerySet[Any]) -> int:
    """Delete the rows and return their number. Batches keep the locks short."""
    total = 0
    while batch := list(rows.values_list("pk", flat=True)[:BATCH_SIZE]):
        rows.model._default_manager.filter(pk__in=batch).delete()
        total += len(batch)
    return total
