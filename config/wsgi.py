import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config import telemetry
from config.postgresql.base import hold_to_limits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
hold_to_limits(settings.DATABASES["default"], settings.DATABASE_POOL_SIZE)
telemetry.start()
application = get_wsgi_application()

if settings.METRICS_ADDRESS:
    from config import metrics

    metrics.serve(settings.METRICS_ADDRESS)
