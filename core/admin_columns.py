"""Columns for the lists and read-only fields of the admin."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db import models
from django.utils.translation import gettext as _


def yes_or_no(model: type[models.Model], name: str) -> Callable[[Any], str]:
    """Return a column that says in words whether the field is set.

    Django shows an image instead, with an alternative text that cannot be translated.
    """
    field: Any = model._meta.get_field(name)

    @admin.display(description=field.verbose_name, ordering=name)
    def column(row: Any) -> str:
        return _("Yes") if getattr(row, name) else _("No")

    column.__name__ = name  # so that Django finds the field's help text
    return column
