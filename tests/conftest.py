import re
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import structlog
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.postgresql.base import plan_once
from roadmaps.files.apply import take_in
from roadmaps.files.format import read
from roadmaps.models import Roadmap
from tests.factories import StepProgressFactory, UserFactory
from tests.github import StandIn
from tests.production import install, serving, url_of

# And the note of when a session was last seen, which is taken every ten minutes.
NOT_COUNTED = re.compile(
    "SAVEPOINT|RELEASE|BEGIN|COMMIT|SET LOCAL|.*(FROM|INTO|UPDATE) .usersessions_",
    re.IGNORECASE,
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """What is thrown away need not reach the disk."""
    options = django_settings.DATABASES["default"].setdefault("OPTIONS", {})
    options["options"] = "-c synchronous_commit=off"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Once migrated, ask the database as web processes do."""
    with django_db_blocker.unblock():
        connection.close()
    plan_once(connection.settings_dict)
    del connection.features.uses_server_side_binding


@pytest.fixture(scope="session", autouse=True)
def quick_flush():
    """Empty tables row by row after a test that commits: they hold a handful, and a
    TRUNCATE makes each of them and its indexes anew.
    """

    def delete(style, tables, *, reset_sequences=False, allow_cascade=False):
        return [f"DELETE FROM {connection.ops.quote_name(name)}" for name in tables]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connection.ops), "sql_flush", staticmethod(delete))
        yield


@pytest.fixture(autouse=True)
def quick_and_apart(settings):
    """Hash passwords fast, and let no rate limit reach into the next test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.PAGES_KEPT_FOR = 0
    cache.clear()


@pytest.fixture
def backend(db):
    """The Backend Developer roadmap, as its file has it."""
    take_in(read(django_settings.BASE_DIR / "fixtures/backend-developer.yaml"))
    return Roadmap.objects.get(slug="backend-developer")


@pytest.fixture
def user(db):
    return UserFactory()


@pytest.fixture
def signed_in(user):
    """A client that `user` is signed in with."""
    client = Client()
    client.force_login(user)
    # As signing in on the page leaves it: listed, and seen just now.
    key = client.session.session_key
    UserSession.objects.create(user=user, session_key=key, ip="127.0.0.1")
    cache.set(f"seen:{key}", True)
    return client


@pytest.fixture
def at_most():
    """Fail when the block runs more than so many queries, transaction control apart."""

    @contextmanager
    def check(queries):
        with CaptureQueriesContext(connection) as captured:
            yield
        ran = [
            query["sql"] for query in captured if not NOT_COUNTED.match(query["sql"])
        ]
        assert len(ran) <= queries, "\n".join(ran)

    return check


@pytest.fixture
def github(monkeypatch, settings):
    """GitHub's keys are in the settings, and a stand-in answers for it."""
    with StandIn() as server:
        server.stand_in(monkeypatch, settings)
        yield server
        server.shutdown()


@pytest.fixture
def capture_logs():
    """The events that are logged meanwhile."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def under_way(backend, user):
    """Somebody with a step in every state, who marked them all on 3 May 2026."""
    states = {
        "internet-fundamentals": "done",
        "choose-a-backend-language": "learning",
        "version-control-systems": "skipped",
        "caching": "done",
    }
    for slug, state in states.items():
        StepProgressFactory(
            user=user,
            step=backend.steps.get(slug=slug),
            state=state,
            started_at=datetime(2026, 5, 3, 9, 30, tzinfo=UTC),
        )
    return user


@pytest.fixture(scope="session")
def installation(tmp_path_factory, worker_id):
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "cairn"
    install(folder)
    return folder


@pytest.fixture
def serve(transactional_db, installation):
    """Serve the test's database, as in production; by another host if one is given."""

    def serve(host=None, port=None, **environment):
        url = url_of(connection.settings_dict, host, port)
        return serving(installation, url, **environment)

    return serve
