"""Forms that are sent several times at the same moment."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.signals import pre_save
from django.test import Client

from accounts.models import Device, Invitation, User
from progress.models import StepProgress
from progress.notes import Note
from roadmaps.models import Roadmap
from tests.accounts.actions import (
    CONFIRM_EMAIL,
    LOGIN,
    SIGN_UP,
    code_in,
    is_signed_in,
    reauthenticate,
)
from tests.accounts.second_factors import (
    add_authenticator_app,
    secret_in,
    totp_code,
)
from tests.factories import PASSWORD, NoteFactory, StepFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 8
NEW = {"email": "new@example.com", "password1": PASSWORD}
ADD_ADDRESS = {"email": "other@example.com", "action_add": "1"}


def slow(get_response):
    """Middleware that lets all requests arrive before the first is handled."""

    def middleware(request):
        time.sleep(0.1)
        return get_response(request)

    return middleware


@pytest.fixture(autouse=True)
def slow_views(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.slow"]


def send_at_once(clients, path, fields, **headers):
    """Send the form from all clients at the same moment, and return the responses.

    `fields` are a dictionary, or a function that makes one.
    """
    barrier = Barrier(len(clients))

    def send(client):
        try:
            barrier.wait(10)
            data = fields() if callable(fields) else fields
            return client.post(path, data, headers=headers)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as threads:
        return list(threads.map(send, clients))


def press_at_once(client, path, fields):
    """Send the form eight times from one browser. Return the last answer, which the
    browser shows, after checking that all are the same.
    """
    clients = [Client() for _ in range(TIMES)]
    for copy in clients:
        copy.cookies.load({k: morsel.value for k, morsel in client.cookies.items()})
    responses = send_at_once(clients, path, fields)
    first = responses[0]
    for response in responses:
        assert response.status_code == first.status_code
        assert response.get("Location") == first.get("Location")
        assert response.content == first.content
    client.cookies = clients[-1].cookies
    return responses[-1]


@pytest.fixture
def visitor():
    """A client with the cookie that the page of a form sets."""
    client = Client()
    client.get(SIGN_UP)
    return client


@pytest.fixture
def member(visitor, user):
    visitor.force_login(user)
    reauthenticate(visitor)
    return visitor


def test_signing_up_makes_one_account_and_sends_one_code(visitor, mailoutbox):
    assert press_at_once(visitor, SIGN_UP, NEW).url == CONFIRM_EMAIL
    assert User.objects.count() == EmailAddress.objects.count() == 1
    assert len(mailoutbox) == 1
    assert press_at_once(visitor, CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
    assert is_signed_in(visitor)


def test_signing_in_makes_one_session(visitor, user):
    fields = {"login": user.email, "password": PASSWORD}
    assert press_at_once(visitor, LOGIN, fields).url == "/"
    assert is_signed_in(visitor)
    assert Session.objects.count() == Device.objects.count() == 1


def test_signing_in_with_a_code_sends_one_and_uses_it_once(visitor, user, mailoutbox):
    path = press_at_once(visitor, "/accounts/login/code/", {"email": user.email}).url
    assert len(mailoutbox) == 1
    press_at_once(visitor, path, {"code": code_in(mailoutbox[0])})
    assert is_signed_in(visitor)


def test_adding_an_address_makes_one_row(member, user, mailoutbox):
    path = press_at_once(member, "/accounts/email/", ADD_ADDRESS).url
    assert len(mailoutbox) == 1
    press_at_once(member, path, {"code": code_in(mailoutbox[0])})
    assert EmailAddress.objects.filter(email=ADD_ADDRESS["email"]).count() == 1


def test_setting_up_an_authenticator_app_makes_one(member):
    path = "/accounts/2fa/totp/activate/"
    fields = {"code": totp_code(secret_in(member.get(path)))}
    url = press_at_once(member, path, fields).url
    assert url == "/accounts/2fa/recovery-codes/"
    assert "<code>" in member.get(url).content.decode()
    assert Authenticator.objects.count() == 2  # with the recovery codes


def test_new_recovery_codes_are_made_once(member, user, mailoutbox):
    add_authenticator_app(user)
    path = "/accounts/2fa/recovery-codes/generate/"
    url = press_at_once(member, path, {}).url
    assert "<code>" in member.get(url).content.decode()
    assert Authenticator.objects.filter(type="recovery_codes").count() == 1
    assert len(mailoutbox) == 1


@pytest.fixture
def administrator(visitor):
    visitor.force_login(UserFactory(is_staff=True, is_superuser=True))
    return visitor


def test_an_invitation_is_stored_and_mailed_once(administrator, mailoutbox):
    path = "/admin/accounts/invitation/add/"
    response = press_at_once(administrator, path, {"address": NEW["email"]})
    assert response.url == "/admin/accounts/invitation/"
    assert Invitation.objects.count() == len(mailoutbox) == 1


def test_a_user_is_added_once_in_the_admin(administrator):
    fields = {
        "email": NEW["email"],
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    press_at_once(administrator, "/admin/accounts/user/add/", fields)
    assert User.objects.filter(email=NEW["email"]).count() == 1


def test_the_same_form_can_be_sent_again_afterwards(visitor, user):
    wrong = {"login": user.email, "password": "wrong"}
    for _ in range(2):
        assert visitor.post(LOGIN, wrong).status_code == 200
    right = {"login": user.email, "password": PASSWORD}
    for _ in range(2):
        assert visitor.post(LOGIN, right).status_code == 302
        visitor.post("/accounts/logout/")
        assert not is_signed_in(visitor)


def test_other_browsers_get_their_own_answer(user):
    other = UserFactory()
    clients = [Client(), Client()]
    for client, owner in zip(clients, (user, other), strict=True):
        client.force_login(owner)
    path = "/accounts/settings/"
    send_at_once(clients, path, {"section": "name", "name": "Ada"})
    assert User.objects.filter(name="Ada").count() == 2


def test_a_tick_and_a_note_leave_one_row(user):
    step = StepFactory()
    clients = []
    for _ in range(TIMES):
        clients.append(Client())
        clients[-1].force_login(user)
    same_origin = {"Sec-Fetch-Site": "same-origin"}
    ticks = send_at_once(clients, f"/progress/{step.pk}/done/", {}, **same_origin)
    assert {response.status_code for response in ticks} == {302}
    note = {"text": "Read it.", "page": "a", "base": ""}
    notes = send_at_once(clients, step.get_absolute_url(), note)
    assert {response.status_code for response in notes} == {302}
    assert StepProgress.objects.count() == Note.objects.count() == 1


def test_an_import_from_several_browsers_changes_what_one_does(user):
    step = StepFactory()
    NoteFactory(user=user, step=step, text="Mine.")
    entry = {"roadmap": step.roadmap.slug, "step": step.slug, "text": "Imported."}
    saved_at = "2026-05-03T09:30:00Z"
    file = {
        "format": "cairn-my-data",
        "version": 1,
        "notes": [entry | {"saved_at": saved_at}],
    }
    clients = [Client() for _ in range(TIMES)]
    for client in clients:
        client.force_login(user)
    content = json.dumps(file).encode()
    responses = send_at_once(
        clients,
        "/accounts/data/upload/",
        lambda: {"file": SimpleUploadedFile("cairn.json", content)},
    )
    assert {response.status_code for response in responses} == {200}
    assert Note.objects.get().text.count("Imported.") == 1


class TestTwoBrowsersInsertTheSameRow:
    """Both have checked that there is none before either inserts it."""

    @pytest.fixture(autouse=True)
    def both_have_checked(self):
        barrier = Barrier(2)
        models = (User, Invitation, Roadmap)

        def wait(instance, sender, **_):
            if sender in models and instance._state.adding:
                barrier.wait(10)

        yield lambda: pre_save.connect(wait, weak=False, dispatch_uid="race")
        pre_save.disconnect(dispatch_uid="race")

    def test_both_who_sign_up_get_the_same_page(self, both_have_checked):
        both_have_checked()
        responses = send_at_once([Client(), Client()], SIGN_UP, NEW)
        assert [response.url for response in responses] == [CONFIRM_EMAIL] * 2
        assert User.objects.count() == 1

    def test_the_second_who_invites_an_address_is_told(self, both_have_checked):
        clients = [Client(), Client()]
        for client in clients:
            client.force_login(UserFactory(is_staff=True, is_superuser=True))
        both_have_checked()
        path, fields = "/admin/accounts/invitation/add/", {"address": NEW["email"]}
        responses = send_at_once(clients, path, fields)
        assert sorted(r.status_code for r in responses) == [200, 302]
        assert Invitation.objects.count() == 1
