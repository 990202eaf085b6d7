"""The worker process: manage.py db_worker"""

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from django.core.mail import send_mail
from django.db import connection
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tests.production import SECRET_KEY, environment, get_database_url, receive_mail


@pytest.fixture
def queue(settings, transactional_db):
    settings.SECRET_KEY = SECRET_KEY
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    settings.MAILERS = {"default": {"BACKEND": "core.mail.EmailBackend"}}


@pytest.fixture
def mail_server():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield server


@pytest.fixture
def start_worker(queue, mail_server, installation, database_proxy):
    """A function that starts a worker, which is killed after the test."""
    workers = []

    def start_worker():
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "db_worker", "--no-startup-delay"],
            cwd=installation,
            env=environment(
                get_database_url(
                    connection.settings_dict, "127.0.0.1", database_proxy.port
                ),
                EMAIL_PORT=str(mail_server.getsockname()[1]),
                EMAIL_TLS="false",
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        workers.append(worker)
        return worker

    yield start_worker
    for worker in workers:
        worker.kill()
        worker.wait()


@pytest.fixture
def outage(database_proxy):
    """A context manager: the worker's database is unavailable."""

    @contextmanager
    def outage():
        database_proxy.is_down = True
        database_proxy.reset()
        yield
        database_proxy.is_down = False

    return outage


def wait_for_line(worker, text):
    while text not in (line := worker.stdout.readline()):
        assert line, "the worker has ended"


def test_it_finishes_the_mail_before_it_stops(start_worker, mail_server):
    send_mail("Hello", "Your code is 123456", None, ["jane@example.com"])
    worker = start_worker()
    smtp_connection, _ = mail_server.accept()
    worker.send_signal(signal.SIGTERM)
    with smtp_connection:
        assert b"Your code is 123456" in receive_mail(smtp_connection)
    output, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0, output
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL
    assert "123456" not in output
    assert "jane" not in output


def test_it_goes_on_after_the_database_was_away(start_worker, mail_server, outage):
    worker = start_worker()
    wait_for_line(worker, "Starting worker")
    with outage():
        wait_for_line(worker, "database_is_away")
    send_mail("Hello", "Hi", None, ["jane@example.com"])
    smtp_connection, _ = mail_server.accept()
    with smtp_connection:
        receive_mail(smtp_connection)
    worker.send_signal(signal.SIGTERM)
    output, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert "database_is_back" in output
    assert "Traceback" not in output


def test_it_goes_on_after_its_server_was_read_only(
    start_worker, mail_server, database_proxy
):
    """As a primary that has become a standby, until another one takes over."""
    worker = start_worker()
    wait_for_line(worker, "Starting worker")
    with read_only_database():
        database_proxy.reset()
        send_mail("Hello", "Hi", None, ["jane@example.com"])
        for _ in range(2):
            wait_for_line(worker, "database_is_away")
    database_proxy.reset()
    smtp_connection, _ = mail_server.accept()
    with smtp_connection:
        receive_mail(smtp_connection)
    worker.send_signal(signal.SIGTERM)
    output, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert "Traceback" not in output


@contextmanager
def read_only_database():
    """Let new connections to the database be read-only."""
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        yield
        cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def test_it_can_be_stopped_while_the_database_is_away(start_worker, outage):
    worker = start_worker()
    wait_for_line(worker, "Starting worker")
    with outage():
        wait_for_line(worker, "database_is_away")
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=60)
    assert worker.returncode == 0
