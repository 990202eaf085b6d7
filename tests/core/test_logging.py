"""Log lines and request ids."""

import logging
import logging.config

import pytest
import structlog
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import path

from accounts.models import User
from config import urls as config_urls
from core.observability import logging as logs

REQUEST_ID = "0123abcd-proxy.1"


def broken(request, name):
    structlog.get_logger("cairn.core").info("about_to_break", step_id=7)
    raise RuntimeError("a bug")


urlpatterns = [*config_urls.urlpatterns, path("broken/<slug:name>/", broken)]
handler500 = "config.views.server_error"


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


class TestRequestId:
    @pytest.mark.parametrize(
        "request_id", [REQUEST_ID, "a" * 64, "550e8400-e29b-41d4-a716"]
    )
    def test_the_proxys_id_is_used(self, client, request_id):
        response = client.get("/broken/x/", headers={"X-Request-ID": request_id})
        assert response["X-Request-ID"] == request_id
        assert request_id in response.content.decode()

    @pytest.mark.parametrize(
        "request_id",
        ["", "short", "a" * 65, "<script>alert</script>", "ünïcödé-näme", "a b"],
    )
    def test_a_malformed_id_is_replaced(self, client, request_id):
        response = client.get("/broken/x/", headers={"X-Request-ID": request_id})
        assert response["X-Request-ID"] != request_id
        assert is_new_id(response["X-Request-ID"])

    def test_every_request_has_its_own_id(self, client):
        ids = {client.get("/broken/x/")["X-Request-ID"] for _ in range(3)}
        assert len(ids) == 3

    def test_an_error_page_shows_the_id(self, client, db):
        response = client.get("/nothing-here/")
        assert response.status_code == 404
        assert response["X-Request-ID"] in response.content.decode()


def is_new_id(request_id):
    return len(request_id) == 32 and request_id.isalnum()


class TestLogLines:
    def test_all_lines_of_a_request_have_its_id(self, client, read_log):
        client.get("/broken/x/", headers={"X-Request-ID": REQUEST_ID})
        assert {line["request_id"] for line in read_log()} == {REQUEST_ID}
        info = next(line for line in read_log() if line["event"] == "about_to_break")
        assert info["step_id"] == 7
        assert info["level"] == "info"
        assert info["logger"] == "cairn.core"
        assert info["timestamp"].endswith("Z")

    def test_an_error_is_logged_with_traceback_and_route_but_no_path(
        self, client, read_log
    ):
        client.get("/broken/jane-doe/?q=secret")
        [line] = [line for line in read_log() if line["level"] == "error"]
        assert line["event"] == "Internal Server Error: /broken/<slug:name>/"
        assert 'raise RuntimeError("a bug")' in line["exception"]
        assert "jane-doe" not in str(read_log())
        assert "secret" not in str(read_log())

    def test_values_in_postgresqls_messages_are_removed(self, read_log, user):
        try:
            with transaction.atomic():
                User.objects.create_user(user.email)
        except IntegrityError:
            logging.getLogger("django.request").exception("broken")
        [line] = read_log()
        assert "duplicate key" in line["exception"]
        assert user.email not in line["exception"]

    def test_django_logs_no_line_about_4xx_responses(self, read_log):
        request = RequestFactory().get("/people/jane-doe/")
        logging.getLogger("django.request").warning(
            "Not Found: %s", request.path, extra={"request": request}
        )
        logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST")
        assert read_log() == []

    def test_the_path_in_djangos_other_messages_is_replaced(self, read_log):
        request = RequestFactory().get("/people/jane-doe/")
        logging.getLogger("django.security.other").warning(
            "Forbidden: %s", request.path, extra={"request": request}
        )
        [line] = read_log()
        assert line["event"] == "Forbidden: "

    def test_in_development_lines_are_not_json(self, capsys):
        logging.config.dictConfig(logs.configure(json=False))
        structlog.get_logger("cairn.core").info("something_happened", step_id=7)
        line = capsys.readouterr().err
        assert "something_happened" in line
        assert not line.startswith("{")
