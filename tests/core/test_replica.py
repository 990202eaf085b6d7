"""DATABASE_REPLICA_URL: pages are read from a standby while the primary is away."""

from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.test import Client
from django.urls import path
from django.utils import timezone

from config import urls as config_urls
from core.circuit_breaker import CircuitBreaker
from core.observability.metrics import DatabaseCollector
from core.postgresql import replica as replica_package
from core.postgresql import settings as database_settings
from core.postgresql.replica import positions
from core.postgresql.replica.base import DatabaseWrapper
from core.postgresql.url import parse_replica
from core.replica_pages import use
from groups.roles import Role
from progress.models import StepProgress
from progress.step_copies import StepCopy
from tests.accounts.actions import reauthenticate
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    NoteFactory,
    UserFactory,
)
from tests.production import free_port, get_database_url

pytestmark = pytest.mark.django_db(transaction=True)

NOTICE = "You’re reading a copy"
PAGE = "/roadmaps/cooking/"


def lose_connection(request):
    """Lose the primary in the middle of a request."""
    with connection.cursor() as cursor:
        if not connection.is_replica:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return config_urls.robots(request)


urlpatterns = [*config_urls.urlpatterns, path("lost/", lose_connection)]
handler500 = "config.views.server_error"


@pytest.fixture
def replica(standby, settings, monkeypatch):
    settings.DATABASE_REPLICA = parse_replica(
        get_database_url(connection.settings_dict, host=standby.folder)
    )
    database_settings.configure(settings.DATABASE_REPLICA, is_pooled=False)
    replica_package.get_connections.cache_clear()
    breaker = CircuitBreaker("replica", 0)
    monkeypatch.setattr(DatabaseWrapper, "circuit_breaker", breaker)
    yield standby
    replica_package.get_connections.cache_clear()


@pytest.fixture
def without_primary(connect):
    """A context manager: nothing listens at the address of the primary."""
    default = connections[connection.alias]

    @contextmanager
    def without_primary():
        connect(host="127.0.0.1", port=9)
        yield
        connections[default.alias] = default

    return without_primary


@pytest.fixture
def learner(replica, user, cooking):
    """A client of a user who has just marked a step done, on the replica too."""
    client = sign_in(user)
    mark(client, cooking.steps.get(slug="boil"))
    replica.catch_up()
    return client


def sign_in(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def mark(client, step, state="done"):
    headers = {"Sec-Fetch-Site": "same-origin"}
    return client.post(f"/progress/{step.pk}/{state}/", headers=headers)


class TestReading:
    def test_a_page_is_read_from_it_with_a_notice(self, learner, without_primary):
        with without_primary():
            response = learner.get(PAGE)
        html = response.content.decode()
        assert response.status_code == 200
        assert NOTICE in html
        assert "1 of 4" in html
        assert response["Cache-Control"] == "no-store"
        assert settings.SESSION_COOKIE_NAME not in response.cookies
        assert NOTICE not in learner.get(PAGE).content.decode()

    def test_a_visitors_page_is_as_always(self, learner, without_primary):
        visitor = Client(raise_request_exception=False)
        expected = visitor.get(PAGE)
        with without_primary():
            response = visitor.get(PAGE)
        assert response.content == expected.content
        assert response["Cache-Control"] == expected["Cache-Control"]

    def test_a_page_that_would_begin_a_session_is_not_cached(
        self, replica, without_primary
    ):
        url = "/accounts/2fa/webauthn/login/"
        visitor = Client(raise_request_exception=False)
        with without_primary():
            response = visitor.get(url, headers={"Accept": "application/json"})
        assert response.status_code == 200
        assert settings.SESSION_COOKIE_NAME not in response.cookies
        assert response["Cache-Control"] == "no-store"

    def test_a_change_is_503_with_retry_after(self, learner, fry, without_primary):
        with without_primary():
            response = mark(learner, fry)
        assert response.status_code == 503
        assert response["Retry-After"] == "5"

    def test_a_page_that_stores_something_is_503(
        self, learner, replica, without_primary
    ):
        reauthenticate(learner)
        replica.catch_up()
        with without_primary():
            assert learner.get("/accounts/data/cairn.json").status_code == 503

    def test_what_only_accompanies_a_page_is_skipped(
        self, learner, user, fry, replica, without_primary
    ):
        session = learner.session
        session["_messages"] = '[["__json_message", 0, 20, "Saved.", ""]]'
        session.save()
        NoteFactory(user=user, step=fry, text="Oil", html_version=0)
        mark(learner, fry, "learning")
        replica.catch_up()
        cache.delete(f"seen:{session.session_key}")  # the session was not seen lately
        with without_primary():
            response = learner.get(PAGE)
            assert "Saved." in response.content.decode()
            assert learner.get("/progress/").status_code == 200
            assert learner.get("/accounts/settings/").status_code == 200
        assert "Saved." in learner.get(PAGE).content.decode()

    def test_a_step_that_is_being_merged_is_shown_as_it_was(
        self, learner, cooking, fry, replica, without_primary
    ):
        boil = cooking.steps.get(slug="boil")
        StepCopy.objects.create(roadmap=cooking, step=boil, into=fry, is_merge=True)
        replica.catch_up()
        with without_primary():
            response = learner.get(PAGE)
        assert response.status_code == 200
        assert "1 of 4" in response.content.decode()

    def test_a_connection_that_breaks_during_a_request_is_no_failure(
        self, replica, settings, connect
    ):
        settings.ROOT_URLCONF = __name__
        wrapper = connect()
        assert Client(raise_request_exception=False).get("/lost/").status_code == 200
        wrapper.close()

    def test_a_session_signed_with_an_old_key_is_read(
        self, learner, settings, without_primary
    ):
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another one"
        with without_primary():
            assert learner.get(PAGE).status_code == 200

    def test_other_errors_of_the_primary_stay_errors(
        self, learner, other_connection, connect
    ):
        connect()
        other_connection.execute("LOCK TABLE roadmaps_roadmap")
        assert learner.get(PAGE).status_code == 503

    def test_without_a_replica_the_page_is_503(
        self, learner, settings, without_primary
    ):
        settings.DATABASE_REPLICA["OPTIONS"] |= {"host": "127.0.0.1", "port": 9}
        with without_primary():
            response = learner.get(PAGE)
        assert response.status_code == 503
        assert response["Retry-After"] == "5"

    def test_nothing_can_be_written_through_it(self, learner, user, fry):
        with use(replica_package.get_replica()), connection.cursor() as cursor:
            cursor.execute("SHOW default_transaction_read_only")
            assert cursor.fetchone() == ("on",)
            with pytest.raises(OperationalError, match="read-only"):
                StepProgress.objects.mark(user, fry.pk, "done")

    def test_the_thread_is_back_on_the_primary_after_any_error(self, replica):
        with pytest.raises(SystemExit), use(replica_package.get_replica()):
            raise SystemExit
        assert not connection.is_replica

    def test_a_server_that_is_no_standby_is_not_used(
        self, learner, settings, without_primary
    ):
        settings.DATABASE_REPLICA["OPTIONS"] |= {
            "host": connection.settings_dict["OPTIONS"]["host"],
            "target_session_attrs": "any",
        }
        with without_primary():
            assert learner.get(PAGE).status_code == 503


class TestAge:
    """Nobody reads what is older than what they have stored."""

    def test_whoever_stored_something_waits_for_a_replica_that_lags(
        self, learner, fry, replica, without_primary
    ):
        reader = sign_in(UserFactory())
        mark(reader, fry)
        replica.catch_up()
        with replica.paused():
            mark(learner, fry)
            with without_primary():
                assert learner.get(PAGE).status_code == 503
                assert reader.get(PAGE).status_code == 200
                visitor = Client(raise_request_exception=False)
                assert visitor.get(PAGE).status_code == 200
        replica.catch_up()
        with without_primary():
            assert "2 of 4" in learner.get(PAGE).content.decode()

    def test_it_holds_on_another_device_too(
        self, learner, user, fry, replica, without_primary
    ):
        phone = sign_in(user)
        replica.catch_up()
        with replica.paused():
            mark(learner, fry)
            with without_primary():
                assert phone.get(PAGE).status_code == 503

    def test_a_mentor_does_not_see_what_a_member_has_just_hidden(
        self, replica, cooking, without_primary
    ):
        assignment = AssignmentFactory(roadmap=cooking)
        group = assignment.group
        membership = MembershipFactory(group=group, showing=[assignment])
        mentor = MembershipFactory(group=group, role=Role.MENTOR)
        mentor, member = sign_in(mentor.user), sign_in(membership.user)
        mark(mentor, cooking.steps.get(slug="boil"))
        replica.catch_up()
        pages = [f"/groups/{group.pk}/", f"/groups/{group.pk}/members/{membership.pk}/"]
        with without_primary():
            assert [mentor.get(page).status_code for page in pages] == [200, 200]
        with replica.paused():
            response = member.post(
                f"/groups/{group.pk}/sharing/", {"hide": assignment.pk}
            )
            assert response.status_code == 302
            with without_primary():
                assert [mentor.get(page).status_code for page in pages] == [503, 503]

    def test_people_who_have_left_read_nothing(
        self, learner, user, replica, without_primary, tmp_path
    ):
        file = tmp_path / "leavers.csv"
        file.write_text(user.email)
        with replica.paused():
            call_command("deactivate_people", file)
            with without_primary():
                assert learner.get(PAGE).status_code == 503

    def test_a_change_whose_position_is_unknown_keeps_everybody_from_reading(
        self, learner, fry, replica, without_primary, monkeypatch
    ):
        other = sign_in(UserFactory())
        with monkeypatch.context() as patch:
            patch.setattr(positions, "POSITION", "SELECT 1 / 0")
            assert other.post("/accounts/logout/").status_code == 302
        replica.catch_up()
        with without_primary():
            assert learner.get(PAGE).status_code == 503
        mark(learner, fry)  # the position is known again, and later than the sign-out
        replica.catch_up()
        with without_primary():
            assert learner.get(PAGE).status_code == 200

    def test_a_refused_form_of_a_visitor_keeps_nobody_from_reading(
        self, learner, without_primary
    ):
        visitor = Client(enforce_csrf_checks=True)
        with without_primary():
            assert visitor.post("/accounts/login/").status_code == 403
            assert learner.get(PAGE).status_code == 200

    def test_if_nobody_knows_what_was_stored_the_page_is_503(
        self, learner, without_primary
    ):
        cache.clear()
        with without_primary():
            assert learner.get(PAGE).status_code == 503

    def test_a_new_session_is_not_ended(self, replica, user, cooking, without_primary):
        replica.catch_up()
        with replica.paused():
            client = sign_in(user)
            with without_primary():
                response = client.get(PAGE)
        assert response.status_code == 503
        assert settings.SESSION_COOKIE_NAME not in response.cookies
        assert "_auth_user_id" in client.session

    def test_a_session_that_was_signed_out_is_not_accepted(
        self, learner, replica, without_primary
    ):
        thief = Client(raise_request_exception=False)
        thief.cookies = deepcopy(learner.cookies)
        with replica.paused():
            learner.post("/accounts/logout/")
            with without_primary():
                assert thief.get(PAGE).status_code == 503

    def test_a_get_that_prolongs_the_session_makes_the_position_known(
        self, learner, user, replica, without_primary
    ):
        session = learner.session
        cache.clear()
        Session.objects.filter(pk=session.session_key).update(
            expire_date=timezone.now() + timedelta(days=1)
        )
        assert settings.SESSION_COOKIE_NAME in learner.get(PAGE).cookies
        replica.catch_up()
        with without_primary():
            assert learner.get(PAGE).status_code == 200


class TestHealth:
    def test_a_process_that_can_only_read_is_ready(self, client, replica, monkeypatch):
        database = connection.settings_dict
        monkeypatch.setitem(database["OPTIONS"], "host", "/nowhere")
        response = client.get("/readyz")
        assert response.status_code == 200
        checks = response.json()
        assert checks["status"] == "read-only"
        assert not checks["database"]["ok"]
        assert checks["replica"]["ok"]
        assert checks["replica"]["lag_bytes"] is None

    def test_the_lag_is_told(self, client, replica, cooking):
        # Other tests write to the same server, so the lag is seldom 0.
        with replica.paused():
            UserFactory()
            response = client.get("/readyz")
        assert response.json()["replica"]["lag_bytes"] > 0
        assert response.json()["status"] == "ready"

    def test_the_metrics_tell_the_lag(self, replica, monkeypatch):
        metrics = read_metrics()
        assert metrics["cairn_replica_lag_bytes", None] >= 0
        assert metrics["cairn_database_up", "database"] == 1
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "host", "/nowhere")
        assert read_metrics() == {
            ("cairn_database_up", "database"): 0,
            ("cairn_database_up", "replica"): 1,
        }

    def test_an_unreachable_replica_is_told(self, client, replica, settings):
        settings.DATABASE_REPLICA["OPTIONS"]["host"] = "/nowhere"
        response = client.get("/readyz")
        assert response.status_code == 200
        assert not response.json()["replica"]["ok"]


def read_metrics():
    return {
        (sample.name, sample.labels.get("server")): sample.value
        for metric in DatabaseCollector().collect()
        for sample in metric.samples
    }


class TestSeveralHosts:
    def test_only_the_primary_is_used(self, standby, connect):
        primary = connection.settings_dict["OPTIONS"]["host"]
        hosts = f"{standby.folder},{primary}"
        wrapper = connect(host=hosts, target_session_attrs="read-write")
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            assert cursor.fetchone() == (False,)
        assert wrapper.connection.info.host == primary


def test_a_web_process_reads_from_it(replica, serve, cooking, database_proxy):
    replica.catch_up()
    variables = {
        "DATABASE_REPLICA_URL": get_database_url(
            connection.settings_dict, host=replica.folder
        ),
        "CACHE_URL": f"redis://127.0.0.1:{free_port()}/0",  # visitors need none
    }
    with serve("127.0.0.1", database_proxy.port, **variables) as site:
        assert site.get(f"{PAGE}?n=1").status == 200
        database_proxy.is_down = True
        database_proxy.reset()
        responses = [site.get(f"{PAGE}?n={number}") for number in range(2, 6)]
        assert responses[-1].status == 200
        assert b'"replica": {"ok": true' in site.get("/readyz").body
