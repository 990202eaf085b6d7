"""Asking again who it is, of people who have neither a password nor a second factor.

allauth asks them for nothing; here a code by mail stands in.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.forms import ConfirmLoginCodeForm
from allauth.account.internal.flows.code_verification import (
    AbstractCodeVerificationProcess,
)
from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from allauth.account.internal.flows.reauthentication import (
    get_reauthentication_flows,
    resume_request,
)
from allauth.core import ratelimit
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.requests import AuthenticatedRequest

STATE = "reauthentication_code"


def methods() -> list[dict[str, Any]]:
    """What allauth's adapter answers where nothing else is left."""
    url = reverse("account_reauthenticate_by_code")
    return [{"id": "code", "description": "Use a code by e-mail", "url": url}]


def require_code(request: HttpRequest) -> None:
    """Raises ReauthenticationRequired for who has nothing that allauth could ask for,
    and has not typed a code of late.
    """
    if request.user.is_anonymous:
        return
    since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    lately = any(r["at"] > since for r in records if r.get("reauthenticated"))
    if not lately and not get_reauthentication_flows(request.user):
        raise ReauthenticationRequired


class Process(AbstractCodeVerificationProcess):
    """A code that was mailed to the person who is signed in."""

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
        """Raises MailNotSentError."""
        process = cls(request, cls.initial_state(request.user, request.user.email))
        process.state["code"] = get_adapter().generate_login_code()
        process.send()
        process.persist()

    @classmethod
    def resume(cls, request: AuthenticatedRequest) -> Process | None:
        if state := request.session.get(STATE):
            process = cls(request, state)
            if process.is_valid():
                return process
            process.abort()
        return None

    def send(self) -> None:
        mail = {"code": self.code, "user": self.user}
        get_adapter().send_mail("account/email/login_code", self.state["email"], mail)

    def persist(self) -> None:
        self.request.session[STATE] = self.state

    def abort(self) -> None:
        self.request.session.pop(STATE, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reauthenticate_by_code(request: AuthenticatedRequest) -> HttpResponse:
    """A button that mails a code, and then a field for it."""
    if get_reauthentication_flows(request.user):
        return redirect("account_reauthenticate")
    process = Process.resume(request)
    form = ConfirmLoginCodeForm(code=process.code) if process else None
    if request.method == "POST":
        if "send" in request.POST or process is None:
            return send(request)
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


def send(request: AuthenticatedRequest) -> HttpResponse:
    address = request.user.email
    limited: HttpResponse | None = ratelimit.consume_or_429(
        request, action="request_login_code", key=address
    )
    if limited:
        return limited
    Process.initiate(request)
    return redirect(request.get_full_path())
