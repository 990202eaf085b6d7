"""What every template may say."""

from django.conf import settings
from django.http import HttpRequest

from config.themes import theme_of


def site(request: HttpRequest) -> dict[str, object]:
    console = "django.core.mail.backends.console.EmailBackend"
    return {
        "theme": theme_of(request),
        "mail_is_printed": console == settings.EMAIL_BACKEND,
    }
