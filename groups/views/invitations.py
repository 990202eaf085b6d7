"""Pages under `/groups/<group>/settings/invitations/`, for owners."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from groups.models import Membership
from groups.permissions import owners_only


@require_POST
@owners_only
def revoke(
    request: AuthenticatedRequest, owner: Membership, invitation_id: int
) -> HttpResponse:
    """End an invitation at once. A repeat changes nothing."""
    invitation = get_object_or_404(owner.group.invitations, pk=invitation_id)
    invitation.revoke(request.user)
    message = _(
        "The invitation was revoked. People who joined with it stay in the group."
    )
    messages.success(request, message, extra_tags="invitations")
    path = reverse("groups:settings", args=[owner.group_id], fragment="invitations")
    return redirect(path)
