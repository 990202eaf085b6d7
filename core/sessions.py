"""Django's sessions in the database. They do not change while a replica is read."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError

from core.postgresql.replica import is_reading_replica


class SessionStore(db.SessionStore):
    def save(self, must_create: bool = False) -> None:
        """Raise OperationalError if the database is unavailable.

        Django would raise UpdateError, and answer 400 as if the session had ended.
        """
        if is_reading_replica():
            return
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from None
            raise

    def delete(self, session_key: str | None = None) -> None:
        if not is_reading_replica():
            super().delete(session_key)
