"""The settings of a group, and deleting it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import AuthenticatedRequest
from core.site_url import get_site_url
from core.text import isolate
from groups.errors import LimitReachedError
from groups.forms import AssignmentForm, GroupForm, InvitationForm
from groups.invitations import MAX_INVITATIONS
from groups.models import MAX_ROADMAPS, Group, Membership
from groups.permissions import owners_only
from groups.roles import Role
from roadmaps.models import Roadmap

PEOPLE_PER_PAGE = 50
MAX_NAME_LENGTH = 100  # characters, of what people are filtered by


@require_http_methods(["GET", "HEAD", "POST"])
@owners_only
def settings(request: AuthenticatedRequest, owner: Membership) -> HttpResponse:
    """All settings on one page. A POST saves the section that `section` names."""
    forms = get_forms(request, owner.group)
    status = HTTPStatus.OK
    if request.method == "POST":
        section = request.POST.get("section", "")
        if section not in forms:
            raise BadRequest("There is no such section.")
        form = forms[section]
        if form.is_valid() and (message := save(request, owner.group, form)):
            messages.success(request, message, extra_tags=section)
            path = reverse("groups:settings", args=[owner.group_id], fragment=section)
            return redirect(path)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = describe_group(request, owner) | {
        "group_form": forms["group"],
        "assignment_form": forms["roadmaps"],
        "invitation_form": forms["invitations"],
    }
    return render(request, "groups/settings.html", context, status=status)


def get_forms(request: AuthenticatedRequest, group: Group) -> dict[str, BaseForm]:
    """The form of each section. The one that was sent has what was typed."""

    def sent_to(section: str) -> Any:
        return request.POST if request.POST.get("section") == section else None

    assigned = group.assignments.values("roadmap")
    roadmaps = Roadmap.objects.assignable_by(request.user).exclude(pk__in=assigned)
    # An invalid form changes its instance too, so it must not be the group.
    instance = Group(pk=group.pk, name=group.name, purpose=group.purpose)
    return {
        "group": GroupForm(sent_to("group"), instance=instance),
        "roadmaps": AssignmentForm(sent_to("roadmaps"), roadmaps=roadmaps),
        "invitations": InvitationForm(sent_to("invitations")),
    }


def save(request: AuthenticatedRequest, group: Group, form: BaseForm) -> str:
    """Do what the valid form says. Return the message for the person, or "" if a limit
    is reached: then the form has an error.
    """
    data, actor = form.cleaned_data, request.user
    try:
        match form:
            case GroupForm():
                Group.objects.filter(pk=group.pk).update(**data)
                return _("Saved")
            case AssignmentForm():
                group.assign(data["roadmap"], data["due_on"], actor=actor)
                return _(
                    "The roadmap was assigned. Members can now show progress on it."
                )
            case InvitationForm():
                group.invite(
                    Role(data["role"]),
                    actor=actor,
                    expires_at=form.expires_at,
                    max_uses=data["max_uses"],
                )
                return _("The invitation was created.")
    except LimitReachedError:
        form.add_error(None, describe_limit(form))
    return ""


def describe_limit(form: BaseForm) -> str:
    if isinstance(form, AssignmentForm):
        message = _("The group has %(number)s roadmaps and can’t have any more.")
        return message % {"number": MAX_ROADMAPS}
    message = _(
        "The group has %(number)s invitations that still work. Revoke one first."
    )
    return message % {"number": MAX_INVITATIONS}


def describe_group(
    request: AuthenticatedRequest, owner: Membership
) -> dict[str, object]:
    """What the settings list: roadmaps, invitations and a page of the people."""
    group = owner.group
    invitations = list(group.invitations.all())
    name = request.GET.get("q", "")[:MAX_NAME_LENGTH].strip()
    people = group.memberships.by_role_and_name(name).select_related("user")
    paginator = Paginator(people, PEOPLE_PER_PAGE)
    return {
        "group": group,
        "own_membership": owner,
        "assignments": group.assignments.select_related("roadmap"),
        "usable_invitations": [each for each in invitations if each.is_usable],
        "ended_invitations": [each for each in invitations if not each.is_usable],
        "site_url": get_site_url(request),
        "q": name,
        "people": paginator.get_page(request.GET.get("page")),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@owners_only
def delete(request: AuthenticatedRequest, owner: Membership) -> HttpResponse:
    """A page that says what is deleted and what stays. A POST deletes the group."""
    group = owner.group
    if request.method == "POST":
        group.disband(request.user)
        message = _("The group “%(name)s” was deleted.")
        messages.success(request, message % {"name": isolate(group.name)})
        return redirect("groups:index")
    context = {
        "group": group,
        "people_count": group.memberships.count(),
        "invitation_count": group.invitations.usable().count(),
        "comment_count": group.comments.count(),
    }
    return render(request, "groups/settings/delete.html", context)
