"""Queue email as tasks, so that no page waits for the mail server.

A mail is queued in the transaction of the change that it reports, so both are committed
or neither is. It is stored encrypted, because mails hold codes and addresses that must
not appear in a backup or in the admin's list of tasks. A worker sends it, and retries
while the mail server is unavailable.
"""

import json
import re
import smtplib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from typing import Any, cast

import structlog
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.dispatch import receiver
from django.tasks import TaskResult, TaskResultStatus, task
from django.tasks.signals import task_finished
from django.utils import timezone

from core.encryption import get_cipher

log = structlog.get_logger("cairn.mail")

MAX_ATTEMPTS = 6
FIRST_DELAY = 15  # seconds; doubled each time: all retries fit in a code's lifetime
CIPHER_PURPOSE = "core.mail"
PERMANENT = 500  # the first SMTP code that means so
PUT_OFF = "put off"  # what a task returns that queued its mail again
ADDRESS = re.compile(r"[^\s'\"<>]+@[^\s'\"<>]+")
MAX_REASON_LENGTH = 300  # characters
SMTP_MAILER = "smtp"  # the worker's mailer in settings.MAILERS


class MailNotSentError(Exception):
    """The mail server did not accept a mail. An action that needs it is undone."""


class EmailBackend(BaseEmailBackend):
    """Queues mails instead of sending them."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            send.enqueue(encrypt(message))
        return len(email_messages)


class StoredMessage(EmailMessage):
    """A mail exactly as it was queued, including its date and Message-ID."""

    def __init__(self, mime: bytes, from_email: str, recipients: list[str]) -> None:
        super().__init__(from_email=from_email, to=recipients)
        self.mime = mime

    def message(self, *, policy: Any = policy.default) -> MimeMessage:
        return cast(MimeMessage, message_from_bytes(self.mime, policy=policy))


def encrypt(message: EmailMessage) -> str:
    mime = b64encode(message.message().as_bytes()).decode()
    fields = [mime, message.from_email, message.recipients()]
    return get_cipher(CIPHER_PURPOSE).encrypt(json.dumps(fields).encode()).decode()


def decrypt(encrypted: str) -> StoredMessage:
    """Raise cryptography.fernet.InvalidToken if no key can decrypt it."""
    fields = json.loads(get_cipher(CIPHER_PURPOSE).decrypt(encrypted.encode()))
    mime, from_email, recipients = fields
    return StoredMessage(b64decode(mime), from_email, recipients)


@task
def send(
    encrypted: str,
    attempt: int = 1,
    last_error: str = "",  # noqa: ARG001
) -> str:
    """Send a mail. If that fails for now, queue it again for later.

    The task fails if the server rejects the mail, if no attempt can succeed, or after
    the last attempt. `last_error` is for the admin, which shows a task's arguments.
    """
    try:
        mailers[SMTP_MAILER].send_messages([decrypt(encrypted)])
    except Exception as error:
        name, code = type(error).__name__, getattr(error, "smtp_code", None)
        reason = describe(error)
        if attempt >= MAX_ATTEMPTS or not is_temporary(error):
            log.error("mail_failed", error=name, code=code, attempt=attempt)
            # Without the original error, whose traceback would be stored.
            raise MailNotSentError(reason) from None
        delay = timedelta(seconds=FIRST_DELAY * 2 ** (attempt - 1))
        later = send.using(run_after=timezone.now() + delay)
        later.enqueue(encrypted, attempt + 1, reason)
        log.warning("mail_put_off", error=name, code=code, attempt=attempt)
        return PUT_OFF
    return "sent"


def is_temporary(error: Exception) -> bool:
    """Return whether a later attempt can succeed.

    Only two errors are about the mail itself: the server rejects all recipients, or the
    content, with a 5xx code (RFC 5321, 4.2.1). All others, such as a wrong password,
    are about the server, and the operator can mend them meanwhile.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code < PERMANENT for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code < PERMANENT
    return isinstance(error, OSError)  # also the base class of smtplib's errors


def describe(error: Exception) -> str:
    """Return the error without the email addresses in it."""
    return ADDRESS.sub("…", f"{type(error).__name__}: {error}")[:MAX_REASON_LENGTH]


def count_put_off_mails() -> int:
    """Return how many mails wait for another attempt."""
    from django_tasks_db.models import DBTaskResult

    waiting = DBTaskResult.objects.filter(
        status=TaskResultStatus.READY, task_path=send.module_path
    )
    return waiting.filter(args_kwargs__args__1__gt=1).count()  # the attempt


@receiver(task_finished)
def delete_put_off_task(task_result: TaskResult[Any, Any], **_: Any) -> None:
    """Delete the task of an attempt that queued the mail again.

    It would be listed as successful in the admin, and the mail was not sent.
    """
    from django_tasks_db.models import DBTaskResult

    is_successful = task_result.status == TaskResultStatus.SUCCESSFUL
    if is_successful and task_result.return_value == PUT_OFF:
        DBTaskResult.objects.filter(pk=task_result.id).delete()
