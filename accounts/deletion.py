"""Deletes an account with all of the user's data."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy

from accounts.audit import AuditAction, AuditEvent
from accounts.deactivation import end_sessions, lock_administrators
from accounts.models import Invitation, User

DELETED = gettext_lazy("deleted account")  # instead of the address, in the admin's log


@transaction.atomic
def delete_account(user: User, by: User | None = None) -> bool:
    """Delete the user, their rows and their sessions, and send a confirmation.

    Return False, and change nothing, if the user is the last administrator. Content
    that they edited stays, without their name. `by` is who does it, by default the
    user. Raises MailNotSentError.
    """
    # If the last two administrators delete their accounts at the same time, the second
    # request waits here, and then finds that its user is the last one.
    lock_administrators()
    if user.is_last_administrator():
        return False
    AuditEvent.objects.record(AuditAction.ACCOUNT_DELETED, by or user, user)
    address, name = user.email, user.name
    user.delete()
    recipient = User(email=address, name=name, time_zone=user.time_zone)
    get_adapter().send_mail(
        "account/email/account_deleted", address, {"user": recipient}
    )
    return True


@receiver(pre_delete, sender=User)
def delete_traces(instance: User, **_: Any) -> None:
    """Delete what refers to a user without a foreign key, on every way to delete them.

    These are their sessions, invitations, and the address in the admin's log.
    """
    own = EmailAddress.objects.filter(user=instance).values_list("email", flat=True)
    addresses = {instance.email, *own}
    Invitation.objects.filter(address__in=addresses).delete()
    end_sessions(instance)
    LogEntry.objects.filter(object_repr__in=addresses).update(object_repr=DELETED)
