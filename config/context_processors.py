"""What every template may say."""

from django.conf import settings
from django.http import HttpRequest

from config.themes import theme_of


def site(request: HttpRequest) -> dict[str, object]:
    return {"theme": theme_of(request), "mail_is_printed": settings.MAIL_IS_PRINTED}
