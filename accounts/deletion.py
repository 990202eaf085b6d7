"""Deletes an account with all of the user's data."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts.models import Invitation, User


@transaction.atomic
def delete_account(user: User) -> bool:
    """Delete the user, their rows and their sessions, and send a confirmation.

    Return False, and change nothing, if the user is the last administrator. Content
    that they edited stays, without their name. Raises MailNotSentError.
    """
    # If the last two administrators delete their accounts at the same time, the second
    # request waits here, and then finds that its user is the last one.
    list(User.objects.select_for_update().filter(is_superuser=True))
    if user.is_last_administrator():
        return False
    addresses = EmailAddress.objects.filter(user=user).values("email")
    Invitation.objects.filter(address__in=addresses).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    address, name = user.email, user.name
    user.delete()
    recipient = User(email=address, name=name, time_zone=user.time_zone)
    get_adapter().send_mail(
        "account/email/account_deleted", address, {"user": recipient}
    )
    return True
