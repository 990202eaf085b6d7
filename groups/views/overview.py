"""The pages "Your groups" and "Create a group"."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import AuthenticatedRequest
from core.rate_limit import rate_limit
from groups.claims import open_suggestions
from groups.errors import LimitReachedError
from groups.forms import NewGroupForm
from groups.models import MAX_OWN_GROUPS, Assignment, Group
from groups.permissions import may_create_groups
from roadmaps.models import Roadmap


@login_required
@require_safe
def index(request: AuthenticatedRequest) -> HttpResponse:
    """The groups that the person is in, and those that their organisation suggests."""
    visible = Assignment.objects.visible_to(request.user).select_related("roadmap")
    memberships = (
        request.user.memberships.select_related("group")
        .with_member_count()
        .prefetch_related(Prefetch("group__assignments", visible))
        .order_by("group__name", "group_id")
    )
    context = {
        "memberships": memberships,
        "suggestions": open_suggestions(request.user),
        "may_create_groups": may_create_groups(request.user),
    }
    return render(request, "groups/index.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit
def create(request: AuthenticatedRequest) -> HttpResponse:
    """The form for a new group. The person who creates it owns it."""
    if not may_create_groups(request.user):
        raise PermissionDenied
    roadmaps = Roadmap.objects.assignable_by(request.user)
    form = NewGroupForm(
        request.POST if request.method == "POST" else None, roadmaps=roadmaps
    )
    if form.is_valid():
        name, purpose = form.cleaned_data["name"], form.cleaned_data["purpose"]
        try:
            group = Group.objects.start(request.user, name, purpose, form.chosen)
        except LimitReachedError:
            message = _(
                "You own %(number)s groups, which is the most that one person can own."
            )
            form.add_error(None, message % {"number": MAX_OWN_GROUPS})
        else:
            return redirect("groups:settings", group.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "groups/create.html", {"form": form}, status=status)
