import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse

from core.observability import tracing
from core.postgresql.settings import configure_for_web

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
configure_for_web(settings.DATABASES["default"], settings.DATABASE_POOL_SIZE)
tracing.start()
django = get_wsgi_application()

# Django has to be set up.
from core.observability.request_log import Afterwards  # noqa: E402
from core.visitor_pages import answer_visitors  # noqa: E402


def in_one_piece(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django's answer, as a list where it is all there: granian hands on an iterable
    bit by bit, and holds the GIL.
    """
    response = django(environ, start_response)
    if not isinstance(response, HttpResponse):
        return response
    try:
        return [response.content]
    finally:
        response.close()


application = answer_visitors(in_one_piece, Afterwards().tell)

if settings.METRICS_ADDRESS:
    from core.observability import metrics

    metrics.serve(settings.METRICS_ADDRESS)
