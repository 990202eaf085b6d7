"""Reauthentication by mailed code, for users with no password and no second factor.

allauth does not reauthenticate these users at all.
"""

import time
from typing import Any, Self

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core import ratelimit
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.allauth_internals import (
    CodeVerificationProcess,
    get_reauthentication_flows,
    record_authentication,
    resume_request,
)
from accounts.codes import LoginCodeForm
from accounts.limits import login_code_request
from accounts.requests import AuthenticatedRequest
from accounts.sign_in_events import record_failure

SESSION_KEY = "reauthentication_code"


def code_method() -> dict[str, Any]:
    """The mailed code, as an entry of `get_reauthentication_methods` in allauth."""
    url = reverse("account_reauthenticate_by_code")
    return {"id": "code", "description": _("Use an emailed code"), "url": url}


def require_code(request: HttpRequest) -> None:
    """Raises ReauthenticationRequired if the user must enter a mailed code now.

    This applies to users who have no other way to reauthenticate and have not done so
    recently.
    """
    if request.user.is_anonymous:
        return
    timeout_start = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    has_reauthenticated = any(
        record["at"] > timeout_start
        for record in records
        if record.get("reauthenticated")
    )
    if not has_reauthenticated and not get_reauthentication_flows(request.user):
        raise ReauthenticationRequired


class ReauthenticationCodeProcess(CodeVerificationProcess):
    """Mails a code to the signed-in user. The session stores its state."""

    def __init__(self, request: AuthenticatedRequest, state: dict[str, Any]) -> None:
        self.request = request
        super().__init__(
            state=state,
            user=request.user,
            timeout=app_settings.LOGIN_BY_CODE_TIMEOUT,
            max_attempts=app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS,
        )

    @classmethod
    def initiate(cls, request: AuthenticatedRequest) -> None:
        """Mail a new code. Raises MailNotSentError."""
        process = cls(request, cls.initial_state(request.user, request.user.email))
        process.state["code"] = get_adapter().generate_login_code()
        process.send()
        process.persist()

    @classmethod
    def resume(cls, request: AuthenticatedRequest) -> Self | None:
        """Return the process that is waiting for its code, unless it has expired."""
        if state := request.session.get(SESSION_KEY):
            process = cls(request, state)
            if process.is_valid():
                return process
            process.abort()
        return None

    def send(self) -> None:
        context = {"code": self.code, "user": self.user}
        get_adapter().send_mail(
            "account/email/login_code", self.state["email"], context
        )

    def persist(self) -> None:
        self.request.session[SESSION_KEY] = self.state

    def abort(self) -> None:
        self.request.session.pop(SESSION_KEY, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reauthenticate_by_code(request: AuthenticatedRequest) -> HttpResponse:
    """A page with a button that mails a code, and later with a field for the code."""
    if get_reauthentication_flows(request.user):
        return redirect("account_reauthenticate")
    process = ReauthenticationCodeProcess.resume(request)
    form = LoginCodeForm(code=process.code) if process else None
    if request.method == "POST":
        if "send" in request.POST or process is None:
            return send_code(request)
        form = LoginCodeForm(request.POST, code=process.code)
        if form.is_valid():
            process.abort()
            record_authentication(
                request, request.user, method="code", reauthenticated=True
            )
            return resume_request(request) or redirect("account_settings")
        record_failure(request, request.user, "code")
        if not process.record_invalid_attempt():
            process = None
    context = {"form": form, "process": process, "next": request.GET.get("next", "")}
    return render(request, "account/reauthenticate_by_code.html", context)


def send_code(request: AuthenticatedRequest) -> HttpResponse:
    if not login_code_request(request, request.user.email).allowed():
        return ratelimit.respond_429(request)
    ReauthenticationCodeProcess.initiate(request)
    return redirect(request.get_full_path())
