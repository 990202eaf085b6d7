"""Mail that is queued, encrypted, sent by a worker, and retried."""

import smtplib

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives, send_mail
from django.core.mail.backends.locmem import EmailBackend as LocmemBackend
from django.db import transaction
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from core.management.commands.db_worker import Worker
from core.observability.metrics import TaskCollector
from tests.factories import PASSWORD, UserFactory


class MailServer(LocmemBackend):
    """Puts mail into `mail.outbox`, or raises `error`."""

    error = None

    def send_messages(self, messages):
        if MailServer.error:
            raise MailServer.error
        return super().send_messages(messages)


@pytest.fixture
def server(settings, monkeypatch, transactional_db):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    settings.MAILERS = {
        "default": {"BACKEND": "core.mail.EmailBackend"},
        "smtp": {"BACKEND": f"{__name__}.MailServer"},
    }
    monkeypatch.setattr(MailServer, "error", None)
    return MailServer


@pytest.fixture
def run_worker():
    """A function that runs all tasks that are due, like `db_worker --batch`."""

    def run_worker():
        Worker(
            queue_names=["default"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id="test",
            excluded_queue_names=[],
        ).run()

    return run_worker


def make_tasks_due():
    DBTaskResult.objects.update(run_after="2000-01-01T00:00Z")


def put_off():
    [metric] = [
        metric
        for metric in TaskCollector().collect()
        if metric.name == "cairn_tasks_put_off"
    ]
    return metric.samples[0].value


def statuses():
    tasks = DBTaskResult.objects.order_by("enqueued_at")
    return list(tasks.values_list("status", flat=True))


def test_the_worker_sends_a_mail_unchanged(server, run_worker):
    message = EmailMultiAlternatives(
        "Grüße",
        "Your code is 123456, ü",
        "Cairn <cairn@example.com>",
        ["jane@example.com"],
        bcc=["archive@example.com"],
        headers={"X-Why": "because"},
    )
    message.attach_alternative("<p>Your code is 123456</p>", "text/html")
    assert message.send() == 1
    assert mail.outbox == []
    run_worker()
    [sent] = mail.outbox
    assert sent.recipients() == ["jane@example.com", "archive@example.com"]
    mime = sent.message()
    assert mime["Subject"] == "Grüße"
    assert mime["X-Why"] == "because"
    assert mime["Message-ID"]
    assert "Bcc" not in mime
    plain, html = mime.iter_parts()
    assert plain.get_content().strip() == "Your code is 123456, ü"
    assert "<p>" in html.get_content()


def test_the_task_shows_neither_code_nor_address(server):
    send_mail("Hello", "Your code is 123456", None, ["jane@example.com"])
    stored = str(DBTaskResult.objects.values().get())
    for secret in ("123456", "jane", "Hello"):
        assert secret not in stored


def test_a_mail_queued_with_an_older_secret_key_is_sent(server, run_worker, settings):
    send_mail("Hello", "Hi", None, ["jane@example.com"])
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    run_worker()
    assert len(mail.outbox) == 1


def test_a_mail_is_not_sent_if_its_transaction_is_rolled_back(server, run_worker):
    with transaction.atomic():
        send_mail("Hello", "Hi", None, ["jane@example.com"])
        transaction.set_rollback(True)
    run_worker()
    assert mail.outbox == []
    assert statuses() == []


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        smtplib.SMTPServerDisconnected(),
        smtplib.SMTPResponseException(451, b"try later"),
        smtplib.SMTPRecipientsRefused({"jane@example.com": (450, b"busy")}),
        smtplib.SMTPDataError(451, b"try later"),
        # The operator can mend these.
        smtplib.SMTPAuthenticationError(535, b"authentication failed"),
        smtplib.SMTPSenderRefused(550, b"not yours", "cairn@example.com"),
        smtplib.SMTPConnectError(554, b"no"),
        smtplib.SMTPHeloError(550, b"no"),
        smtplib.SMTPResponseException(502, b"STARTTLS"),
        smtplib.SMTPNotSupportedError("no STARTTLS"),
    ],
)
def test_a_mail_is_retried_after_a_temporary_error(server, run_worker, error):
    server.error = error
    send_mail("Hello", "Hi", None, ["jane@example.com"])
    run_worker()
    assert statuses() == ["READY"]
    retry = DBTaskResult.objects.get()
    delay = (retry.run_after - retry.enqueued_at).total_seconds()
    assert delay == pytest.approx(15, abs=1)
    server.error = None
    run_worker()
    assert mail.outbox == []  # it is not due yet
    make_tasks_due()
    run_worker()
    assert len(mail.outbox) == 1


def test_after_six_attempts_the_task_fails_and_is_logged(server, run_worker, caplog):
    server.error = ConnectionRefusedError()
    send_mail("Hello", "Hi", None, ["jane@example.com"])
    for _ in range(8):
        run_worker()
        make_tasks_due()
    assert statuses() == ["FAILED"]
    assert "mail_failed" in caplog.text
    assert "jane" not in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPDataError(554, b"no spam, jane@example.com"),
        smtplib.SMTPRecipientsRefused({"jane@example.com": (550, b"unknown")}),
        ValueError("Invalid address 'jane@example.com, Smith': a comma"),
    ],
)
def test_a_mail_that_fails_for_good_is_an_error_in_log_and_admin(
    server, run_worker, error, caplog
):
    server.error = error
    send_mail("Hello", "Hi", None, ["jane@example.com"])
    run_worker()
    task = DBTaskResult.objects.get()
    assert task.status == TaskResultStatus.FAILED
    assert f"{type(error).__name__}: " in task.traceback
    assert "jane" not in task.traceback
    assert [
        record.levelname
        for record in caplog.records
        if "mail_failed" in str(record.msg)
    ] == ["ERROR"]
    assert "jane" not in caplog.text


def test_a_mail_that_no_key_can_decrypt_fails_with_an_error(
    server, run_worker, settings, caplog
):
    send_mail("Hello", "Hi", None, ["jane@example.com"])
    settings.SECRET_KEY = "another"
    run_worker()
    assert statuses() == ["FAILED"]
    assert "mail_failed" in caplog.text


def test_a_mail_that_was_put_off_is_shown_and_counted_as_such(
    server, run_worker, client
):
    server.error = smtplib.SMTPAuthenticationError(
        535, b"wrong password for cairn@x.org"
    )
    send_mail("Hello", "Hi", None, ["jane@example.com"])
    assert put_off() == 0
    run_worker()
    assert put_off() == 1
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    task_list = client.get("/admin/django_tasks_database/dbtaskresult/").text
    assert "Ready" in task_list
    assert '<td class="field-status">Successful' not in task_list
    task = DBTaskResult.objects.get()
    page = client.get(f"/admin/django_tasks_database/dbtaskresult/{task.pk}/change/")
    assert "SMTPAuthenticationError: (535" in page.text
    assert "cairn@x.org" not in page.text
    server.error = None
    make_tasks_due()
    run_worker()
    assert put_off() == 0
    assert statuses() == ["SUCCESSFUL"]


class TestSignUp:
    def sign_up(self, client):
        return client.post(
            "/accounts/signup/", {"email": "jane@example.com", "password1": PASSWORD}
        )

    def test_it_does_not_wait_for_the_mail_server(self, server, run_worker, client):
        server.error = ConnectionRefusedError()
        response = self.sign_up(client)
        assert response.url == "/accounts/confirm-email/"
        assert User.objects.get().email == "jane@example.com"
        server.error = None
        run_worker()
        assert "jane@example.com" in mail.outbox[0].recipients()

    def test_without_a_queue_a_failed_mail_leaves_no_account(
        self, server, settings, client
    ):
        settings.MAILERS = {"default": settings.MAILERS["smtp"]}
        server.error = ConnectionRefusedError()
        client.raise_request_exception = False
        assert self.sign_up(client).status_code >= 500
        assert not User.objects.exists()


def test_staff_can_see_tasks_but_cannot_read_mails(server, client):
    send_mail("Hello", "Your code is 123456", None, ["jane@example.com"])
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    task_list = client.get("/admin/django_tasks_database/dbtaskresult/")
    assert "send" in task_list.content.decode()
    task = DBTaskResult.objects.get()
    page = client.get(f"/admin/django_tasks_database/dbtaskresult/{task.pk}/change/")
    assert page.status_code == 200
    assert "123456" not in page.content.decode()
