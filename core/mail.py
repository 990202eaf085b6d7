"""Queue email as tasks, so that no page waits for the mail server.

A mail is queued in the transaction of the change that it reports, so both are committed
or neither is. It is stored encrypted, because mails hold codes and addresses that must
not appear in a backup or in the admin's list of tasks. A worker sends it, and retries
while the mail server is unavailable.
"""

import json
import smtplib
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
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

MAX_ATTEMPTS = 6
FIRST_DELAY = 15  # seconds; doubled each time: all retries fit in a code's lifetime
SMTP_MAILER = "smtp"  # the worker's mailer in settings.MAILERS


class MailNotSentError(Exception):
    """The mail server did not accept a mail, so the action that needs it was undone."""


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


def get_cipher() -> MultiFernet:
    """Return a cipher that encrypts with a key derived from SECRET_KEY.

    It also decrypts with the keys derived from SECRET_KEY_FALLBACKS.
    """
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [
        sha256(b"core.mail" + str(secret).encode()).digest() for secret in secrets
    ]
    return MultiFernet([Fernet(urlsafe_b64encode(digest)) for digest in digests])


def encrypt(message: EmailMessage) -> str:
    mime = b64encode(message.message().as_bytes()).decode()
    fields = [mime, message.from_email, message.recipients()]
    return get_cipher().encrypt(json.dumps(fields).encode()).decode()


def decrypt(encrypted: str) -> StoredMessage:
    """Raise cryptography.fernet.InvalidToken if no key can decrypt it."""
    fields = json.loads(get_cipher().decrypt(encrypted.encode()))
    mime, from_email, recipients = fields
    return StoredMessage(b64decode(mime), from_email, recipients)


@task
def send(encrypted: str, attempt: int = 1) -> str:
    """Send a mail, or queue it again for later if the mail server is unavailable.

    The task fails if the server rejects the mail permanently or the last attempt
    fails.
    """
    try:
        mailers[SMTP_MAILER].send_messages([decrypt(encrypted)])
    except (OSError, smtplib.SMTPException) as error:
        if attempt >= MAX_ATTEMPTS or is_permanent(error):
            log.error("mail_failed", error=type(error).__name__, attempt=attempt)
            raise
        delay = timedelta(seconds=FIRST_DELAY * 2 ** (attempt - 1))
        send.using(run_after=timezone.now() + delay).enqueue(encrypted, attempt + 1)
        log.warning("mail_put_off", error=type(error).__name__, attempt=attempt)
        return "put off"
    return "sent"


def is_permanent(error: Exception) -> bool:
    """Return whether the server answered with a 5xx code, so that no retry can succeed
    (RFC 5321, 4.2.1).
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
