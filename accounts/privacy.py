"""The privacy page."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is stored, for how long, and how to export or delete it."""
    days = timedelta(seconds=settings.SESSION_COOKIE_AGE).days
    context = {
        "session_days": days,
        "unconfirmed_days": settings.UNCONFIRMED_DAYS,
        "audit_days": settings.AUDIT_DAYS,
    }
    return render(request, "privacy.html", context)
