"""/accounts/delete/"""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client

from accounts.audit import AuditAction, AuditEvent
from accounts.deactivation import lock_administrators
from accounts.models import Invitation, User
from groups.models import Comment, Confirmation, Group, WorkLink
from groups.roles import Role
from progress.models import Completion
from tests.accounts.actions import SIGN_UP, is_signed_in, mail_server_down
from tests.factories import (
    MembershipFactory,
    NoteFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.html import read_html
from tests.plans import read_plans

PATH = "/accounts/delete/"


@pytest.fixture
def user_with_data(user, cooking):
    """`user`, with rows in many tables that refer to users."""
    for step in cooking.steps.all()[:3]:
        StepProgressFactory(user=user, step=step)
    NoteFactory(user=user, step=cooking.steps.first())
    day = "2026-05-03T00:00Z"
    Completion.objects.create(user=user, roadmap=cooking, completed_at=day)
    EmailAddress.objects.create(user=user, email="second@example.com", verified=True)
    Authenticator.objects.create(user=user, type="totp", data={})
    SocialAccount.objects.create(user=user, provider="github", uid="42")
    Invitation.objects.create(address="second@example.com")
    return user


def sign_in_elsewhere(user):
    client = Client()
    client.force_login(user)
    client.get("/")
    return client


def foreign_keys_to(user_id):
    """Return the foreign keys to users for which this user has a row.

    The audit trail keeps the number of a user who was deleted.
    """
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.concrete and field.related_model is User and not field.many_to_many
        if model is not AuditEvent
        if model._base_manager.filter(**{field.attname: user_id}).exists()
    }


def test_requires_reauthentication(signed_in, user):
    for request in (signed_in.get, signed_in.post):
        assert request(PATH).url.startswith("/accounts/reauthenticate/")
    assert User.objects.filter(pk=user.pk).exists()


def test_redirects_visitors_to_sign_in(client, db):
    assert client.post(PATH).url.startswith("/accounts/login/")


def test_refuses_other_methods(reauthenticated):
    assert reauthenticated.put(PATH).status_code == 405


def test_get_lists_the_data_and_deletes_nothing(user_with_data, reauthenticated, user):
    sign_in_elsewhere(user)
    page = read_html(reauthenticated.get(PATH))
    for text in (
        f"your account {user.email}, with 2 email addresses",
        "your progress on 3 steps",
        ">1 note<",
        ">1 completed roadmap<",
        "your passkeys and two-factor authentication",
        "the connection to your GitHub account",
        "your sign-ins on 2 devices, including this one",
    ):
        assert text in page
    assert len(foreign_keys_to(user.pk)) > 6


def test_post_deletes_all_data_and_sessions(user_with_data, reauthenticated, user):
    other = sign_in_elsewhere(user)
    response = reauthenticated.post(PATH)
    assert response.url == "/accounts/deleted/"
    assert foreign_keys_to(user.pk) == set()
    assert not Invitation.objects.exists()
    assert not is_signed_in(reauthenticated)
    assert not is_signed_in(other)
    assert not Session.objects.exists()
    page = reauthenticated.get(response.url).content.decode()
    assert "Your account has been deleted" in page
    assert "Sign in" in page


@pytest.mark.parametrize(
    ("table", "index"),
    [
        ("django_admin_log", "cairn_admin_log_repr"),
        ("usersessions_usersession", "usersessions_usersession_user"),
        ("django_session", "django_session"),
        ("accounts_invitation", "accounts_invitation_address"),
        ("progress_stepprogress", "progress_stepprogress_pkey"),
    ],
)
def test_finds_the_data_along_indexes(reauthenticated, user_with_data, table, index):
    with read_plans(table) as plans:
        assert reauthenticated.post(PATH).status_code == 302
    assert any(index in plan for plan in plans), "\n\n".join(plans)
    assert not any(f"Seq Scan on {table}" in plan for plan in plans), plans


def test_finds_the_groups_along_an_index(reauthenticated, user):
    group = MembershipFactory(user=user, role=Role.OWNER).group
    MembershipFactory(group=group, role=Role.MENTOR)
    with read_plans("groups_membership", "bitmapscan") as plans:
        assert group.name in reauthenticated.get(PATH).content.decode()
    assert plans
    assert not any("Seq Scan on groups_membership" in plan for plan in plans), plans


def test_finds_the_administrators_along_an_index(db):
    without = read_plans("accounts_user", "indexscan", may_sort=True)
    with transaction.atomic(), without as plans:
        lock_administrators()
    assert "user_is_staff" in plans[0], plans


def test_sends_a_confirmation(reauthenticated, user, mailoutbox):
    reauthenticated.post(PATH)
    (mail,) = mailoutbox
    assert mail.to == [user.email]
    assert mail.subject == "Your Cairn account was deleted"


def test_logs_the_id_but_not_the_address(reauthenticated, user, capture_logs):
    user_id = user.pk
    reauthenticated.post(PATH)
    (line,) = [line for line in capture_logs if line["event"] == "account_deleted"]
    assert line["user_id"] == user_id
    assert user.email not in str(capture_logs)


def test_leaves_other_users_alone(user_with_data, reauthenticated, cooking):
    other = UserFactory()
    StepProgressFactory(user=other, step=cooking.steps.first())
    NoteFactory(user=other, step=cooking.steps.first())
    before = foreign_keys_to(other.pk)
    reauthenticated.post(PATH)
    assert foreign_keys_to(other.pk) == before


def test_deletes_nothing_if_the_mail_cannot_be_sent(
    user_with_data, reauthenticated, user
):
    before = foreign_keys_to(user.pk)
    reauthenticated.raise_request_exception = False
    with mail_server_down():
        response = reauthenticated.post(PATH)
    assert response.status_code == 503
    assert foreign_keys_to(user.pk) == before
    assert is_signed_in(reauthenticated)
    assert reauthenticated.post(PATH).url == "/accounts/deleted/"


def test_the_address_can_sign_up_again(reauthenticated, user, client):
    reauthenticated.post(PATH)
    new = {"email": user.email, "password1": "a whole new secret"}
    assert client.post(SIGN_UP, new).url == "/accounts/confirm-email/"
    assert User.objects.get().email == user.email


class TestAdministrator:
    @pytest.fixture
    def administrator(self, user):
        user.is_staff = user.is_superuser = True
        user.save()
        return user

    def test_the_last_one_cannot_be_deleted(self, administrator, reauthenticated):
        for request in (reauthenticated.get, reauthenticated.post):
            page = request(PATH).content.decode()
            assert "You are the only administrator" in page
        assert User.objects.filter(pk=administrator.pk).exists()

    def test_a_closed_administrator_account_does_not_count(
        self, administrator, reauthenticated
    ):
        UserFactory(is_superuser=True, is_active=False)
        reauthenticated.post(PATH)
        assert User.objects.filter(pk=administrator.pk).exists()

    def test_one_of_two_can_be_deleted(self, administrator, reauthenticated):
        UserFactory(is_superuser=True)
        page = reauthenticated.get(PATH).content.decode()
        assert "What you edited in the admin stays" in page
        assert reauthenticated.post(PATH).url == "/accounts/deleted/"
        assert not User.objects.filter(pk=administrator.pk).exists()


class TestGroups:
    @pytest.fixture
    def owner(self, user):
        return MembershipFactory(user=user, role=Role.OWNER, group__name="Cooks")

    def test_a_mentor_takes_over(self, reauthenticated, owner):
        for name in ("Mona", "Mike"):
            MembershipFactory(group=owner.group, role=Role.MENTOR, user__name=name)
        page = read_html(reauthenticated.get(PATH))
        assert "Your group Cooks stays. Its longest-serving mentor, Mona," in page
        assert "because it has no other owner or mentor" not in page
        reauthenticated.post(PATH)
        assert owner.group.memberships.owners().get().user.name == "Mona"

    def test_without_a_mentor_the_group_is_deleted(self, reauthenticated, owner):
        member = MembershipFactory(group=owner.group).user
        step = StepFactory()
        confirmation = Confirmation.objects.create(
            group=owner.group, group_name="Cooks", user=member, step=step
        )
        page = read_html(reauthenticated.get(PATH))
        assert "your group Cooks, for everybody in it" in page
        assert f'href="/groups/{owner.group.pk}/settings/#people"' in page
        reauthenticated.post(PATH)
        assert not Group.objects.exists()
        confirmation.refresh_from_db()
        assert confirmation.group is None

    def test_the_page_says_what_goes_and_what_stays(self, reauthenticated, user):
        step = StepFactory()
        others = UserFactory(), UserFactory()
        group = MembershipFactory(user=user).group
        WorkLink.objects.create(user=user, step=step, url="https://work.example/")
        for learner, mentor in ((user, others[0]), (others[0], user)):
            Confirmation.objects.create(
                group_name="A", user=learner, confirmed_by=mentor, step=step
            )
        for author in (user, others[0]):
            comment = {"group": group, "member": user, "step": step, "text": "Good"}
            Comment.objects.create(author=author, **comment)
        with transaction.atomic():
            group.record(AuditAction.GROUP_JOINED, user)
        page = read_html(reauthenticated.get(PATH))
        for text in (
            ">your membership of 1 group<",
            ">1 link to your work<",
            ">1 confirmation of your steps<",
            ">2 comments that you wrote or received<",
            "Steps that you confirmed as a mentor stay confirmed",
            "The audit trail keeps when you signed in, changes to your account",
        ):
            assert text in page
        reauthenticated.post(PATH)
        assert Confirmation.objects.get().confirmed_by is None

    def test_somebody_in_no_group_reads_nothing_of_groups(self, reauthenticated):
        page = read_html(reauthenticated.get(PATH))
        for text in ("your group", "membership", "comment", "confirm"):
            assert text not in page[page.index("<h1") : page.index("<form method")]

    def test_with_another_owner_nothing_changes(self, reauthenticated, owner):
        MembershipFactory(group=owner.group, role=Role.OWNER)
        assert "Cooks" not in read_html(reauthenticated.get(PATH))
        reauthenticated.post(PATH)
        assert owner.group.memberships.count() == 1

    def test_the_number_of_queries_does_not_grow(
        self, reauthenticated, user, assert_max_queries
    ):
        reauthenticated.get(PATH)
        for _ in range(3):
            group = MembershipFactory(user=user, role=Role.OWNER).group
            MembershipFactory(group=group, role=Role.MENTOR)
        with assert_max_queries(20):
            reauthenticated.get(PATH)
