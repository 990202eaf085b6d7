"""Columns that are as narrow as what they hold."""

from typing import Any

from django.db import models


class NarrowForeignKey(models.ForeignKey[Any, Any]):
    """Four bytes where the id itself has eight, for the table with the most rows.
    PostgreSQL compares the two by their indexes; ids end at 2.1 billion.
    """

    def db_type(self, connection: Any) -> str | None:
        return models.IntegerField().db_type(connection)
