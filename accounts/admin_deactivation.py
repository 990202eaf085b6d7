"""The action that deactivates several users in the admin, after a question."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.deactivation import LastAdministratorError, deactivate
from accounts.models import User


@admin.action(
    description=gettext_lazy("Deactivate selected users"), permissions=["change"]
)
def deactivate_selected(
    model_admin: admin.ModelAdmin[User], request: HttpRequest, queryset: QuerySet[User]
) -> HttpResponse | None:
    """Show whom this deactivates. A second POST, with `confirmed`, does it."""
    users = list(queryset.order_by("email"))
    by = cast("User", request.user)
    if by.pk in [user.pk for user in users]:
        messages.error(request, _("You can’t deactivate your own account."))
        return None
    if "confirmed" not in request.POST:
        context = model_admin.admin_site.each_context(request) | {
            "title": _("Deactivate users"),
            "opts": model_admin.opts,
            "users": users,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/accounts/deactivate.html", context)
    try:
        count = deactivate(users, by=by)
    except LastAdministratorError:
        messages.error(request, _("At least one administrator has to stay active."))
        return None
    message = ngettext(
        "%(count)d account was deactivated.",
        "%(count)d accounts were deactivated.",
        count,
    )
    messages.success(request, message % {"count": count})
    return None
