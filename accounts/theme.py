"""The colour scheme of pages, from the user's account or a cookie."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import Theme
from core.cookies import set_cookie
from core.same_origin import same_origin_only

COOKIE_NAME = f"{settings.COOKIE_PREFIX}theme"
COOKIE_AGE = 365 * 24 * 60 * 60  # seconds


def get_theme(request: HttpRequest) -> str:
    """Return "light", "dark", or "" to follow the system.

    A theme in the account, which applies on every device, overrides the cookie.
    """
    user = getattr(request, "user", None)  # not set if middleware rejects a request
    if user and user.is_authenticated and user.theme:
        return str(user.theme)
    theme = request.COOKIES.get(COOKIE_NAME, "")
    return theme if theme in Theme else ""


@require_POST
@same_origin_only
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Store the theme in the user's account, if they are signed in, and in a cookie.

    Any value but "light" and "dark" removes it from both. Redirects to `next`.
    """
    next_path = request.POST.get("next", "")
    is_local = url_has_allowed_host_and_scheme(next_path, allowed_hosts=None)
    if not (next_path.startswith("/") and is_local):
        next_path = "/"
    response = HttpResponseRedirect(next_path)
    chosen = request.POST.get("theme", "")
    theme = chosen if chosen in Theme.values else ""
    if request.user.is_authenticated:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    if theme:
        set_cookie(response, COOKIE_NAME, theme, COOKIE_AGE)
    else:
        response.delete_cookie(COOKIE_NAME, samesite="Lax")
    return response
