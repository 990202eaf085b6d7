"""The log has one line for each account event, and no secrets."""

import pytest

from accounts.models import User
from tests.accounts.actions import (
    CONFIRM_EMAIL,
    NEW_PASSWORD,
    SIGN_UP,
    code_in,
    reauthenticate,
    sign_in,
    sign_in_with_github,
)
from tests.accounts.second_factors import add_authenticator_app, secret_in, totp_code
from tests.factories import PASSWORD


@pytest.fixture
def events(caplog):
    """A function that returns the new events, without the keys that every line has."""
    caplog.set_level("INFO", "cairn.accounts")

    def events():
        lines = [
            dict(record.msg)
            for record in caplog.records
            if record.name == "cairn.accounts"
        ]
        caplog.clear()
        for line in lines:
            assert line.pop("request_id")
            for key in ("logger", "level", "timestamp"):
                line.pop(key)
        return lines

    return events


def test_signing_in_and_out(client, user, events):
    sign_in(client, user.email)
    assert events() == [{"event": "signed_in", "user_id": user.pk, "by": ["password"]}]
    client.post("/accounts/logout/")
    assert events() == [{"event": "signed_out", "user_id": user.pk}]


@pytest.mark.parametrize("is_known", [True, False])
def test_a_wrong_password(client, user, events, caplog, is_known):
    sign_in(client, user.email if is_known else "nobody@example.com", "a wrong one")
    assert "a wrong one" not in caplog.text
    assert "@example.com" not in caplog.text
    user_id = user.pk if is_known else None
    assert events() == [{"event": "sign_in_failed", "user_id": user_id}]


@pytest.mark.usefixtures("stopped_clock")
def test_too_many_wrong_passwords(client, user, events):
    for _ in range(5):
        sign_in(client, user.email, "wrong")
    events()
    sign_in(client, user.email)
    assert events() == [{"event": "sign_in_limited"}]


def test_signing_up(client, db, events, mailoutbox):
    client.post(SIGN_UP, {"email": "new@example.com", "password1": PASSWORD})
    client.post(CONFIRM_EMAIL, {"code": "wrong"})
    client.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
    user = User.objects.get()
    assert [(e["event"], e["user_id"]) for e in events()] == [
        ("signed_up", user.pk),
        ("code_refused", user.pk),
        ("address_confirmed", user.pk),
        ("signed_in", user.pk),
    ]


def test_resetting_the_password(client, user, events, mailoutbox):
    confirm = client.post("/accounts/password/reset/", {"email": user.email}).url
    client.post(confirm, {"code": "wrong"})
    complete = client.post(confirm, {"code": code_in(mailoutbox[0])}).url
    client.post(complete, NEW_PASSWORD)
    assert [(e["event"], e["user_id"]) for e in events()] == [
        ("code_refused", user.pk),
        ("password_reset", user.pk),
        ("signed_in", user.pk),
    ]


def test_changing_the_password(client, user, events):
    sign_in(client, user.email)
    events()
    data = {"oldpassword": PASSWORD, **NEW_PASSWORD}
    client.post("/accounts/password/change/", data)
    assert {"event": "password_changed", "user_id": user.pk} in events()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("stopped_clock")
def test_adding_and_removing_second_factors(client, user, events):
    sign_in(client, user.email)
    reauthenticate(client)
    secret = secret_in(client.get("/accounts/2fa/totp/activate/"))
    events()
    client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)})
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    assert [(e["event"], e["type"], e["user_id"]) for e in events()] == [
        ("factor_added", "totp", user.pk),
        ("factor_added", "recovery_codes", user.pk),
        ("factor_renewed", "recovery_codes", user.pk),
        ("factor_removed", "totp", user.pk),
        ("factor_removed", "recovery_codes", user.pk),
    ]


def test_a_wrong_second_factor(client, user, events, caplog):
    add_authenticator_app(user)
    sign_in(client, user.email)
    client.post("/accounts/2fa/authenticate/", {"code": "123123"})
    client.post("/accounts/2fa/authenticate/", {"credential": "[1]"})
    assert "123123" not in caplog.text
    assert [e["event"] for e in events()] == ["factor_refused", "passkey_refused"]


def test_linking_and_unlinking_a_provider(client, github, user, events):
    sign_in(client, user.email)
    reauthenticate(client)
    events()
    sign_in_with_github(client, process="connect")
    client.post("/accounts/3rdparty/", {"account": user.socialaccount_set.get().pk})
    assert events() == [
        {"event": "provider_linked", "user_id": user.pk, "provider": "github"},
        {"event": "provider_unlinked", "user_id": user.pk, "provider": "github"},
    ]
