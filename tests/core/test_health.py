"""GET /healthz and /readyz"""

import pytest
from django.db import connection
from django.test import Client, override_settings

from core.observability import health
from tests.production import free_port


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
class TestBothProbes:
    def test_they_answer_to_any_host_name(self, client, db, address):
        with override_settings(ALLOWED_HOSTS=["cairn.example"]):
            response = client.get(address, headers={"Host": "10.0.0.7:8000"})
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert response["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response["Content-Security-Policy"]

    def test_they_are_not_redirected(self, db, address, settings):
        settings.SECURE_SSL_REDIRECT = True
        assert Client().get(address).status_code == 200

    def test_they_allow_get_and_head_only(self, client, db, address):
        assert client.head(address).status_code == 200
        assert client.post(address).status_code == 405


def test_healthz_depends_on_no_other_service(client):
    assert client.get("/healthz").json() == {"status": "alive"}


class TestReady:
    def test_all_services_are_available(self, client, db):
        checks = client.get("/readyz").json()
        assert checks["status"] == "ready"
        for name in ("database", "migrations", "cache"):
            assert checks[name]["ok"]
            assert checks[name]["ms"] >= 0

    def test_a_log_that_cannot_be_read_matters_only_with_a_replica(
        self, client, db, monkeypatch
    ):
        """Some hosted databases refuse these functions."""
        monkeypatch.setattr(health, "POSITION", "SELECT 1 / 0")
        assert client.get("/readyz").status_code == 200

    def test_the_database_is_unavailable(self, client, monkeypatch):
        database = connection.settings_dict
        monkeypatch.setitem(database["OPTIONS"], "host", "/nowhere")
        response = client.get("/readyz")
        assert response.status_code == 503
        checks = response.json()
        assert checks["database"]["error"] == "OperationalError"
        assert checks["migrations"]["error"] == "unknown"
        assert checks["cache"]["ok"]

    def test_a_migration_is_unapplied(self, client, db, monkeypatch):
        known = {**health.known_migrations(), ("roadmaps", "9999_next"): set()}
        monkeypatch.setattr(health, "known_migrations", lambda: known)
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["migrations"]["error"] == "1 to apply"

    def test_the_database_is_empty(self, client, db, monkeypatch):
        monkeypatch.setitem(connection.settings_dict, "NAME", "template1")
        checks = client.get("/readyz").json()
        assert checks["database"]["ok"]
        assert not checks["migrations"]["ok"]

    def test_a_squashed_migration_is_applied_if_all_that_it_replaces_are(self):
        applied = {("a", "0001_first"), ("a", "0002_second")}
        squashed = {("a", "0001_squashed"): applied, ("a", "0003_third"): set()}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(health, "known_migrations", lambda: squashed)
            assert health.unapplied_migrations(applied) == {("a", "0003_third")}

    def test_the_cache_is_unavailable(self, client, db, settings):
        settings.CACHES = {
            "default": {
                "BACKEND": "core.cache.Cache",
                "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
            }
        }
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["cache"]["error"] == "ConnectionError"
