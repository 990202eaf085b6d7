#!/usr/bin/env python
"""Django's command line, which reports an operator's mistakes in one line each."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError


def exit_with(message: str) -> None:
    sys.exit("\n".join(f"manage.py: {line}" for line in message.splitlines()))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        exit_with(str(error))
    except DatabaseError as error:
        from core.postgresql.connection_errors import explain

        if message := explain(error, settings.DATABASES["default"]):
            exit_with(message)
        raise
