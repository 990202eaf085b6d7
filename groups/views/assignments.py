"""Pages under `/groups/<group>/settings/roadmaps/`, for owners."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import AuthenticatedRequest
from groups.forms import DueDateForm
from groups.models import Membership, SharedRoadmap
from groups.permissions import owners_only


@require_http_methods(["GET", "HEAD", "POST"])
@owners_only
def edit(
    request: AuthenticatedRequest, owner: Membership, assignment_id: int
) -> HttpResponse:
    """The due date of an assigned roadmap, and the button that takes it away."""
    assignments = owner.group.assignments.select_related("roadmap")
    assignment = get_object_or_404(assignments, pk=assignment_id)
    form = DueDateForm(
        request.POST if request.method == "POST" else None, assignment=assignment
    )
    if form.is_valid():
        assignments.filter(pk=assignment_id).update(due_on=form.cleaned_data["due_on"])
        messages.success(request, _("The due date was saved."), extra_tags="roadmaps")
        return redirect_to_roadmaps(owner)
    context = {
        "group": owner.group,
        "assignment": assignment,
        "form": form,
        "sharing_count": SharedRoadmap.objects.filter(assignment=assignment).count(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "groups/settings/assignment.html", context, status=status)


@require_POST
@owners_only
def remove(
    request: AuthenticatedRequest, owner: Membership, assignment_id: int
) -> HttpResponse:
    """Take the roadmap away from the group. A repeat changes nothing."""
    assignments = owner.group.assignments.select_related("roadmap")
    if assignment := assignments.filter(pk=assignment_id).first():
        assignment.unassign(request.user)
    messages.success(
        request, _("The roadmap was removed from the group."), extra_tags="roadmaps"
    )
    return redirect_to_roadmaps(owner)


def redirect_to_roadmaps(owner: Membership) -> HttpResponse:
    path = reverse("groups:settings", args=[owner.group_id], fragment="roadmaps")
    return redirect(path)
