"""Deleting an account, with all that is the person's."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts.models import Invitation, User


@transaction.atomic
def leave(user: User) -> bool:
    """Delete the person, their rows and sessions, and confirm it by mail; False, and
    nothing is done, for the last administrator.

    What they edited stays, and says no longer who did. Raises MailNotSentError.
    """
    # Two last administrators who leave at once: the second waits, and is told.
    list(User.objects.select_for_update().filter(is_superuser=True))
    if user.is_last_administrator():
        return False
    addresses = EmailAddress.objects.filter(user=user).values("email")
    Invitation.objects.filter(address__in=addresses).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    address, name = user.email, user.name
    user.delete()
    gone = User(email=address, name=name, time_zone=user.time_zone)
    get_adapter().send_mail("account/email/account_deleted", address, {"user": gone})
    return True
