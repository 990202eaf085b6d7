"""What happens to groups when an account is deleted."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from accounts.models import User
from groups.errors import LastOwnerError
from groups.models import Group, Membership
from groups.roles import Role


class GroupFate(NamedTuple):
    """What a group that one person owns alone becomes when their account is deleted."""

    group: Group
    successor: Membership | None  # None: the group is deleted


def find_fates(user: User) -> list[GroupFate]:
    """Return what happens to the groups that have no other owner."""
    other_owners = Membership.objects.owners().exclude(user=user)
    groups = list(
        Group.objects.filter(
            ~Exists(other_owners.filter(group=OuterRef("pk"))),
            pk__in=user.memberships.owners().values("group"),
        )
    )
    # A list of groups, so that PostgreSQL does not sort everybody's memberships.
    successors = Membership.objects.successors().select_related("user")
    by_group = {each.group_id: each for each in successors.filter(group__in=groups)}
    return [GroupFate(group, by_group.get(group.pk)) for group in groups]


@receiver(pre_delete, sender=User)
@transaction.atomic
def leave_groups(instance: User, **_: Any) -> None:
    """Leave every group of a user before they are deleted.

    No group stays without an owner: the longest-serving mentor becomes the owner. If
    there is none, the group is deleted. Memberships end here, and not with the user,
    because an admin may delete several owners of a group at once.
    """
    # Who joins a group is locked too, so no membership is added from now on.
    User.objects.select_for_update(no_key=True).filter(pk=instance.pk).first()
    for membership in instance.memberships.select_related("group").order_by("group_id"):
        with suppress(Group.DoesNotExist):  # somebody has just deleted it
            leave_or_hand_over(membership)


def leave_or_hand_over(membership: Membership) -> None:
    user, group = membership.user, membership.group
    group.lock()
    try:
        membership.end(user)
    except LastOwnerError:
        if successor := group.memberships.successors().first():
            successor.change_role(Role.OWNER, actor=user)
            membership.end(user)
        else:
            group.disband(user)
