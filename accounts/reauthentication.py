"""Reauthentication for users who have neither a password nor a second factor.

allauth asks these users for nothing. Cairn asks them for a code that it mails.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import ConfirmLoginCodeForm
from allauth.core import ratelimit
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.allauth_internals import (
    CodeVerificationProcess,
    get_reauthentication_flows,
    record_authentication,
    resume_request,
)
from accounts.requests import AuthenticatedRequest

SESSION_KEY = "reauthentication_code"


def code_method() -> dict[str, Any]:
    """The code by mail, in the form in which allauth's adapter lists its methods."""
    url = reverse("account_reauthenticate_by_code")
    return {"id": "code", "description": "Use a code by e-mail", "url": url}


def require_code(request: HttpRequest) -> None:
    """Raises ReauthenticationRequired if only a code by mail can prove who the user is
    and they have not entered one recently.
    """
    if request.user.is_anonymous:
        return
    oldest_valid = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    is_recent = any(r["at"] > oldest_valid for r in records if r.get("reauthenticated"))
    if not is_recent and not get_reauthentication_flows(request.user):
        raise ReauthenticationRequired


class ReauthenticationCodeProcess(CodeVerificationProcess):
    """A code that was mailed to the signed-in user. Its state is in the session."""

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
    def resume(
        cls, request: AuthenticatedRequest
    ) -> ReauthenticationCodeProcess | None:
        """The process that waits for its code, if it has not expired."""
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
    """A page with a button that mails a code, and then with a field for the code."""
    if get_reauthentication_flows(request.user):
        return redirect("account_reauthenticate")
    process = ReauthenticationCodeProcess.resume(request)
    form = ConfirmLoginCodeForm(code=process.code) if process else None
    if request.method == "POST":
        if "send" in request.POST or process is None:
            return send_code(request)
        form = ConfirmLoginCodeForm(request.POST, code=process.code)
        if form.is_valid():
            process.abort()
            record_authentication(
                request, request.user, method="code", reauthenticated=True
            )
            return resume_request(request) or redirect("account_settings")
        if not process.record_invalid_attempt():
            process = None
    context = {"form": form, "process": process, "next": request.GET.get("next", "")}
    return render(request, "account/reauthenticate_by_code.html", context)


def send_code(request: AuthenticatedRequest) -> HttpResponse:
    too_many: HttpResponse | None = ratelimit.consume_or_429(
        request, action="request_login_code", key=request.user.email
    )
    if too_many:
        return too_many
    ReauthenticationCodeProcess.initiate(request)
    return redirect(request.get_full_path())
