"""Deactivates the accounts of people who have left. Their data stays.

Somebody whose account is not active is signed out at once and cannot sign in again. An
administrator can activate the account again, but its sessions do not come back.
"""

from collections.abc import Collection

import structlog
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User

log = structlog.get_logger("cairn.accounts")


class LastAdministratorError(Exception):
    """Nobody could manage the site any more."""


def lock_administrators() -> list[User]:
    """Return the administrators whose accounts are active.

    Until the end of the transaction, nobody else can deactivate or delete one.
    """
    administrators = User.objects.select_for_update().filter(
        is_superuser=True, is_active=True
    )
    return list(administrators.order_by("pk"))


def find_last_administrators(users: Collection[User]) -> list[User]:
    """Return the administrators among `users`, if there are no others. Locks all."""
    active = lock_administrators()
    chosen = {user.pk for user in users}
    return active if {user.pk for user in active} <= chosen else []


@transaction.atomic
def deactivate(users: Collection[User], by: User | None = None) -> int:
    """Return how many were active until now.

    Raises LastAdministratorError, and changes nothing, if no administrator would be
    left.
    """
    if find_last_administrators(users):
        raise LastAdministratorError
    count = 0
    for user in users:
        was_active = User.objects.filter(pk=user.pk, is_active=True)
        if was_active.update(is_active=False):
            log.info("account_deactivated", user_id=user.pk, by=by and by.pk)
            AuditEvent.objects.record(AuditAction.ACCOUNT_DEACTIVATED, by, user)
            count += 1
        end_sessions(user)
    return count


def end_sessions(user: User) -> None:
    sessions = UserSession.objects.filter(user=user)
    Session.objects.filter(pk__in=sessions.values("session_key")).delete()
    sessions.delete()
