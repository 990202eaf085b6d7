import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.postgresql.base import hold_to_limits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
hold_to_limits(settings.DATABASES["default"], settings.DATABASE_POOL_SIZE)
application = get_wsgi_application()
