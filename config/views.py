"""The error pages."""

import sys
from http import HTTPStatus

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.template import loader
from django.utils import timezone
from django.views import defaults
from structlog.contextvars import get_contextvars

from accounts.resend import resend_after_csrf_failure
from config.context_processors import site_context
from core.mail import MailNotSentError
from core.same_origin import get_origin
from core.wsgi import RECEIVED_HOST, WRONG_ADDRESS

log = structlog.get_logger("cairn.requests")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400. Say which address is right if the request has a wrong one."""
    is_wrong_address = WRONG_ADDRESS in request.META
    template = "400_address.html" if is_wrong_address else "400.html"
    return defaults.bad_request(request, exception, template)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403, and log why. If the form is our own and only its token is old, offer
    to send it again.
    """
    if response := resend_after_csrf_failure(request, reason):
        return response
    fault = get_form_fault(reason)
    log.warning(
        "form_refused",
        reason=fault,
        origin=get_origin(request)[:100],
        host=request.META.get(RECEIVED_HOST, request.get_host())[:100],
    )
    context = {"fault": fault}
    return render(request, "403_csrf.html", context, status=HTTPStatus.FORBIDDEN)


def get_form_fault(reason: str) -> str:
    """Return what is wrong with a form, for one of the reasons that Django gives."""
    if not reason.startswith("CSRF "):
        return "origin"
    return "no cookie" if reason == REASON_NO_CSRF_COOKIE else "token"


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer 429 for allauth, whose rate limits are per minute."""
    response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 if the database or the mail server is unavailable.

    The page is rendered without a query.
    """
    template, retry_after = choose_error_page(sys.exception())
    is_temporary = retry_after is not None
    context = site_context() | {"request_id": get_contextvars().get("request_id")}
    # Cached fragments need a time zone, and the user's would cost a query.
    with timezone.override(timezone.get_default_timezone()):
        html = loader.get_template(template).render(context)
    response = HttpResponse(
        html,
        status=HTTPStatus.SERVICE_UNAVAILABLE
        if is_temporary
        else HTTPStatus.INTERNAL_SERVER_ERROR,
        headers={"Cache-Control": "no-store"},
    )
    if is_temporary:
        response["Retry-After"] = str(retry_after)
    return response


def choose_error_page(error: BaseException | None) -> tuple[str, int | None]:
    """Return a template, and the value of Retry-After if the error is temporary."""
    match error:
        case OperationalError() | InterfaceError():
            return "503.html", 5
        case MailNotSentError():
            return "503_mail.html", 60
        case _:
            return "500.html", None
