"""Records who changed what a person may do: in the admin, by command, by sign-in."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User


@contextmanager
def recorded_permissions(user_id: int, by: User | None = None) -> Iterator[None]:
    """Record how the block changes the user's permissions, if it does.

    The block is in one transaction with the event. Two that change the same user take
    turns, so that each event says what its own block changed. `by` is None for what
    nobody did who is signed in.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
        before = describe_permissions(user) if user else ""
        yield
        user = User.objects.filter(pk=user_id).first()
        if user and (after := describe_permissions(user)) != before:
            AuditEvent.objects.record(
                *(AuditAction.PERMISSIONS_CHANGED, by, user), before=before, after=after
            )


def describe_permissions(user: User) -> str:
    """Return text such as "administrator, staff, group Editors, accounts.view_user"."""
    roles = {"administrator": user.is_superuser, "staff": user.is_staff}
    names = [name for name, has in roles.items() if has]
    groups = user.groups.order_by("name").values_list("name", flat=True)
    names += [f"group {name}" for name in groups]
    own = list_permissions(user.user_permissions.all())
    return ", ".join([*names, own] if own else names)


def list_permissions(permissions: Iterable[Permission]) -> str:
    """Return their names in order, such as "accounts.view_user, roadmaps.view_step"."""
    chosen = Permission.objects.filter(pk__in=[each.pk for each in permissions])
    rows = chosen.order_by().values_list("content_type__app_label", "codename")
    return ", ".join(sorted(f"{app}.{codename}" for app, codename in rows))


def record_group_change(group: Group, before: str, after: str, by: User) -> None:
    """Record what the people in a permission group could do, and can do now."""
    AuditEvent.objects.record(
        *(AuditAction.GROUP_PERMISSIONS_CHANGED, by),
        permission_group=group.name,
        before=before,
        after=after,
    )
