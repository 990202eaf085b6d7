"""Who may create a group."""

from django.conf import settings

from accounts.models import User


def may_create_groups(user: User) -> bool:
    """Whether the setting NEW_GROUPS lets the person create a group."""
    if settings.NEW_GROUPS == "staff":
        return user.is_staff
    if settings.NEW_GROUPS == "permitted":
        return user.has_perm("groups.add_group")
    return True
