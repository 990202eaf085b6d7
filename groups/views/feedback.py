"""Links to work, confirmations and comments."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.audit import AuditAction
from core.rate_limit import rate_limit
from core.text import isolate
from groups.comments import MAX_COMMENTS, Comment
from groups.confirmations import Confirmation, WorkLink
from groups.errors import LimitReachedError
from groups.feedback_forms import CommentForm, ConfirmationForm, WorkLinkForm
from groups.locks import lock_consent
from groups.member_rows import MAX_TO_CONFIRM
from groups.member_work import find_steps_to_confirm, with_work
from groups.models import Membership, SharedRoadmap
from groups.roles import Role
from groups.shared_progress import read_progress
from progress.models import StepProgress
from progress.route import NOT_STARTED, State, StepStatus
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest

    from accounts.models import User
    from accounts.requests import AuthenticatedRequest, HtmxRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit
def work_link(request: AuthenticatedRequest, step_id: int) -> HttpResponse:
    """Change or remove the person's link to their work on a step.

    Members of a group that follows the roadmap may; others may only remove theirs.
    """
    user, is_removal = request.user, "remove" in request.POST
    steps = Step.objects.active().select_related("roadmap")
    step = get_object_or_404(steps, pk=step_id)
    groups = Membership.objects.filter(user=user, role=Role.MEMBER).values("group")
    followed = Roadmap.objects.visible_to(user).filter(assignments__group__in=groups)
    is_member = followed.filter(pk=step.roadmap_id).exists()
    stored = WorkLink.objects.filter(user=user, step=step).first()
    if not (is_member or (is_removal and stored)):
        raise Http404("No group of this person follows the roadmap.")
    data = None
    if request.method == "POST":
        data = {"url": ""} if is_removal else request.POST
    form = WorkLinkForm(data, initial={"url": stored.url if stored else ""})
    if form.is_valid():
        try:
            WorkLink.objects.set_url(user, step, form.cleaned_data["url"])
        except Step.DoesNotExist as error:
            raise Http404("The step was retired or the account deleted.") from error
        return redirect(f"{step.get_absolute_url()}#work_link")
    title, back = _("Link to your work"), f"{step.get_absolute_url()}#work_link"
    return render_form(request, form, title, step, back)


@require_POST
@rate_limit
@transaction.atomic
def confirm(
    request: HtmxRequest, group_id: int, membership_id: int, step_id: int
) -> HttpResponse:
    """Confirm that a member has done a step, or change the sentence on that."""
    mentor = request.user
    if not mentor.is_authenticated:
        if request.htmx:
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return redirect_to_login(request.get_full_path())
    consent, step = lock_consent_or_404(mentor, group_id, membership_id, step_id)
    membership = consent.membership
    back = get_return_address(request, membership)
    form = ConfirmationForm(request.POST)
    if not form.is_valid():
        return render_form(request, form, _("Confirm this step"), step, back)
    status = read_status(membership.user, step)
    if status.state != State.DONE:
        context = {"step": step, "membership": membership, "back": back}
        name = "groups/feedback/not_done.html"
        return render(request, name, context, status=HTTPStatus.CONFLICT)
    new = Confirmation(
        group=membership.group,
        group_name=membership.group.name,
        user=membership.user,
        step=step,
        confirmed_by=mentor,
        sentence=form.cleaned_data["sentence"],
    )
    # A repeat without a sentence leaves the one that is there, except in its own form.
    keeps_sentence = not (new.sentence or "change" in request.POST)
    if Confirmation.objects.confirm(new, status, keeps_sentence=keeps_sentence):
        membership.group.record(
            AuditAction.STEP_CONFIRMED, mentor, membership.user, step=step.slug
        )
    if request.htmx:
        return render_confirm_list(request, consent, step, back)
    return HttpResponseRedirect(back)


def render_confirm_list(
    request: HtmxRequest, consent: SharedRoadmap, step: Step, back: str
) -> HttpResponse:
    """The newest steps of the member that are left to confirm."""
    assignment = consent.assignment
    showing = Membership.objects.showing(assignment).select_related("user")
    members = with_work(showing, assignment).filter(pk=consent.membership_id)
    found = read_progress(assignment, members, summaries={})
    if not found:  # the roadmap is not published any more
        return HttpResponseClientRefresh()
    membership, route = found[0].membership, found[0].route
    to_confirm = find_steps_to_confirm(membership, route)
    context = {
        "membership": membership,
        "member_name": membership.user.visible_name,
        "title": step.title,
        "roadmap": step.roadmap,
        "to_confirm": to_confirm,
        "newest": to_confirm[:MAX_TO_CONFIRM],
        "next": back,
    }
    return render(request, "groups/feedback/confirm_list.html#response", context)


@login_required
@require_POST
@rate_limit
@transaction.atomic
def withdraw_confirmation(
    request: AuthenticatedRequest, group_id: int, membership_id: int, step_id: int
) -> HttpResponse:
    """Delete the mentor's own confirmation: it was a mistake."""
    ids = group_id, membership_id, step_id
    consent, _step = lock_consent_or_404(request.user, *ids)
    Confirmation.objects.filter(
        group=group_id,
        user=consent.membership.user_id,
        step=step_id,
        confirmed_by=request.user,
    ).delete()
    return HttpResponseRedirect(get_return_address(request, consent.membership))


@login_required
@require_POST
@rate_limit
@transaction.atomic
def comment(
    request: AuthenticatedRequest, group_id: int, membership_id: int, step_id: int
) -> HttpResponse:
    """Write a comment to a member on a step."""
    ids = group_id, membership_id, step_id
    consent, step = lock_consent_or_404(request.user, *ids)
    back = get_return_address(request, consent.membership)
    return save_comment(request, consent.membership, step, back)


@login_required
@require_POST
@rate_limit
@transaction.atomic
def reply(request: AuthenticatedRequest, group_id: int, step_id: int) -> HttpResponse:
    """Reply to a mentor's comment on a step, as the member."""
    own = Membership.objects.filter(user=request.user, group=group_id)
    try:
        consent, step = lock_consent(own, step_id)
    except SharedRoadmap.DoesNotExist as error:
        raise Http404("The person does not show the roadmap to the group.") from error
    thread = Comment.objects.filter(group=group_id, member=request.user, step=step)
    if not thread.exclude(author=request.user).exists():
        raise Http404("There is no comment to reply to.")
    back = f"{step.get_absolute_url()}#comments_{group_id}"
    return save_comment(request, consent.membership, step, back)


def save_comment(
    request: AuthenticatedRequest, membership: Membership, step: Step, back: str
) -> HttpResponse:
    """Save a comment or a reply. The mail is queued in the same transaction, so both
    are stored or neither is.
    """
    author, member = request.user, membership.user
    form = CommentForm(request.POST)
    if form.is_valid():
        comment = Comment(
            group=membership.group,
            member=member,
            step=step,
            author=author,
            text=form.cleaned_data["text"],
        )
        try:
            is_new = Comment.objects.write(comment)
        except LimitReachedError:
            message = _(
                "This step already has %(max)d comments and replies. Delete one first."
            )
            form.add_error("text", message % {"max": MAX_COMMENTS})
        else:
            wants_email = membership.wants_email and member.is_active
            if is_new and author != member and wants_email:
                send_comment_mail(author, membership, step)
            return HttpResponseRedirect(back)
    title = _("Your reply") if author == member else _("Your comment")
    return render_form(request, form, title, step, back)


def send_comment_mail(author: User, membership: Membership, step: Step) -> None:
    """Tell the member that there is a comment. Raises MailNotSentError."""
    member, group = membership.user, membership.group
    place = f"{step.get_absolute_url()}#comments_{group.pk}"
    context = {
        "user": member,
        "mentor_name": isolate(author.visible_name),
        "group": group,
        "group_name": isolate(group.name),
        "step_title": isolate(step.title),
        "path": place,
    }
    get_adapter().send_mail("groups/email/comment", member.email, context)


@login_required
@require_POST
@rate_limit
def delete_comment(request: AuthenticatedRequest, comment_id: int) -> HttpResponse:
    """Delete a comment or a reply that the person wrote."""
    Comment.objects.filter(pk=comment_id, author=request.user).delete()
    return HttpResponseRedirect(get_return_address(request))


@login_required
@require_POST
@rate_limit
def choose_email(request: AuthenticatedRequest, group_id: int) -> HttpResponse:
    """Start or stop emails about comments in this group."""
    wants_email = "wants_email" in request.POST
    own = Membership.objects.filter(user=request.user, group=group_id)
    if not own.update(wants_email=wants_email):
        raise Http404("The person is not in the group.")
    text = (
        _("You’ll get emails about comments in this group.")
        if wants_email
        else _("You won’t get emails about comments in this group.")
    )
    messages.success(request, text)
    group_page = reverse("groups:group", args=[group_id])
    return HttpResponseRedirect(get_return_address(request, default=group_page))


def lock_consent_or_404(
    mentor: User, group_id: int, membership_id: int, step_id: int
) -> tuple[SharedRoadmap, Step]:
    """Lock the consent by which this mentor sees the member's step now."""
    members = Membership.objects.in_group_of_mentor(mentor, group_id)
    try:
        return lock_consent(members.filter(pk=membership_id), step_id)
    except SharedRoadmap.DoesNotExist as error:
        raise Http404("The member does not show this step to the mentor.") from error


def read_status(user: User, step: Step) -> StepStatus:
    own = StepProgress.objects.filter(user=user, step=step)
    row = own.values_list("state", "started_at", "done_at").first()
    return StepStatus(*row) if row else NOT_STARTED


def get_return_address(
    request: HttpRequest, membership: Membership | None = None, default: str = ""
) -> str:
    """The page that the form was on, if it is one of ours. Otherwise the member's page,
    `default` or the list of groups.
    """
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    if membership:
        ids = [membership.group_id, membership.pk]
        return reverse("groups:member", args=ids)
    return default or reverse("groups:index")


def render_form(
    request: HttpRequest,
    form: forms.Form,
    title: str,
    step: Step,
    back: str,
) -> HttpResponse:
    """A page with the form alone. After an error, with what was typed."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "title": title, "step": step, "back": back}
    return render(request, "groups/feedback/form.html", context, status=status)
