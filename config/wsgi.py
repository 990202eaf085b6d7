import os
import sys

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from core.observability import tracing
from core.postgresql.pooler import check_pooler
from core.postgresql.settings import configure_for_web, configure_replica_for_web
from core.request_body import read_whole_body
from core.wsgi import check_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
try:
    configure_for_web(settings.DATABASES["default"], settings.DATABASE_POOL_SIZE)
    if settings.DATABASE_REPLICA:
        configure_replica_for_web(
            settings.DATABASE_REPLICA, settings.DATABASE_POOL_SIZE
        )
except ImproperlyConfigured as error:
    sys.exit(str(error))  # one line per faulty variable instead of a traceback
tracing.start()
application = read_whole_body(
    check_requests(get_wsgi_application()),
    limit=32 * 1024 * 1024,  # bytes; more than any page accepts
)
try:
    check_pooler(is_expected=settings.DATABASE_POOLER)
except ImproperlyConfigured as error:
    sys.exit(str(error))  # one line instead of a traceback

if settings.INSECURE_HTTP:
    structlog.get_logger("cairn.core").warning(
        "insecure_http",
        site_url=settings.SITE_URL,
        effect="everybody on the network can read passwords and take over sessions",
    )
if settings.METRICS_ADDRESS:
    from core.observability import metrics

    metrics.serve(settings.METRICS_ADDRESS)
