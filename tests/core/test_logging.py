"""What is logged, and the name that a request has in it."""

import logging
import logging.config

import pytest
import structlog
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import path

from accounts.models import User
from core.observability import logging as logs

NAME = "0123abcd-proxy.1"


def broken(request, name):
    structlog.get_logger("cairn.config").info("about_to_break", step_id=7)
    raise RuntimeError("a bug")


def with_a_broken_page():
    from config.urls import urlpatterns

    return [*urlpatterns, path("broken/<slug:name>/", broken)]


urlpatterns = with_a_broken_page()
handler500 = "config.views.server_error"


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


class TestRequestId:
    @pytest.mark.parametrize("name", [NAME, "a" * 64, "550e8400-e29b-41d4-a716"])
    def test_the_proxys_is_kept(self, client, name):
        response = client.get("/broken/x/", headers={"X-Request-ID": name})
        assert response["X-Request-ID"] == name
        assert name in response.content.decode()

    @pytest.mark.parametrize(
        "name", ["", "short", "a" * 65, "<script>alert</script>", "ünïcödé-näme", "a b"]
    )
    def test_one_that_is_none_is_replaced(self, client, name):
        response = client.get("/broken/x/", headers={"X-Request-ID": name})
        assert response["X-Request-ID"] != name
        assert logs_name(response["X-Request-ID"])

    def test_every_request_has_its_own(self, client):
        ids = {client.get("/broken/x/")["X-Request-ID"] for _ in range(3)}
        assert len(ids) == 3

    def test_an_error_page_names_it(self, client, db):
        response = client.get("/nothing-here/")
        assert response.status_code == 404
        assert response["X-Request-ID"] in response.content.decode()


def logs_name(name):
    return len(name) == 32 and name.isalnum()


class TestLines:
    def test_all_of_one_request_name_it(self, client, said):
        client.get("/broken/x/", headers={"X-Request-ID": NAME})
        assert {line["request_id"] for line in said()} == {NAME}
        own = next(line for line in said() if line["event"] == "about_to_break")
        assert own["step_id"] == 7
        assert own["level"] == "info"
        assert own["logger"] == "cairn.config"
        assert own["timestamp"].endswith("Z")

    def test_a_bug_is_told_with_its_traceback_and_route_but_no_path(self, client, said):
        client.get("/broken/jane-doe/?q=secret")
        [line] = [line for line in said() if line["level"] == "error"]
        assert line["event"] == "Internal Server Error: /broken/<slug:name>/"
        assert 'raise RuntimeError("a bug")' in line["exception"]
        assert "jane-doe" not in str(said())
        assert "secret" not in str(said())

    def test_what_postgresql_repeats_is_left_out(self, said, user):
        try:
            with transaction.atomic():
                User.objects.create_user(user.email)
        except IntegrityError:
            logging.getLogger("django.request").exception("broken")
        [line] = said()
        assert "duplicate key" in line["exception"]
        assert user.email not in line["exception"]

    def test_requests_that_were_wrong_have_no_line_of_djangos(self, said):
        request = RequestFactory().get("/people/jane-doe/")
        logging.getLogger("django.request").warning(
            "Not Found: %s", request.path, extra={"request": request}
        )
        logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST")
        assert said() == []

    def test_a_stale_forms_line_names_no_path(self, said):
        request = RequestFactory().get("/people/jane-doe/")
        logging.getLogger("django.security.csrf").warning(
            "Forbidden (%s): %s", "no cookie", request.path, extra={"request": request}
        )
        [line] = said()
        assert line["event"] == "Forbidden (no cookie): "

    def test_in_development_they_are_for_people(self, capsys):
        logging.config.dictConfig(logs.configuration(json=False))
        structlog.get_logger("cairn.config").info("something_happened", step_id=7)
        line = capsys.readouterr().err
        assert "something_happened" in line
        assert not line.startswith("{")
