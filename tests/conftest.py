import functools
import gc
import json
import logging.config
import os
import re
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO

import pytest
import structlog
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from accounts.audit import AuditEventManager
from core.observability import logging as logs
from core.postgresql.settings import use_prepared_statements
from editing.yaml_format.importer import import_roadmap
from editing.yaml_format.schema import StepEntry, read
from progress.models import StepProgress
from roadmaps.models import Roadmap, Section, Step
from roadmaps.step_parts import STEP_PARTS
from roadmaps.synonyms import IndexedWord, Synonym
from tests.accounts.actions import reauthenticate
from tests.factories import (
    NoteFactory,
    StepProgressFactory,
    UserFactory,
    create_cooking_roadmap,
    create_greek_roadmap,
)
from tests.github import FakeGitHub
from tests.openid_provider import FakeOpenIDProvider
from tests.production import Proxy, get_database_url, install, run_site

CODE_BLOCK = f"```bash\ncurl {'--header Accept:text/html ' * 5}\n```"
# Transaction control, and the user's last visit, which is stored every ten minutes.
UNCOUNTED_QUERIES = re.compile(
    "SAVEPOINT|RELEASE|BEGIN|COMMIT|SET LOCAL|.*(FROM|INTO|UPDATE) .usersessions_",
    re.IGNORECASE,
)


def pytest_collection_finish():
    """Look for garbage seldom, and not among the modules that are imported by now.

    Otherwise a tenth of a test's time goes into it, and more where a test measures
    memory: `assert_max_memory` collects all garbage first.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Do not wait for the disk: the test database is deleted afterwards."""
    options = django_settings.DATABASES["default"].setdefault("OPTIONS", {})
    options["options"] = "-c synchronous_commit=off"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Query the migrated database with the settings of a web process."""
    with django_db_blocker.unblock():
        connection.close()
    use_prepared_statements(connection.settings_dict)
    del connection.features.uses_server_side_binding


@pytest.fixture(scope="session", autouse=True)
def fast_flush():
    """Empty the tables quickly after a test that commits.

    Django's flush looks up every table, truncates it, and then creates all content
    types, permissions and groups again: two thirds of a browser test's time. No test
    changes those, so they stay. The other tables hold only a few rows: deleting them is
    faster than TRUNCATE.
    """

    def empty_tables(test_case):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("SET LOCAL cairn.audit_limit = 'infinity'")
            for table in tables_to_empty():
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture(scope="session", autouse=True)
def audit_in_transaction():
    """Refuse to record an audit event outside of a transaction of the code itself.

    The transaction round each test would hide it from `AuditEvent.objects.record`.
    """
    record = AuditEventManager.record

    @functools.wraps(record)
    def checked(*args, **kwargs):
        blocks = connection.atomic_blocks
        assert any(not block._from_testcase for block in blocks), "no transaction"
        return record(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AuditEventManager, "record", checked)
        yield


@functools.cache
def tables_to_empty():
    permanent = [
        *(ContentType, Permission, Group, Group.permissions.through),
        *(IndexedWord, Synonym),
    ]
    return [
        table
        for table in connection.introspection.django_table_names(only_existing=True)
        if table not in {model._meta.db_table for model in permanent}
    ]


@pytest.fixture(autouse=True)
def fast_password_hasher(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def empty_caches(settings):
    """Turn the page cache off and reset the rate limits."""
    settings.CACHE_MIDDLEWARE_SECONDS = 0
    cache.clear()


@pytest.fixture(scope="session")
def backend_roadmap_rows(django_db_setup, django_db_blocker):
    """The rows of the imported Backend Developer roadmap, by model, as COPY data.

    Copying them into the tables takes a tenth of the time of an import.
    """
    models = [Roadmap, Section, Step, *STEP_PARTS.values()]
    models += [Roadmap.history.model, Step.history.model]
    rows = {}
    with django_db_blocker.unblock(), transaction.atomic():
        source = read(django_settings.BASE_DIR / "fixtures/backend-developer.yaml")
        import_roadmap(without_parts(source))
        for model in models:
            with connection.cursor() as cursor:
                statement = f'COPY "{model._meta.db_table}" TO STDOUT'
                with cursor.copy(statement) as copy:
                    rows[model] = b"".join(copy)
        transaction.set_rollback(True)
    return rows


def without_parts(source):
    """The roadmap with its steps in one list, each with a short text and its resources.

    So tests depend on nothing that writers change. They add the parts that they need.
    """
    source.sections = []
    keys = {"slug", "title", "optional", "summary", "body", "resources"}
    for step in source.steps:
        step.body = f"## What to learn\n\n{step.summary}\n\n{CODE_BLOCK}"
        for name in StepEntry.model_fields.keys() - keys:
            setattr(step, name, StepEntry.model_fields[name].default)
        for resource in step.resources:
            resource.role, resource.minutes, resource.publisher = "", 0, ""
    return source


@pytest.fixture
def backend(db, backend_roadmap_rows):
    """The Backend Developer roadmap of the file, without sections and parts."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model, rows in backend_roadmap_rows.items():
            with cursor.copy(f'COPY "{model._meta.db_table}" FROM STDIN') as copy:
                copy.write(rows)
    return Roadmap.objects.get(slug="backend-developer")


@pytest.fixture
def user(db):
    return UserFactory()


@pytest.fixture
def signed_in(user):
    """A client in which `user` is signed in."""
    client = Client()
    client.force_login(user)
    # As after a real sign-in: the session is listed and was seen just now.
    key = client.session.session_key
    UserSession.objects.create(user=user, session_key=key, ip="127.0.0.1")
    cache.set(f"seen:{key}", True)
    return client


@pytest.fixture
def greek(db, settings):
    """A roadmap whose every text is Greek, for `tests.pseudo_language`."""
    settings.SITE_NAME = "Πέτρα"
    return create_greek_roadmap()


@pytest.fixture
def greek_learner(signed_in, user, greek):
    """A client of a user who has done, started and skipped steps, with notes on them.

    `greek` has four steps, so one is not started.
    """
    user.name = "Ελένη"
    user.save()
    states = ["done", "learning", "skipped"]
    for step, state in zip(greek.steps.all(), states, strict=False):
        StepProgress.objects.mark(user, step.pk, state)
        NoteFactory(user=user, step=step, text="Σημείωση")
    return signed_in


@pytest.fixture
def assert_max_queries():
    """A context manager that fails if the block runs more queries than allowed."""

    @contextmanager
    def check(max_queries):
        with CaptureQueriesContext(connection) as captured:
            yield
        counted = [
            query["sql"]
            for query in captured
            if not UNCOUNTED_QUERIES.match(query["sql"])
        ]
        assert len(counted) <= max_queries, "\n".join(counted)

    return check


@pytest.fixture
def github(monkeypatch, settings):
    """A fake GitHub that allauth uses, with keys in the settings."""
    with FakeGitHub() as server:
        server.replace_github(monkeypatch, settings)
        yield server
        server.shutdown()


@pytest.fixture
def organisation(settings):
    """A fake OpenID provider, "Example School", with keys in the settings."""
    with FakeOpenIDProvider() as server:
        server.start()
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APP": server.app()}}
        yield server
        server.shutdown()


@pytest.fixture
def capture_logs():
    """The list of events that are logged during the test."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def user_with_progress(backend, user):
    """A user with a step in every state, all marked on 3 May 2026."""
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
def installation(tmp_path_factory):
    """The folder of a production installation. All xdist workers share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cairn"
    install(folder)
    return folder


@pytest.fixture
def serve(transactional_db, installation):
    """A function that serves the test database in production mode.

    The web process uses another host or port of the database if one is given.
    """

    def serve(host=None, port=None, **environment):
        url = get_database_url(connection.settings_dict, host, port)
        return run_site(installation, url, **environment)

    return serve


@pytest.fixture
def cooking(db):
    roadmap = create_cooking_roadmap("boil", "fry", "bake", "braise")
    roadmap.save()  # records the order of its steps in its history
    return roadmap


@pytest.fixture
def fry(cooking):
    return cooking.steps.get(slug="fry")


@pytest.fixture
def sign_in_staff(db):
    """A function that signs in a new staff user who belongs to the named groups."""

    def sign_in(*groups):
        user = UserFactory(is_staff=True)
        user.groups.set(Group.objects.filter(name__in=groups))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def database_proxy(transactional_db):
    """A proxy for the database, at `proxy.port`."""
    proxy = Proxy(connection.settings_dict["OPTIONS"]["host"])
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def production_site(installation, django_db_setup, django_db_blocker):
    """A site in production mode, one per module. It sees only committed data."""
    with run_site(installation, get_database_url(connection.settings_dict)) as site:
        yield site


@pytest.fixture
def read_log():
    """A function that returns the JSON log lines so far as a list of dictionaries."""
    stream = StringIO()
    configuration = logs.configure(json=True)
    configuration["handlers"]["console"]["stream"] = stream
    logging.config.dictConfig(configuration)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.config.dictConfig(logs.configure(json=False))


@pytest.fixture
def read_request_log(read_log):
    """A function that returns the log lines of the requests so far."""
    return lambda: [line for line in read_log() if line["event"] == "request"]


@pytest.fixture
def wait_until():
    """A function that waits until a condition is true, up to `timeout` seconds."""

    def wait_until(condition, timeout=5):
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "the condition never became true"
            time.sleep(0.002)

    return wait_until


@pytest.fixture
def reauthenticated(signed_in):
    """A client of a user who has just reauthenticated."""
    reauthenticate(signed_in)
    return signed_in
