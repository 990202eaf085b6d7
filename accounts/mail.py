"""Sends mails as text and HTML. The HTML is generated from the text."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.devices import browser_name
from accounts.models import User
from core.mail import MailNotSentError
from core.text import isolate

log = structlog.get_logger("cairn.accounts")
# The footer of a text mail follows this separator. The HTML layout has its own footer.
FOOTER_SEPARATOR = "\n-- \n"


class Paragraph(NamedTuple):
    kind: str  # "code", "link" or "text"
    text: str


def split_into_paragraphs(text: str) -> Iterator[Paragraph]:
    """Split the text of a mail, without its footer, into paragraphs."""
    for paragraph in text.partition(FOOTER_SEPARATOR)[0].split("\n\n"):
        stripped = paragraph.strip()
        if paragraph.startswith("    "):
            yield Paragraph("code", stripped)
        elif (
            stripped.startswith(("http://", "https://")) and len(stripped.split()) == 1
        ):
            yield Paragraph("link", stripped)
        elif stripped:
            yield Paragraph("text", stripped)


class MailAdapter(DefaultAccountAdapter):
    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Return allauth's plain text mail with an HTML version added."""
        mail = super().render_mail(template_prefix, email, context, headers)
        assert isinstance(mail, EmailMultiAlternatives)  # noqa: S101
        html_context = {
            **context,
            "subject": mail.subject,
            "paragraphs": split_into_paragraphs(str(mail.body)),
        }
        html = render_to_string("mail/layout.html", html_context, self.request)
        mail.attach_alternative(html, "text/html")
        return mail

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Send the mail, with dates in the recipient's time zone.

        Raises MailNotSentError if the mail server does not accept it.
        """
        recipient = context.get("user")
        site_name = isolate(settings.SITE_NAME)
        context = context | {"site_name": site_name, "recipient": recipient}
        time_zone = recipient.zone_info if recipient else None
        try:
            with timezone.override(time_zone or timezone.get_current_timezone()):
                super().send_mail(template_prefix, email, context)
        except OSError as error:  # also the base class of smtplib's errors
            raise MailNotSentError from error

    def send_notification_mail(  # type: ignore[override]
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the user about an event. If the mail cannot be sent, only log that."""
        device = browser_name(self.get_http_user_agent(self.request))
        context = {"user": user, "device": device, **(context or {})}
        try:
            super().send_notification_mail(template_prefix, user, context, email)
        except MailNotSentError:
            log.exception("notice_not_sent", mail=template_prefix, user_id=user.pk)
