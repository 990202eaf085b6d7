"""The pages on which people type a code from a mail."""

import pytest
from django.contrib.sessions.models import Session

from accounts.codes import normalize_code
from tests.accounts.actions import CONFIRM_EMAIL, SIGN_UP, code_in, is_signed_in
from tests.factories import PASSWORD, UserFactory

LOGIN_CODE = "/accounts/login/code/"
PASSWORD_RESET = "/accounts/password/reset/"
REAUTHENTICATE = "/accounts/reauthenticate/code/"


@pytest.fixture(params=["sign in", "sign up", "reset the password", "reauthenticate"])
def waiting(request, client, user):
    """A client that was mailed a code, and a function that enters one.

    The function returns whether the code was accepted.
    """
    match request.param:
        case "sign in":
            path = client.post(LOGIN_CODE, {"email": user.email}).url
        case "sign up":
            fields = {"email": "new@example.com", "password1": PASSWORD}
            path = client.post(SIGN_UP, fields).url
            assert path == CONFIRM_EMAIL
        case "reset the password":
            path = client.post(PASSWORD_RESET, {"email": user.email}).url
        case "reauthenticate":
            without_password = UserFactory(password=None)
            client.force_login(without_password)
            client.post(REAUTHENTICATE, {"send": "1"})
            path = REAUTHENTICATE

    def enter(code):
        response = client.post(path, {"code": code})
        return response.status_code == 302 and response.url not in (path, LOGIN_CODE)

    return enter


def test_a_pasted_code_is_accepted_as_a_mail_program_changed_it(waiting, mailoutbox):
    first, second = code_in(mailoutbox[0]).split("-")
    full_width = "".join(chr(ord(letter) + 0xFEE0) for letter in first)
    assert waiting(f"\u200b{full_width}\u2013{second.lower()}\u2060\u00ad ")


def test_tries_at_the_same_moment_are_all_counted(waiting, mailoutbox):
    before = list(Session.objects.values("pk", "session_data"))
    for _ in range(3):
        assert not waiting("wrong")
        # All three requests read the session before the first of them stored it.
        for row in before:
            Session.objects.update_or_create(
                pk=row["pk"],
                defaults={
                    "session_data": row["session_data"],
                    "expire_date": "2100-01-01T00:00Z",
                },
            )
    assert not waiting(code_in(mailoutbox[0]))


def test_new_codes_at_the_same_moment_are_all_counted(client, user, mailoutbox):
    path = client.post(LOGIN_CODE, {"email": user.email}).url
    before = Session.objects.get().session_data
    for _ in range(10):
        # Each request reads the session before the others have stored it.
        Session.objects.update(session_data=before)
        client.post(path, {"action": "resend"})
    assert len(mailoutbox) == 1 + 6


def test_a_new_code_can_be_tried_after_three_wrong_ones(client, user, mailoutbox):
    for _ in range(2):
        path = client.post(LOGIN_CODE, {"email": user.email}).url
        for _ in range(3):
            client.post(path, {"code": "wrong"})
    path = client.post(LOGIN_CODE, {"email": user.email}).url
    client.post(path, {"code": code_in(mailoutbox[2])})
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("bcdf-ghjk", "bcdfghjk"),
        ("BCDF\u2011GHJK", "BCDFGHJK"),
        ("12 34\u00a056", "123456"),
        ("\uff11\uff12\uff13", "123"),
        ("\u0661\u0662\u0663", "123"),
        ("\u202a123\u202c", "123"),
        ("\u200b\u00ad", ""),
        ("\ufdfa" * 9000, normalize_code("\ufdfa" * 100)),
    ],
)
def test_only_letters_and_digits_of_a_code_matter(typed, code):
    assert normalize_code(typed) == code
