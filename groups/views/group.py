"""A group's own page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.requests import AuthenticatedRequest
from groups.models import Membership
from groups.own_progress import read_assigned_roadmaps
from groups.roles import Role
from groups.views.mentor import show_to_mentor


@login_required
@require_safe
def group(request: AuthenticatedRequest, group_id: int) -> HttpResponse:
    """The page for mentors, or the one for members."""
    memberships = Membership.objects.select_related("group")
    membership = get_object_or_404(memberships, user=request.user, group=group_id)
    if membership.is_mentor:
        return show_to_mentor(request, membership)
    return show_to_member(request, membership)


def show_to_member(
    request: AuthenticatedRequest, membership: Membership
) -> HttpResponse:
    """The roadmaps with the member's own progress, the most recently marked first and
    completed ones last. Other members are only counted.
    """
    group = membership.group
    roadmaps = read_assigned_roadmaps(group, request.user, membership)
    roadmaps.sort(key=lambda each: each.relevance, reverse=True)
    context = {
        "group": group,
        "membership": membership,
        "roadmaps": roadmaps,
        "mentors": list(group.memberships.mentors().names()),
        "comments": group.comments.latest_to(request.user),
        "member_count": group.memberships.filter(role=Role.MEMBER).count(),
    }
    return render(request, "groups/group.html", context)
