"""A page that offers to send a form again.

It replaces two responses to a form that would lose what was typed: the redirect to the
sign-in page, and the error page for an old CSRF token. Signing in makes a new token, so
the forms in all other tabs have an old one.

The page itself holds what was typed. The server stores nothing that a stranger could
send to fill it up. One can sign in in any way in another tab; with JavaScript, also in
the same one.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.requests import AuthenticatedRequest
from core.max_body import content_length
from core.same_origin import is_same_origin

MAX_FORM_SIZE = 512 * 1024  # bytes; an import of a large roadmap takes 200 KiB
MAX_LINE_LENGTH = 60  # characters; longer text is shown on the page
CSRF_FIELD = "csrfmiddlewaretoken"
RESENT_FIELD = "resent"  # tells that the form comes from this page
# The names of fields that no page may show again.
SECRET = re.compile("password|code|credential|secret", re.IGNORECASE)
# These pages send people on who are signed in already.
SIGN_IN_PAGES = {
    "account_login",
    "account_signup",
    "account_request_login_code",
    "mfa_login_webauthn",
}


class Field(NamedTuple):
    name: str
    value: str

    @property
    def is_text(self) -> bool:
        """Whether somebody probably typed it, and may want to see or copy it."""
        is_long = len(self.value) > MAX_LINE_LENGTH and " " in self.value
        return is_long or "\n" in self.value


def resend_after_sign_in(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: keep a form that is answered with a redirect to the sign-in page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        sign_in_path = get_sign_in_path(request, response)
        if not sign_in_path or not may_show_again(request) or has_secret(request.POST):
            return response
        query = urlencode({"next": reverse("account_signed_in")})
        return show_form(request, sign_in_url=f"{sign_in_path}?{query}")

    return middleware


def get_sign_in_path(request: HttpRequest, response: HttpResponse) -> str:
    """The sign-in page that a form is redirected to, if that leads back to the form."""
    if request.method != "POST" or response.status_code != HTTPStatus.FOUND:
        return ""
    path, _, query = response["Location"].partition("?")
    leads_back = parse_qs(query).get("next") == [request.get_full_path()]
    sign_in_paths = (resolve_url(settings.LOGIN_URL), reverse("admin:login"))
    return path if leads_back and path in sign_in_paths else ""


def resend_after_csrf_failure(request: HttpRequest, reason: str) -> HttpResponse | None:
    """The response to a form with an old CSRF token.

    None if the token is not at fault, or if the form must not be shown again.
    """
    if not reason.startswith("CSRF ") or not may_show_again(request):
        return None  # other reasons are about the Origin or Referer header
    if reason == REASON_NO_CSRF_COOKIE and is_without_cookies(request):
        return None  # no token would be accepted
    url_name = request.resolver_match.url_name if request.resolver_match else ""
    if request.user.is_authenticated and url_name in SIGN_IN_PAGES:
        return redirect(get_form_url(request))
    if not has_secret(request.POST):
        return show_form(request)
    context = {"form_url": get_form_url(request)}
    return render(request, "account/expired.html", context, status=403)


def is_without_cookies(request: HttpRequest) -> bool:
    """Whether the browser seems to accept no cookies."""
    return RESENT_FIELD in request.POST or has_secret(request.POST)


def may_show_again(request: HttpRequest) -> bool:
    """Whether this site's own form was sent, by a browser that shows the response.

    Another site must not fill in a form here that only waits for a press.
    """
    is_navigation = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    if "HX-Request" in request.headers or not is_navigation:
        return False
    if content_length(request) > MAX_FORM_SIZE or not is_same_origin(request):
        return False
    try:
        return request.POST is not None
    except UnreadablePostError:
        return False


def has_secret(data: QueryDict) -> bool:
    """Whether a password or a code was typed. No page may contain these."""
    return any(SECRET.search(name) for name in data)


def show_form(request: HttpRequest, sign_in_url: str = "") -> HttpResponse:
    """Show what was sent, as a form that sends it again to the same address."""
    fields = [
        Field(name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name not in (CSRF_FIELD, RESENT_FIELD)
    ]
    context = {
        "action": request.get_full_path(),
        "fields": fields,
        "resent_field": RESENT_FIELD,
        "has_files": bool(request.FILES),
        "sign_in_url": sign_in_url,
    }
    response = render(request, "account/resend.html", context, status=403)
    response["Cache-Control"] = "no-store"
    return response


def get_form_url(request: HttpRequest) -> str:
    """The address of the page with the form, which leads where the form would lead."""
    query = request.GET.copy()
    if "next" in request.POST:
        query["next"] = request.POST["next"]
    return f"{request.path}?{query.urlencode()}" if query else request.path


@login_required
@require_safe
def signed_in(request: AuthenticatedRequest) -> HttpResponse:
    """Where a sign-in in another tab ends."""
    return render(request, "account/signed_in.html")
