"""What the database holds about people, and how long: the privacy page's promises."""

from datetime import timedelta
from io import StringIO

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.audit import AuditAction, AuditEvent
from accounts.models import Invitation, User
from groups.models import Comment, Confirmation, Group, WorkLink
from tests.accounts.actions import LOGIN, reauthenticate
from tests.factories import (
    PASSWORD,
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    NoteFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.html import read_html

IP = "203.0.113.77"
USER_AGENT = "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/132.0 Unmistakable/7"

# What the privacy page says about each table. None: it holds nothing about a person.
# A new table has to be added here, and to the page if it holds personal data.
PROMISES = {
    "accounts_user": "Your email addresses, and a name, a time zone and a theme",
    "accounts_user_groups": "your permissions and permission groups",
    "accounts_user_user_permissions": "your permissions and permission groups",
    "accounts_auditevent": "An audit trail: when you signed in and in which way",
    "accounts_device": "For browsers that you used before, only the name",
    "accounts_invitation": "the address that was invited, by whom and when",
    "account_emailaddress": "Your email addresses",
    "account_emailconfirmation": None,  # unused: codes confirm addresses
    "mfa_authenticator": "your passkeys as public keys",
    "usersessions_usersession": "its IP address and browser",
    "django_session": "For each device that you are signed in on",
    "socialaccount_socialaccount": "what they tell us about who you are",
    "socialaccount_socialapp": None,
    "socialaccount_socialtoken": None,  # unused: no token is stored
    "progress_stepprogress": "The steps that you marked and when",
    "progress_topiccheck": "the topics that you ticked",
    "progress_completion": "the roadmaps that you completed",
    "progress_note": "your notes",
    "progress_roadmapstatistics": None,  # counts
    "progress_stepcopy": None,
    "progress_copiedperson": "The steps that you marked and when",
    "groups_group": None,  # names and what groups are for
    "groups_assignment": None,
    "groups_membership": "your role, when you joined",
    "groups_sharedroadmap": "which roadmaps you agreed to show",
    "groups_storedsummary": None,  # counts
    "groups_suggestion": "the groups that it suggests to you",
    "groups_worklink": "links to your work",
    "groups_confirmation": "the steps that mentors confirmed",
    "groups_comment": "comments between you and the mentors",
    "groups_invitation": "when you made them and how often they were used",
    "django_tasks_database_dbtaskresult": "Emails to you, encrypted",
    "django_admin_log": "what you change in the admin and when",
    "roadmaps_historicalroadmap": "what you change in the admin and when",
    "roadmaps_historicalstep": "what you change in the admin and when",
    "roadmaps_roadmap": None,
    "roadmaps_step": None,
    "roadmaps_section": None,
    "roadmaps_topic": None,
    "roadmaps_question": None,
    "roadmaps_donewhen": None,
    "roadmaps_measuredeffort": None,  # medians
    "roadmaps_resource": None,
    "roadmaps_synonym": None,
    "roadmaps_indexedword": None,
    "auth_permission": None,
    "auth_group": None,
    "auth_group_permissions": None,
    "django_content_type": None,
}


def dump():
    """Return all rows of all tables as text. Sessions are decoded."""
    tables = [
        model._meta.db_table for model in apps.get_models(include_auto_created=True)
    ]
    rows = [str(session.get_decoded()) for session in Session.objects.all()]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT "row"::text FROM "{table}" AS "row"')
            rows += [text for (text,) in cursor.fetchall()]
    return "\n".join(rows)


def add_group_data(person, step):
    """Put the person into group A as a member, and into group B as a second owner."""
    assignment = AssignmentFactory(group__name="A", roadmap=step.roadmap)
    a, b = assignment.group, GroupFactory(name="B")
    member = MembershipFactory(user=person, group=a, showing=[assignment])
    for group in (a, b):
        MembershipFactory(group=group, role="owner")
    MembershipFactory(user=person, group=b, role="owner")
    mentor = a.memberships.owners().get().user
    WorkLink.objects.create(user=person, step=step, url="https://unmistakable.example/")
    confirmation = {"group": a, "group_name": "A", "user": person, "step": step}
    Confirmation.objects.create(
        confirmed_by=mentor, sentence="Unmistakable sentence", **confirmation
    )
    comment = {"group": a, "member": person, "step": step}
    Comment.objects.create(author=mentor, text="Unmistakable comment", **comment)
    Comment.objects.create(author=person, text="Unmistakable answer", **comment)
    other = MembershipFactory(group=b).user
    confirmation |= {"group": b, "group_name": "B", "user": other}
    sentence = "Given to another member."
    Confirmation.objects.create(confirmed_by=person, sentence=sentence, **confirmation)
    comment |= {"group": b, "member": other}
    Comment.objects.create(author=person, text="Unmistakable advice", **comment)
    b.invite("member", actor=person)
    person.group_suggestions.create(group=b, role="member")
    with transaction.atomic():
        a.record(AuditAction.GROUP_JOINED, person, role=member.role)


def cleanup():
    call_command("cleanup", stdout=StringIO())


@pytest.fixture
def person(db, cooking):
    return UserFactory(email="unmistakable@example.com", name="Unmistakable Name")


@pytest.fixture
def laptop(person):
    """A browser in which the person has signed in."""
    client = Client(headers={"User-Agent": USER_AGENT}, REMOTE_ADDR=IP)
    client.post(LOGIN, {"login": person.email, "password": PASSWORD})
    assert IP in dump()
    assert USER_AGENT in dump()
    return client


def assert_address_and_browser_are_gone():
    rows = dump()
    assert IP not in rows
    assert USER_AGENT not in rows
    assert "Firefox on Linux" in rows  # "only the name"


def test_the_privacy_page_speaks_of_every_table(client, db):
    tables = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True)
    }
    assert set(PROMISES) == tables
    page = read_html(client.get("/privacy/"))
    for table, promise in PROMISES.items():
        assert promise is None or promise in page, table


class TestAddressAndBrowserOfASession:
    def test_go_when_one_signs_out(self, laptop):
        laptop.post("/accounts/logout/")
        assert_address_and_browser_are_gone()

    def test_go_after_the_session_has_expired(self, laptop):
        long_ago = timezone.now() - timedelta(days=20)
        Session.objects.update(expire_date=long_ago)
        UserSession.objects.update(last_seen_at=long_ago)
        cleanup()
        assert_address_and_browser_are_gone()

    def test_go_after_a_new_password_has_ended_the_session(self, laptop, person):
        person.set_password("a whole new secret")
        person.save()
        UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=2))
        cleanup()
        assert_address_and_browser_are_gone()
        assert not Session.objects.exists()

    def test_stay_while_it_lasts(self, laptop, settings):
        UserSession.objects.update(last_seen_at=timezone.now() - timedelta(days=13))
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another"
        cleanup()
        assert laptop.get("/").context["user"].is_authenticated
        assert IP in dump()

    def test_stay_while_somebody_signs_in(self, laptop):
        Session.objects.all().delete()  # not stored yet
        cleanup()
        assert UserSession.objects.exists()


class TestDeletedAccount:
    """Nothing of the person is left, whichever way the account was deleted."""

    @pytest.fixture
    def administrator(self, db):
        return UserFactory(is_staff=True, is_superuser=True)

    @pytest.fixture(autouse=True)
    def data(self, person, laptop, cooking, administrator):
        step = cooking.steps.first()
        add_group_data(person, step)
        StepProgressFactory(user=person, step=step)
        NoteFactory(user=person, step=step, text="Unmistakable note")
        Invitation.objects.create(address=person.email, used_at=timezone.now())
        LogEntry.objects.log_actions(administrator.pk, [person], CHANGE)
        laptop.get("/accounts/settings/")

    def assert_nothing_is_left(self, number):
        rows = dump().lower()
        assert "unmistakable" not in rows
        assert IP not in rows
        assert LogEntry.objects.exists()
        self.assert_only_the_number_is_left(number)

    def assert_only_the_number_is_left(self, number):
        """The audit trail has the number, as does what the person did in a group."""
        tables = {
            f"{model._meta.db_table}.{field.name}"
            for model in apps.get_models(include_auto_created=True)
            for field in model._meta.get_fields()
            if field.concrete and field.related_model is User and not field.many_to_many
            if model._base_manager.filter(**{field.attname: number}).exists()
        }
        assert tables == {"accounts_auditevent.actor", "accounts_auditevent.person"}
        sentences = Confirmation.objects.values_list("sentence", "confirmed_by")
        assert list(sentences) == [("Given to another member.", None)]
        assert set(Group.objects.values_list("name", flat=True)) == {"A", "B"}

    def test_by_the_person(self, person, laptop):
        number = person.pk
        reauthenticate(laptop)
        assert laptop.post("/accounts/delete/").status_code == 302
        self.assert_nothing_is_left(number)

    def test_in_the_admin(self, person, administrator):
        number = person.pk
        client = Client()
        client.force_login(administrator)
        path = f"/admin/accounts/user/{number}/delete/"
        page = client.get(path).content.decode()
        assert "Unmistakable note" not in page
        assert "unmistakable.example" not in page
        client.post(path, {"post": "yes"}, follow=True)  # shows the message, once
        assert not User.objects.filter(pk=number).exists()
        self.assert_nothing_is_left(number)

    def test_with_others_in_the_list_of_users(self, person, administrator):
        number = person.pk
        client = Client()
        client.force_login(administrator)
        users = User.objects.exclude(pk=administrator.pk).values_list("pk", flat=True)
        data = {"action": "delete_selected", "_selected_action": list(users)}
        client.post("/admin/accounts/user/", data | {"post": "yes"}, follow=True)
        assert User.objects.get() == administrator
        assert not Group.objects.exists()
        assert "unmistakable" not in dump().lower()
        assert AuditEvent.objects.filter(person=number).exists()
