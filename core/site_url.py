"""The origin of the site: `SITE_URL`, or in development the one of the request."""

from django.conf import settings
from django.http import HttpRequest


def get_site_url(request: HttpRequest) -> str:
    """Return scheme, host and port, without a slash at the end."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"
