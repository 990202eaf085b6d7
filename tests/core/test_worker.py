"""The worker process, stopped while it sends a mail."""

import signal
import socket
import subprocess
import sys

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


def test_it_finishes_the_mail_before_it_stops(queue, mail_server, installation):
    send_mail("Hello", "Your code is 123456", None, ["jane@example.com"])
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "db_worker", "--no-startup-delay"],
        cwd=installation,
        env=environment(
            get_database_url(connection.settings_dict),
            EMAIL_PORT=str(mail_server.getsockname()[1]),
            EMAIL_TLS="false",
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        smtp_connection, _ = mail_server.accept()
        worker.send_signal(signal.SIGTERM)
        with smtp_connection:
            assert b"Your code is 123456" in receive_mail(smtp_connection)
        output, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0, output
    finally:
        worker.kill()
        worker.wait()
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL
    assert "shutting down gracefully" in output
    assert "123456" not in output
    assert "jane" not in output
