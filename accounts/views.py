"""The settings page, signing out devices, and deleting an account."""

from http import HTTPStatus

import structlog
from allauth.account import views as account_views
from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db import transaction
from django.db.models import Q
from django.forms import HiddenInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import devices, known_devices, password_sign_in, signup_policy
from accounts.allauth_internals import cancel_email_verification, pop_pending_login
from accounts.audit import AuditAction, AuditEvent
from accounts.deletion import delete_account
from accounts.forms import AddEmailForm, LoginForm, NameForm, TimeZoneForm
from accounts.limits import WRONG_PASSWORDS
from accounts.models import User
from accounts.requests import AuthenticatedRequest
from core.postgresql.replica import is_reading_replica
from groups.comments import Comment
from groups.confirmations import Confirmation, WorkLink
from groups.deletion import find_fates
from groups.models import Membership
from progress.models import Completion, StepProgress
from progress.notes import Note

log = structlog.get_logger("cairn.accounts")

SECTION_FORMS = {"name": NameForm, "time-zone": TimeZoneForm}


class LoginView(account_views.LoginView):
    def form_invalid(self, form: LoginForm) -> HttpResponse:
        """Show the form again, with 429 if a limit refused the attempt."""
        response: HttpResponse = super().form_invalid(form)
        if form.is_limited:
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(WRONG_PASSWORDS.seconds)
        return response


class SignupView(account_views.SignupView):
    def closed(self) -> HttpResponse:
        """Say why nobody can sign up with this form, and who can another way."""
        if not signup_policy.is_open_by_organisation():
            response: HttpResponse = super().closed()  # type: ignore[no-untyped-call]
            return response
        next_url = get_next_redirect_url(self.request)
        context = {
            "redirect_field_value": next_url,
            "redirect_field": HiddenInput().render("next", next_url)
            if next_url
            else "",
            "login_url": passthrough_next_redirect_url(
                self.request, reverse("account_login"), "next"
            ),
        }
        return render(self.request, "account/signup_by_organisation.html", context)


@require_POST
@transaction.atomic
def start_again(request: HttpRequest) -> HttpResponse:
    """Cancel a sign-up that is waiting for its code, for example for a wrong address.

    allauth's own page to change the address would reveal which addresses have an
    account, because it works only for new ones.
    """
    login = pop_pending_login(request)
    if login and login.signup and login.user:
        new_users = User.objects.filter(pk=login.user.pk)
        for user in new_users.exclude(emailaddress__verified=True):
            AuditEvent.objects.record(AuditAction.ACCOUNT_DELETED, user)
            user.delete()
    cancel_email_verification(request)
    query = urlencode({"next": request.POST.get("next", "")})
    return redirect(f"{reverse('account_signup')}?{query}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: AuthenticatedRequest) -> HttpResponse:
    """All settings on one page. A POST saves the section that `section` names.

    A message with the id of a section as its tag is shown in that section.
    """
    user = request.user
    forms = {name: form(instance=user) for name, form in SECTION_FORMS.items()}
    status = HTTPStatus.OK
    if request.method == "POST":
        section = request.POST.get("section", "")
        if section not in SECTION_FORMS:
            raise BadRequest("There is no such section.")
        # An invalid form changes its instance too, so it must not be `request.user`.
        instance = User.objects.get(pk=user.pk)
        form = SECTION_FORMS[section](request.POST, instance=instance)
        if form.is_valid():
            form.save()
            messages.success(request, _("Saved"), extra_tags=section)
            return redirect(reverse("account_settings", fragment=section))
        forms[section] = form
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    if not is_reading_replica():
        UserSession.objects.create_from_request(request)  # lists this session, too
    context = {
        "name_form": forms["name"],
        "time_zone_form": forms["time-zone"],
        "emailaddresses": EmailAddress.objects.filter(user=user).order_by("email"),
        "form": AddEmailForm(user),
        "can_add_email": EmailAddress.objects.can_add_email(user),
        "authenticators": Authenticator.objects.filter(user=user).order_by(
            "type", "pk"
        ),
        "social_accounts": SocialAccount.objects.filter(user=user).order_by("provider"),
        "may_use_password": password_sign_in.is_allowed(user),
        "devices": [
            (session, devices.browser_name(session.user_agent))
            for session in devices.active_sessions(user)
        ],
    }
    return render(request, "account/settings.html", context, status=status)


@login_required
@require_POST
def sign_out_device(request: AuthenticatedRequest, session_id: int) -> HttpResponse:
    """End one of the user's sessions at once."""
    session = get_object_or_404(UserSession, user=request.user, pk=session_id)
    if session.session_key == request.session.session_key:
        logout(request)
    else:
        device = devices.browser_name(session.user_agent)
        message = _("%(device)s was signed out.") % {"device": device}
        messages.success(request, message, extra_tags="devices")
    session.end()
    return redirect(reverse("account_settings", fragment="devices"))


@login_required
@require_POST
def sign_out_others(request: AuthenticatedRequest) -> HttpResponse:
    """End all of the user's sessions except the current one."""
    sessions = UserSession.objects.filter(user=request.user)
    for session in sessions.exclude(session_key=request.session.session_key):
        session.end()
    message = _("All other devices were signed out.")
    messages.success(request, message, extra_tags="devices")
    return redirect(reverse("account_settings", fragment="devices"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def delete(request: AuthenticatedRequest) -> HttpResponse:
    """A page that lists what will be deleted. A POST deletes the account."""
    user = request.user
    user_id = user.pk
    if request.method == "POST" and delete_account(user):
        log.info("account_deleted", user_id=user_id)
        logout(request)
        response = redirect("account_deleted")
        known_devices.forget(response)
        return response
    context = {
        "is_last_administrator": user.is_last_administrator(),
        "step_count": StepProgress.objects.filter(user=user).count(),
        "note_count": Note.objects.filter(user=user).count(),
        "completion_count": Completion.objects.filter(user=user).count(),
        "address_count": EmailAddress.objects.filter(user=user).count(),
        "device_count": len(devices.active_sessions(user)),
        "authenticator_count": Authenticator.objects.filter(user=user).count(),
        "social_accounts": SocialAccount.objects.filter(user=user),
        "group_count": Membership.objects.filter(user=user).count(),
        "group_fates": find_fates(user),
        "work_link_count": WorkLink.objects.filter(user=user).count(),
        "confirmation_count": Confirmation.objects.filter(user=user).count(),
        "comment_count": Comment.objects.filter(
            Q(author=user) | Q(member=user)
        ).count(),
        "has_confirmed": Confirmation.objects.filter(confirmed_by=user).exists(),
        "audit_days": django_settings.AUDIT_DAYS,
    }
    return render(request, "account/delete.html", context)


@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    return render(request, "account/deleted.html")
