"""People chosen at random over the whole database, and their sessions."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client

from accounts.models import User
from benchmarks.bench.data import SLUG
from roadmaps.models import Roadmap, Step

HEADERS = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}


def fetch(query: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def read_password() -> str:
    """The encoded password that everybody has."""
    ((password,),) = fetch("SELECT password FROM accounts_user WHERE id = 1")
    return str(password)


def count_people() -> int:
    """Those who were filled in; editors have higher ids."""
    ((number,),) = fetch(
        "SELECT max(id) FROM accounts_user WHERE email LIKE 'person%%'"
    )
    return int(str(number))


class People:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = count_people()
        self.password = read_password()
        self.largest = Roadmap.objects.get(slug=SLUG)
        self.steps: Sequence[Step] = list(self.largest.steps.active())

    def choose(self, number: int) -> list[int]:
        """Ids of people who follow the largest roadmap: those that 5 divides."""
        return [
            5 * n for n in self.random.choices(range(1, self.number // 5), k=number)
        ]

    def start_session(self, user: int) -> str:
        """Return the key of a new session, without reading anything of the person."""
        session = SessionStore()
        session[SESSION_KEY] = str(user)
        session[BACKEND_SESSION_KEY] = (
            "allauth.account.auth_backends.AuthenticationBackend"
        )
        account = User(pk=user, password=self.password)
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time(), "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(user)
        session.create()
        return str(session.session_key)

    def client(self, user: int) -> Client:
        client = Client(headers={"Host": "localhost"} | HEADERS)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.start_session(user)
        return client

    def editor(self) -> Client:
        """A client of a superuser, made once."""
        email = "editor@example.com"
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User(email=email, is_staff=True, is_superuser=True)
            user.password = self.password
            user.save()
        client = self.client(user.pk)
        client.defaults.pop("HTTP_HX_REQUEST", None)
        return client
