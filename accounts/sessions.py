"""A session and its person, read by one statement where Django takes two."""

from __future__ import annotations

from typing import Any

from allauth.account import auth_backends
from allauth.core import context
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

from accounts.models import User

ALLAUTHS = "allauth.account.auth_backends.AuthenticationBackend"
OURS = "accounts.sessions.AuthenticationBackend"

FIELDS = [field.attname for field in User._meta.concrete_fields]
COLUMNS = ", ".join(
    f"accounts_user.{field.column}" for field in User._meta.concrete_fields
)
SESSION_AND_PERSON = f"""
    SELECT session_data, {COLUMNS}
    FROM django_session
    LEFT JOIN usersessions_usersession USING (session_key)
    LEFT JOIN accounts_user ON accounts_user.id = user_id
    WHERE session_key = %s AND expire_date > %s"""  # noqa: S608


class SessionStore(db.SessionStore):
    """Django's, under the same name: it is part of what sessions are signed with."""

    person: User | None = None  # of allauth's list of sessions; Django's word decides

    def load(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(SESSION_AND_PERSON, [self.session_key, timezone.now()])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        data, *values = found
        person = User.from_db(connection.alias, FIELDS, values)
        self.person = person if person.pk else None
        return self.decode(data)

    def take_person(self, pk: int) -> User | None:
        """Who came with the session, if it is they; once, for who asks again wants to
        know anew.
        """
        person, self.person = self.person, None
        return person if person and person.pk == pk else None

    # Stored sessions name the backend that the version before knows too: the two run
    # side by side during an upgrade.
    def encode(self, session_dict: dict[str, Any]) -> str:
        return super().encode(renamed(session_dict, OURS, ALLAUTHS))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        return renamed(super().decode(session_data), ALLAUTHS, OURS)


def renamed(session: dict[str, Any], name: str, to: str) -> dict[str, Any]:
    """The session, with `to` for a backend that is called `name`."""
    is_so = session.get(BACKEND_SESSION_KEY) == name
    return {**session, BACKEND_SESSION_KEY: to} if is_so else session


class AuthenticationBackend(auth_backends.AuthenticationBackend):
    """allauth's, which asks the database only for who did not come with the session.

    Django's `get_user()` checks the session's hash against them, whichever way.
    """

    def get_user(self, user_id: int) -> User | None:
        session = getattr(context.request, "session", None)
        person = isinstance(session, SessionStore) and session.take_person(user_id)
        if not person:
            return super().get_user(user_id)
        return person if self.user_can_authenticate(person) else None
