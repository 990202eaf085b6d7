"""/accounts/delete/"""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import Invitation, User
from progress.models import Completion
from tests.accounts.people import reauthenticate
from tests.factories import NoteFactory, StepProgressFactory, UserFactory

PATH = "/accounts/delete/"


def fail(*args, **kwargs):
    raise ConnectionRefusedError


@pytest.fixture
def full(user, backend):
    """`user`, with something in every place."""
    for step in backend.steps.all()[:3]:
        StepProgressFactory(user=user, step=step)
    NoteFactory(user=user, step=backend.steps.first())
    day = "2026-05-03T00:00Z"
    Completion.objects.create(user=user, roadmap=backend, completed_at=day)
    EmailAddress.objects.create(user=user, email="second@example.com", verified=True)
    Authenticator.objects.create(user=user, type="totp", data={})
    SocialAccount.objects.create(user=user, provider="github", uid="42")
    Invitation.objects.create(address="second@example.com")
    return user


def elsewhere(user):
    client = Client()
    client.force_login(user)
    client.get("/")
    return client


def rows_of(user_id):
    """Every row of every table that names the person."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.concrete and field.related_model is User and not field.many_to_many
        if model._base_manager.filter(**{field.attname: user_id}).exists()
    }


def test_it_asks_again_who_it_is(signed_in, user):
    for ask in (signed_in.get, signed_in.post):
        assert ask(PATH).url.startswith("/accounts/reauthenticate/")
    assert User.objects.filter(pk=user.pk).exists()


def test_it_is_not_for_visitors(client, db):
    assert client.post(PATH).url.startswith("/accounts/login/")


def test_it_takes_no_other_method(sure):
    assert sure.put(PATH).status_code == 405


def test_it_says_exactly_what_goes_and_nothing_goes_yet(full, sure, user):
    elsewhere(user)
    page = sure.get(PATH).content.decode()
    for said in (
        f"the account of {user.email}, with 2 e-mail addresses",
        "what you marked on 3 steps",
        "1 note<",
        "1 completed roadmap<",
        "1 passkey",
        "GitHub",
        "on 2 devices",
    ):
        assert said in page
    assert len(rows_of(user.pk)) > 6


def test_everything_goes_and_every_session_ends(full, sure, user, mailoutbox):
    other = elsewhere(user)
    response = sure.post(PATH)
    assert response.url == "/accounts/deleted/"
    assert rows_of(user.pk) == set()
    assert not Invitation.objects.exists()
    for client in (sure, other):
        assert client.get("/").context["user"].is_anonymous
    assert not Session.objects.exists()
    page = sure.get(response.url).content.decode()
    assert "Your account is deleted" in page
    assert "Sign in" in page


def test_it_is_confirmed_by_mail(full, sure, user, mailoutbox):
    sure.post(PATH)
    (mail,) = mailoutbox
    assert mail.to == [user.email]
    assert mail.subject == "Your Cairn account is deleted"


def test_it_is_logged_with_whose_it_was(sure, user, capture_logs):
    pk = user.pk
    sure.post(PATH)
    (line,) = [line for line in capture_logs if line["event"] == "account_deleted"]
    assert line["user_id"] == pk
    assert user.email not in str(capture_logs)


def test_nobody_else_loses_anything(full, sure, backend):
    other = UserFactory()
    StepProgressFactory(user=other, step=backend.steps.first())
    NoteFactory(user=other, step=backend.steps.first())
    before = rows_of(other.pk)
    sure.post(PATH)
    assert rows_of(other.pk) == before


def test_nothing_goes_when_the_mail_cannot_be_sent(full, sure, user, monkeypatch):
    before = rows_of(user.pk)
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", fail)
        sure.raise_request_exception = False
        response = sure.post(PATH)
    assert response.status_code == 503
    assert rows_of(user.pk) == before
    assert sure.get("/").context["user"] == user
    assert sure.post(PATH).url == "/accounts/deleted/"


def test_the_address_is_free_again(full, sure, user, client):
    sure.post(PATH)
    new = {"email": user.email, "password1": "a whole new secret"}
    assert client.post("/accounts/signup/", new).url == "/accounts/confirm-email/"
    assert User.objects.get().email == user.email


class TestAnAdministrator:
    @pytest.fixture
    def chief(self, user):
        user.is_staff = user.is_superuser = True
        user.save()
        return user

    def test_who_is_the_last_one_stays(self, chief, sure):
        assert "You are the only administrator" in sure.get(PATH).content.decode()
        page = sure.post(PATH).content.decode()
        assert "You are the only administrator" in page
        assert User.objects.filter(pk=chief.pk).exists()

    def test_is_not_replaced_by_one_who_is_shut_out(self, chief, sure):
        UserFactory(is_superuser=True, is_active=False)
        sure.post(PATH)
        assert User.objects.filter(pk=chief.pk).exists()

    def test_may_go_when_there_is_another(self, chief, sure):
        UserFactory(is_superuser=True)
        assert sure.post(PATH).url == "/accounts/deleted/"
        assert not User.objects.filter(pk=chief.pk).exists()

    def test_is_told_what_stays(self, chief, sure):
        UserFactory(is_superuser=True)
        assert "What you edited in the admin stays" in sure.get(PATH).content.decode()


def test_who_has_no_password_types_a_code(db, mailoutbox):
    person = UserFactory(password=None)
    client = Client()
    client.force_login(person)
    reauthenticate(client)
    assert client.post(PATH).url.startswith("/accounts/reauthenticate/code/")
    assert User.objects.filter(pk=person.pk).exists()
