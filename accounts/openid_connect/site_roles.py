"""Staff, editors and publishers by the organisation's claim.

Only the roles that have a setting follow the claim, at each sign-in with the
organisation. A superuser keeps every role: otherwise a wrong claim could leave nobody
who can correct it.
"""

from __future__ import annotations

from typing import Any

import structlog
from allauth.socialaccount.providers.base.provider import Provider
from django.contrib.auth.models import Group
from django.db import transaction
from django.dispatch import receiver

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User
from accounts.openid_connect.signals import claims_received

log = structlog.get_logger("cairn.accounts")


@receiver(claims_received)
@transaction.atomic
def apply_site_roles(
    user: User, values: frozenset[str], provider: Provider, **_: Any
) -> None:
    if user.is_superuser:
        return
    # Sign-ins at the same time must not change and record the same twice.
    locked = User.objects.select_for_update(no_key=True)
    user.refresh_from_db(fields=["is_staff"], from_queryset=locked)
    for role, names in provider.app.settings["site_roles"].items():
        if names:
            is_wanted = not values.isdisjoint(names)
            if set_role(user, role, is_wanted):
                record(user, role, is_wanted)


def set_role(user: User, role: str, is_wanted: bool) -> bool:
    """Give or take the staff flag or a permission group. Return whether it changed."""
    if role == "staff":
        return set_staff(user, is_wanted)
    group = Group.objects.filter(name=role).first()
    if group is None:
        log.warning("permission_group_missing", name=role)
        return False
    if user.groups.filter(pk=group.pk).exists() == is_wanted:
        return False
    if is_wanted:
        user.groups.add(group)
    else:
        user.groups.remove(group)
    return True


def set_staff(user: User, is_wanted: bool) -> bool:
    if user.is_staff == is_wanted:
        return False
    user.is_staff = is_wanted
    user.save(update_fields=["is_staff"])
    return True


def record(user: User, role: str, is_given: bool) -> None:
    """Nobody did it: the claim did."""
    action = AuditAction.SITE_ROLE_GIVEN if is_given else AuditAction.SITE_ROLE_TAKEN
    AuditEvent.objects.record(action, None, user, role=role.lower())
