"""Pages under `/groups/<group>/settings/people/`, for owners."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import AuthenticatedRequest
from core.text import isolate
from groups.errors import LastOwnerError
from groups.forms import RoleForm
from groups.models import Membership
from groups.permissions import owners_only
from groups.roles import Role


@require_http_methods(["GET", "HEAD", "POST"])
@owners_only
def edit(
    request: AuthenticatedRequest, owner: Membership, membership_id: int
) -> HttpResponse:
    """The role of a person, and the button that removes them from the group."""
    person = get_person(owner, membership_id)
    form = RoleForm(
        request.POST if request.method == "POST" else None,
        initial={"role": person.role},
    )
    if form.is_valid():
        try:
            person.change_role(Role(form.cleaned_data["role"]), actor=request.user)
        except LastOwnerError:
            form.add_error("role", describe_last_owner(person, owner))
        else:
            return redirect_after_change(request, owner, person)
    return show_person(request, owner, person, form)


@require_POST
@owners_only
def remove(
    request: AuthenticatedRequest, owner: Membership, membership_id: int
) -> HttpResponse:
    """Remove a person from the group at once."""
    person = get_person(owner, membership_id)
    try:
        person.end(request.user)
    except LastOwnerError:
        form = RoleForm({"role": person.role})
        form.add_error(None, describe_last_owner(person, owner))
        return show_person(request, owner, person, form)
    if person == owner:
        return redirect("groups:index")
    message = _("%(person)s was removed from the group.")
    name = isolate(person.user.visible_name)
    messages.success(request, message % {"person": name}, extra_tags="people")
    return redirect_to_people(owner)


def get_person(owner: Membership, membership_id: int) -> Membership:
    """A membership of the owner's group. Raises Http404."""
    people = Membership.objects.select_related("user", "group")
    return get_object_or_404(people, group=owner.group_id, pk=membership_id)


def describe_last_owner(person: Membership, owner: Membership) -> str:
    if person == owner:
        return _("You are the only owner. Make someone else an owner first.")
    return _("This person is the only owner. Make someone else an owner first.")


def show_person(
    request: AuthenticatedRequest, owner: Membership, person: Membership, form: RoleForm
) -> HttpResponse:
    context = {
        "group": owner.group,
        "person": person,
        "is_own": person == owner,
        "form": form,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "groups/settings/person.html", context, status=status)


def redirect_after_change(
    request: AuthenticatedRequest, owner: Membership, person: Membership
) -> HttpResponse:
    if person == owner and not person.is_owner:  # the settings are closed to them now
        messages.success(request, _("You’re no longer an owner of this group."))
        return redirect(owner.group)
    messages.success(request, _("The role was saved."), extra_tags="people")
    return redirect_to_people(owner)


def redirect_to_people(owner: Membership) -> HttpResponse:
    path = reverse("groups:settings", args=[owner.group_id], fragment="people")
    return redirect(path)
