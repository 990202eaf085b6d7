"""Who may create a group, and who may change it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import User
from core.rate_limit import rate_limit
from groups.models import Group, Membership


def may_create_groups(user: User) -> bool:
    """Whether the setting NEW_GROUPS lets the person create a group."""
    if settings.NEW_GROUPS == "staff":
        return user.is_staff
    if settings.NEW_GROUPS == "permitted":
        return user.has_perm("groups.add_group")
    return True


def owners_only[View: Callable[..., HttpResponse]](view: View) -> View:
    """Call the view with the person's own membership instead of the group's id.

    The page does not exist for anybody who is not an owner of the group, and not if the
    group or the person that the view changes is deleted meanwhile.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, group_id: int, **kwargs: Any) -> HttpResponse:
        owners = Membership.objects.owners().select_related("group")
        owner = get_object_or_404(owners, user=request.user, group=group_id)
        try:
            return view(request, owner, **kwargs)
        except (Group.DoesNotExist, Membership.DoesNotExist) as error:
            raise Http404("It was deleted meanwhile.") from error

    return cast(View, login_required(rate_limit(wrapper)))
