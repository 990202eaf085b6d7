"""The color scheme of pages: a person's own, or the browser's in a cookie."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import Theme
from core.same_origin import same_origin_only

COOKIE = f"{settings.COOKIE_PREFIX}theme"
YEAR = 365 * 24 * 60 * 60  # seconds


def get_theme(request: HttpRequest) -> str:
    """Return "light", "dark", or "" to follow the system.

    A person's own theme, which they have on every device, comes before the cookie.
    """
    user = getattr(request, "user", None)  # unset when a middleware refuses a request
    if user and user.is_authenticated and user.theme:
        return str(user.theme)
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in Theme else ""


@require_POST
@same_origin_only
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Store the theme in the user's account, if they are signed in, and in a cookie.

    Any theme but "light" and "dark" removes it from both. Redirects to `next`.
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
        response.set_cookie(
            COOKIE,
            theme,
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
