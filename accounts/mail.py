"""Mails: each written once as text, and dressed in one layout of HTML."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.devices import name_of
from accounts.models import User
from core.mail import MailNotSentError

log = structlog.get_logger("cairn.accounts")
SIGNATURE = "\n-- \n"  # what follows is the layout's own, in HTML as in text


class Part(NamedTuple):
    kind: str  # "code", "link" or "text"
    text: str


def parts(text: str) -> Iterator[Part]:
    """The paragraphs of a mail, those that are a code or an address told apart."""
    for paragraph in text.partition(SIGNATURE)[0].split("\n\n"):
        words = paragraph.strip()
        if paragraph.startswith("    "):
            yield Part("code", words)
        elif words.startswith(("http://", "https://")) and len(words.split()) == 1:
            yield Part("link", words)
        elif words:
            yield Part("text", words)


class MailAdapter(DefaultAccountAdapter):
    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        mail = super().render_mail(template_prefix, email, context, headers)
        assert isinstance(mail, EmailMultiAlternatives)  # noqa: S101
        dressed = {**context, "subject": mail.subject, "parts": parts(str(mail.body))}
        html = render_to_string("mail/layout.html", dressed, self.request)
        mail.attach_alternative(html, "text/html")
        return mail

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Raises MailNotSentError when the mail server does not take it."""
        recipient = context.get("user")
        names = {"site_name": settings.SITE_NAME, "recipient": recipient}
        zone = recipient.zone if recipient else None
        try:
            with timezone.override(zone or timezone.get_current_timezone()):
                super().send_mail(template_prefix, email, context | names)
        except OSError as error:  # which smtplib's are, too
            raise MailNotSentError from error

    def send_notification_mail(  # type: ignore[override]
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the person what has happened; it has, even when no mail can say so."""
        device = name_of(self.get_http_user_agent(self.request))
        more = {"user": user, "device": device, **(context or {})}
        try:
            super().send_notification_mail(template_prefix, user, more, email)
        except MailNotSentError:
            log.exception("notice_not_sent", mail=template_prefix, user_id=user.pk)
