"""What the log says of an account: one line each, and no secret."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP

from accounts.models import User
from tests.accounts.test_mfa import SECRET, code, one_half_minute, secret_on
from tests.accounts.test_providers import go_through
from tests.accounts.test_sign_in import sign_in
from tests.accounts.test_sign_up import code_in
from tests.factories import PASSWORD

__all__ = ["code", "one_half_minute"]


@pytest.fixture
def said(caplog):
    """The events of the accounts so far, each with its own words alone."""
    caplog.set_level("INFO", "cairn.accounts")

    def said():
        events = [
            dict(record.msg)
            for record in caplog.records
            if record.name == "cairn.accounts"
        ]
        caplog.clear()
        for event in events:
            assert event.pop("request_id")
            for noise in ("logger", "level", "timestamp"):
                event.pop(noise)
        return events

    return said


def test_signing_in_and_out(client, user, said):
    sign_in(client, user.email)
    assert said() == [{"event": "signed_in", "user_id": user.pk, "by": ["password"]}]
    client.post("/accounts/logout/")
    assert said() == [{"event": "signed_out", "user_id": user.pk}]


@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_password(client, user, said, caplog, known):
    sign_in(client, user.email if known else "nobody@example.com", "a wrong one")
    assert "a wrong one" not in caplog.text
    assert "@example.com" not in caplog.text
    assert said() == [
        {"event": "sign_in_failed", "user_id": user.pk if known else None}
    ]


def test_one_too_many(client, user, said):
    for _ in range(5):
        sign_in(client, user.email, "wrong")
    said()
    sign_in(client, user.email)
    assert said() == [{"event": "sign_in_limited"}]


def test_signing_up(client, db, said, mailoutbox):
    new = {"email": "new@example.com", "password1": PASSWORD}
    client.post("/accounts/signup/", new)
    client.post("/accounts/confirm-email/", {"code": "wrong"})
    client.post("/accounts/confirm-email/", {"code": code_in(mailoutbox[0])})
    user = User.objects.get()
    assert [(e["event"], e["user_id"]) for e in said()] == [
        ("signed_up", user.pk),
        ("code_refused", user.pk),
        ("address_confirmed", user.pk),
        ("signed_in", user.pk),
    ]


def test_resetting_the_password(client, user, said, mailoutbox):
    confirm = client.post("/accounts/password/reset/", {"email": user.email}).url
    client.post(confirm, {"code": "wrong"})
    complete = client.post(confirm, {"code": code_in(mailoutbox[0])}).url
    new = "seven stones on a hill"
    client.post(complete, {"password1": new, "password2": new})
    events = said()
    assert [e["event"] for e in events] == [
        "code_refused",
        "password_reset",
        "signed_in",
    ]
    assert {e["user_id"] for e in events} == {user.pk}


def test_changing_the_password(client, user, said):
    sign_in(client, user.email)
    said()
    new = "seven stones on a hill"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post("/accounts/password/change/", data)
    assert {"event": "password_changed", "user_id": user.pk} in said()


@pytest.mark.django_db(transaction=True)
def test_factors(client, user, said, code):
    sign_in(client, user.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    secret = secret_on(client.get("/accounts/2fa/totp/activate/"))
    said()
    client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    assert [(e["event"], e["type"], e["user_id"]) for e in said()] == [
        ("factor_added", "totp", user.pk),
        ("factor_added", "recovery_codes", user.pk),
        ("factor_renewed", "recovery_codes", user.pk),
        ("factor_removed", "totp", user.pk),
        ("factor_removed", "recovery_codes", user.pk),
    ]


def test_a_wrong_factor(client, user, said, caplog):
    TOTP.activate(user, SECRET)
    sign_in(client, user.email)
    client.post("/accounts/2fa/authenticate/", {"code": "123123"})
    client.post("/accounts/2fa/authenticate/", {"credential": "[1]"})
    assert "123123" not in caplog.text
    assert [e["event"] for e in said()] == ["factor_refused", "passkey_refused"]


def test_providers(client, github, user, said):
    sign_in(client, user.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    said()
    go_through(client, process="connect")
    client.post("/accounts/3rdparty/", {"account": user.socialaccount_set.get().pk})
    assert said() == [
        {"event": "provider_linked", "user_id": user.pk, "provider": "github"},
        {"event": "provider_unlinked", "user_id": user.pk, "provider": "github"},
    ]
