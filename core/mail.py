"""Mail that waits for no mail server: queued as a task, sent by a worker, tried again.

A mail is queued in the transaction of what it tells of, and goes the same way as that.
It is stored encrypted, since mails carry codes and addresses that neither a backup nor
the admin's list of tasks should show.
"""

import json
import smtplib
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as Mime
from hashlib import sha256
from typing import Any, cast

import structlog
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.tasks import task
from django.utils import timezone

log = structlog.get_logger("cairn.mail")

TRIES = 6
FIRST_PAUSE = 15  # seconds, and twice as long after each try: all within a code's life
WORKER = "smtp"  # the mailer by which the worker sends


class EmailBackend(BaseEmailBackend):
    """Queues what it is to send."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            send.enqueue(seal(message))
        return len(email_messages)


class Sealed(EmailMessage):
    """A mail as it was when it was queued, its date and id included."""

    def __init__(self, mime: bytes, from_email: str, recipients: list[str]) -> None:
        super().__init__(from_email=from_email, to=recipients)
        self.mime = mime

    def message(self, *, policy: Any = policy.default) -> Mime:
        return cast(Mime, message_from_bytes(self.mime, policy=policy))


def keys() -> MultiFernet:
    """Of the secret key, and of those before it."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [
        sha256(b"core.mail" + str(secret).encode()).digest() for secret in secrets
    ]
    return MultiFernet([Fernet(urlsafe_b64encode(digest)) for digest in digests])


def seal(message: EmailMessage) -> str:
    mime = b64encode(message.message().as_bytes()).decode()
    whole = [mime, message.from_email, message.recipients()]
    return keys().encrypt(json.dumps(whole).encode()).decode()


def unseal(sealed: str) -> Sealed:
    mime, from_email, recipients = json.loads(keys().decrypt(sealed.encode()))
    return Sealed(b64decode(mime), from_email, recipients)


@task
def send(sealed: str, attempt: int = 1) -> str:
    """Send a mail, or put it off when the mail server is away. What the server refuses
    for good, or has been tried often enough, fails the task.
    """
    try:
        mailers[WORKER].send_messages([unseal(sealed)])
    except (OSError, smtplib.SMTPException) as error:
        if attempt >= TRIES or is_final(error):
            log.error("mail_failed", error=type(error).__name__, attempt=attempt)
            raise
        pause = timedelta(seconds=FIRST_PAUSE * 2 ** (attempt - 1))
        later = send.using(run_after=timezone.now() + pause)
        later.enqueue(sealed, attempt + 1)
        log.warning("mail_put_off", error=type(error).__name__, attempt=attempt)
        return "put off"
    return "sent"


def is_final(error: Exception) -> bool:
    """Whether the server said a 5xx (RFC 5321, 4.2.1): asking again will not help."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
