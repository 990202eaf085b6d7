from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.db import models
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User

BATCH = 1000  # rows a transaction
KEEP_SENT = timedelta(days=1)
KEEP_FAILED = timedelta(days=30)  # for whoever looks into why
LONGEST_TASK = timedelta(minutes=10)


class Command(BaseCommand):
    help = "Clear away what has run out, once a day or whenever; say how much it was."

    def handle(self, **_: Any) -> None:
        for what, count in care():
            self.stdout.write(f"{what}: {count}")


def care() -> Iterator[tuple[str, int]]:
    now = timezone.now()
    yield "expired sessions deleted", clear(Session.objects.filter(expire_date__lt=now))
    yield "accounts that were never confirmed deleted", clear(never_confirmed())
    done = DBTaskResult.objects.successful().filter(finished_at__lt=now - KEEP_SENT)
    yield "tasks that were done deleted", clear(done)
    failed = DBTaskResult.objects.failed().filter(finished_at__lt=now - KEEP_FAILED)
    yield "tasks that had failed deleted", clear(failed)
    orphans = DBTaskResult.objects.running().filter(started_at__lt=now - LONGEST_TASK)
    yield (
        "tasks of workers that died put back",
        orphans.update(status=TaskResultStatus.READY),
    )


def never_confirmed() -> models.QuerySet[User]:
    """People who signed up long ago, never confirmed an address, and left no trace:
    whoever could once sign in has one of the others.
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


def clear(rows: models.QuerySet[Any]) -> int:
    """Delete them, a batch a transaction, so that nobody waits for long."""
    total = 0
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=batch).delete()
        total += len(batch)
    return total
