"""Joining a group, what its mentors see, and leaving it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from core.rate_limit import rate_limit
from core.text import isolate
from groups.claims import open_suggestions
from groups.errors import InvitationUsedError, LastOwnerError
from groups.invitations import Invitation, InvitationState
from groups.join_form import JoinForm, use_guess
from groups.models import AssignmentQuerySet, Group, Membership
from groups.own_progress import read_assigned_roadmaps
from groups.roles import Role
from groups.suggestions import Suggestion

MAX_ID_LENGTH = 9  # digits


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: AuthenticatedRequest) -> HttpResponse:
    """A form for the code of an invitation. A right code leads to its page."""
    if request.method != "POST":
        return render(request, "groups/enter_code.html", {"form": JoinForm()})
    guess = use_guess(request)
    is_allowed = guess.allowed()
    form = JoinForm(request.POST, is_allowed=is_allowed)
    if form.is_valid():
        guess.give_back()
        return redirect(form.invitation)
    status = (
        HTTPStatus.UNPROCESSABLE_ENTITY if is_allowed else HTTPStatus.TOO_MANY_REQUESTS
    )
    return render(request, "groups/enter_code.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(no_store=True)
@rate_limit
def join(request: HttpRequest, token: str) -> HttpResponse:
    """What joining a group means, with the person's own progress as the example. A POST
    joins it. `show` are the assigned roadmaps that the person agrees to show.
    """
    invitations = Invitation.objects.select_related("group").filter(token=token)
    # PostgreSQL refuses a NUL, which a broken link may have.
    invitation = invitations.first() if token.isprintable() else None
    if invitation is None:
        return explain_unusable(request, HTTPStatus.NOT_FOUND)
    group, user = invitation.group, request.user
    membership = group.memberships.filter(user=user.pk).first()
    # An invitation for mentors makes a member a mentor. Others change no role.
    if membership and membership.includes(invitation.role):
        return redirect(group)
    if invitation.state != InvitationState.USABLE:
        return explain_unusable(request, HTTPStatus.GONE)
    if not user.is_authenticated:
        if request.method == "POST":
            return redirect_to_login(request.path)
        context = {"group": group, "invitation": invitation}
        return render(request, "groups/join.html", context)
    if request.method == "POST":
        return use_invitation(request, user, invitation)
    return show_invitation(request, user, invitation, membership)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit
def join_suggested(request: AuthenticatedRequest, group_id: int) -> HttpResponse:
    """The same page for a group that the organisation suggests. A POST joins it."""
    user = request.user
    memberships = user.memberships.select_related("group")
    membership = memberships.filter(group=group_id).first()
    suggestion = open_suggestions(user).filter(group=group_id).first()
    if suggestion and request.method == "POST":
        return use_invitation(request, user, suggestion)
    if suggestion:
        return show_invitation(request, user, suggestion, membership)
    if membership:  # they have just joined
        return redirect(membership.group)
    raise Http404("It is not suggested to this person.")


@login_required
@require_POST
@rate_limit
def dismiss(request: AuthenticatedRequest, group_id: int) -> HttpResponse:
    """Do not suggest the group to the person any more."""
    for suggestion in open_suggestions(request.user).filter(group=group_id):
        suggestion.answer()
        text = _("%(group)s is no longer suggested to you.")
        messages.success(request, text % {"group": isolate(suggestion.group.name)})
    return redirect("groups:index")


def show_invitation(
    request: HttpRequest,
    user: User,
    invitation: Invitation | Suggestion,
    membership: Membership | None,
) -> HttpResponse:
    """What joining means for somebody who is signed in."""
    group = invitation.group
    context: dict[str, Any] = {
        "group": group,
        "invitation": invitation,
        "is_suggested": isinstance(invitation, Suggestion),
        "membership": membership,
        "mentors": list(group.memberships.mentors().names()),
    }
    if invitation.role == Role.MEMBER:
        roadmaps = read_assigned_roadmaps(group, user)
        available = [each for each in roadmaps if each.is_available]
        context |= {"roadmaps": roadmaps, "available": available}
    return render(request, "groups/join.html", context)


def use_invitation(
    request: HttpRequest, user: User, invitation: Invitation | Suggestion
) -> HttpResponse:
    """Join the group, and show the chosen roadmaps. They were on the page: a roadmap
    that was assigned since then is not shown.
    """
    group, chosen = invitation.group, request.POST.getlist("show")
    try:
        with transaction.atomic():
            membership = group.admit(user, invitation)
            if membership.role == Role.MEMBER:
                for assignment in choose_assignments(group, chosen):
                    membership.show(assignment)
    # Somebody has just used or deleted it, or deleted this account.
    except (InvitationUsedError, ObjectDoesNotExist):
        return explain_unusable(request, HTTPStatus.GONE)
    messages.success(request, _("You’ve joined the group."))
    return redirect(group)


def choose_assignments(group: Group, ids: list[str]) -> AssignmentQuerySet:
    """The assignments of the group with these ids, as a form has sent them."""
    numbers = [
        int(value) for value in ids if value.isdecimal() and len(value) <= MAX_ID_LENGTH
    ]
    return group.assignments.select_related("roadmap").filter(pk__in=numbers)


def explain_unusable(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    return render(request, "groups/unusable_invitation.html", status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit
def sharing(request: AuthenticatedRequest, group_id: int) -> HttpResponse:
    """What mentors see, with the person's own progress as the example. A POST starts or
    stops showing a roadmap: `show` or `hide` is the id of its assignment.
    """
    membership = get_membership_or_404(request.user, group_id)
    if request.method == "POST":
        return change_sharing(request, membership)
    return render_sharing(request, membership)


def change_sharing(
    request: AuthenticatedRequest, membership: Membership
) -> HttpResponse:
    """Return to the page with the button, which `at` names."""
    group = membership.group
    is_shown = "show" in request.POST
    chosen = request.POST.get("show") or request.POST.get("hide", "")
    try:
        assignment = choose_assignments(group, [chosen]).get()
        change = membership.show if is_shown else membership.hide
        is_new = change(assignment)
    except ObjectDoesNotExist:  # the group has changed since the page was opened
        message = _("The group has changed. Check this page and try again.")
        messages.info(request, message)
        return redirect("groups:sharing", group.pk)
    text = (
        _("Mentors can now see your progress on %(roadmap)s.")
        if is_shown
        else _("Mentors can no longer see your progress on %(roadmap)s.")
    )
    if is_new:  # otherwise the first of two presses has said it
        title = isolate(assignment.roadmap.title)
        messages.success(request, text % {"roadmap": title})
    match request.POST.get("at"):
        case "group":
            return redirect(group)
        case "roadmap":
            return redirect(assignment.roadmap)
        case _:
            return redirect("groups:sharing", group.pk)


@login_required
@require_POST
@rate_limit
def leave(request: AuthenticatedRequest, group_id: int) -> HttpResponse:
    """Leave the group. Its mentors stop seeing the person's progress at once.

    Somebody who presses twice, or is not in the group, comes to the list of groups.
    """
    memberships = Membership.objects.select_related("group")
    membership = memberships.filter(user=request.user, group=group_id).first()
    if membership is None:
        return redirect("groups:index")
    try:
        membership.end(request.user)
    except LastOwnerError:
        status = HTTPStatus.CONFLICT
        return render_sharing(request, membership, status, is_last_owner=True)
    text = _("You’ve left %(group)s.")
    messages.success(request, text % {"group": isolate(membership.group.name)})
    return redirect("groups:index")


def get_membership_or_404(user: User, group_id: int) -> Membership:
    memberships = Membership.objects.select_related("group")
    return get_object_or_404(memberships, user=user, group=group_id)


def render_sharing(
    request: AuthenticatedRequest,
    membership: Membership,
    status: HTTPStatus = HTTPStatus.OK,
    **context: Any,
) -> HttpResponse:
    group = membership.group
    context |= {
        "group": group,
        "membership": membership,
        "roadmaps": read_assigned_roadmaps(group, request.user, membership),
        "mentors": list(group.memberships.mentors().names()),
    }
    return render(request, "groups/sharing.html", context, status=status)
