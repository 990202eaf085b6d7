"""manage.py deactivate_people FILE, and the same in the admin's list of users."""

from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.http import HttpResponse

from accounts.models import User
from tests.accounts.actions import is_signed_in, sign_in, signed_in_browser
from tests.factories import NoteFactory, UserFactory
from tests.pseudo_language import assert_page_is_translated, pseudo_language

pytestmark = pytest.mark.django_db
USERS = "/admin/accounts/user/"


@pytest.fixture
def administrator():
    return UserFactory(email="boss@example.com", is_staff=True, is_superuser=True)


@pytest.fixture(autouse=True)
def people(administrator):
    return [UserFactory(email=f"{name}@example.com") for name in ("ada", "bob", "eve")]


@pytest.fixture
def run(tmp_path):
    """A function that writes the file, runs the command and returns its output."""

    def run(content, *options):
        file, out = tmp_path / "leavers.csv", StringIO()
        content = content.encode() if isinstance(content, str) else content
        file.write_bytes(content)
        call_command("deactivate_people", file, *options, stdout=out)
        return out.getvalue()

    return run


def add_address(user, email, verified):
    EmailAddress.objects.create(user=user, email=email, verified=verified)


def active():
    return sorted(user.email[:3] for user in User.objects.filter(is_active=True))


class TestCommand:
    @pytest.mark.parametrize(
        "content",
        [
            "ada@example.com\nbob@example.com\n",
            "ADA@Example.com\r\n\r\n  bob@example.com  \r\n",
            "\ufeffemail\nada@example.com\nbob@example.com",
            "Name,Email\nAda,ada@example.com\nBob,bob@example.com\n",
            'Name;E-Mail\n"Lovelace; Ada";ada@example.com\nBob;bob@example.com\n',
            "email\tname\nada@example.com\tAda\nbob@example.com\tBob\n",
        ],
    )
    def test_deactivates_the_people_of_the_file(self, run, content):
        output = run(content)
        assert output.splitlines()[-1] == "Accounts deactivated: 2"
        assert active() == ["bos", "eve"]

    def test_finds_people_by_another_confirmed_address(self, run, people):
        add_address(people[0], "a@home.example", verified=True)
        run("a@home.example")
        assert active() == ["bob", "bos", "eve"]

    def test_signs_people_out_and_keeps_their_data(self, run, people):
        browser = signed_in_browser(people[0])
        NoteFactory(user=people[0])
        run("ada@example.com")
        assert not is_signed_in(browser)
        assert sign_in(browser, "ada@example.com").url == "/accounts/inactive/"
        assert people[0].notes.exists()
        assert not UserSession.objects.filter(user=people[0]).exists()

    def test_an_old_session_does_not_come_back(self, run, people):
        browser = signed_in_browser(people[0])
        run("ada@example.com")
        User.objects.update(is_active=True)
        assert not is_signed_in(browser)

    def test_leaves_the_sessions_of_others(self, run, people):
        browser = signed_in_browser(people[1])
        run("ada@example.com")
        assert is_signed_in(browser)

    def test_a_dry_run_changes_nothing(self, run, people):
        browser = signed_in_browser(people[0])
        User.objects.filter(pk=people[1].pk).update(is_active=False)
        assert run("ada@example.com\nbob@example.com", "--dry-run").splitlines() == [
            "ada@example.com: active",
            "bob@example.com: deactivated already",
            "Accounts that would be deactivated: 1",
        ]
        assert is_signed_in(browser)

    def test_a_second_run_changes_nothing(self, run):
        run("ada@example.com")
        assert "Accounts deactivated: 0" in run("ada@example.com")

    def test_names_the_line_of_each_problem_and_changes_nothing(self, run, people):
        add_address(people[0], "a@home.example", verified=True)
        add_address(people[2], "e@home.example", verified=False)
        content = (
            "email\nada@example.com\nnobody@example.com\n\nA@home.example\n"
            "e@home.example\nada\nboss@example.com\n"
        )
        with pytest.raises(CommandError) as raised:
            run(content)
        problems = [
            line.partition("leavers.csv:")[2] for line in str(raised.value).splitlines()
        ]
        assert problems == [
            "3: 'nobody@example.com' belongs to no account here.",
            "5: 'A@home.example' is the person of line 2.",
            "6: 'e@home.example' belongs to no account here.",
            "7: 'ada' belongs to no account here.",
            "8: 'boss@example.com' is the last administrator.",
            "",
        ]
        assert "Nothing was changed." in str(raised.value)
        assert len(active()) == 4

    def test_can_skip_addresses_without_an_account(self, run):
        output = run("nobody@example.com\nada@example.com", "--skip-unknown")
        first, *others = output.splitlines()
        assert first.endswith(
            "leavers.csv:1: 'nobody@example.com' belongs to no account here, skipped."
        )
        assert others == ["ada@example.com: active", "Accounts deactivated: 1"]
        assert "Accounts deactivated: 0" in run("x@example.com", "--skip-unknown")

    @pytest.mark.parametrize("line", ["bob", "", "ada@example.com"])
    def test_skips_no_other_problem(self, run, line):
        with pytest.raises(CommandError, match=r"Nothing was changed"):
            run(f"name,email\nAda,ada@example.com\nBob,{line}\n", "--skip-unknown")

    def test_refuses_to_leave_no_administrator(self, run):
        UserFactory(email="chief@example.com", is_superuser=True)
        with pytest.raises(CommandError) as raised:
            run("boss@example.com\nada@example.com\nchief@example.com")
        assert str(raised.value).count("is the last administrator") == 2
        run("chief@example.com")
        assert active() == ["ada", "bob", "bos", "eve"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", "has no email addresses"),
            ("\n \n", "has no email addresses"),
            ("email\n", "has no email addresses"),
            (b"\xff\xfe", "is not UTF-8"),
            ("name,email\nAda\n", "'' belongs to no account here"),
            ("a\0b", "belongs to no account here"),
        ],
    )
    def test_a_file_without_people_is_an_error(self, run, content, message):
        with pytest.raises(CommandError, match=message):
            run(content)

    def test_a_missing_file_is_an_error(self):
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("deactivate_people", "/nowhere")


class TestAdmin:
    @pytest.fixture
    def client(self, client, administrator):
        client.force_login(administrator)
        return client

    def post(self, client, users, **data):
        ids = [user.pk for user in users]
        data |= {"action": "deactivate_selected", "_selected_action": ids}
        return client.post(USERS, data, follow=True)

    def test_asks_first(self, client, people):
        page = self.post(client, people[:2])
        for address in ("ada@example.com", "bob@example.com"):
            assert f"<bdi>{address}</bdi>" in page.text
        assert "eve@example.com" not in page.text
        assert len(active()) == 4

    def test_deactivates_the_selected_people(self, client, people):
        browser = signed_in_browser(people[0])
        page = self.post(client, people[:2], confirmed="yes")
        assert "2 accounts were deactivated." in page.text
        assert active() == ["bos", "eve"]
        assert not is_signed_in(browser)

    @pytest.mark.parametrize("data", [{}, {"confirmed": "yes"}])
    def test_refuses_ones_own_account(self, client, administrator, people, data):
        page = self.post(client, [administrator, people[0]], **data)
        assert "You can’t deactivate your own account." in page.text
        assert len(active()) == 4

    def test_refuses_the_last_administrator(self, client, administrator, people):
        permissions = people[0].user_permissions
        people[0].is_staff = True
        people[0].save()
        permissions.set(Permission.objects.filter(content_type__model="user"))
        client.force_login(people[0])
        page = self.post(client, [administrator, people[1]], confirmed="yes")
        assert "At least one administrator has to stay active." in page.text
        assert len(active()) == 4

    def test_needs_the_permission_to_change_users(self, client, people):
        people[0].is_staff = True
        people[0].save()
        client.force_login(people[0])
        self.post(client, people[1:], confirmed="yes")
        assert len(active()) == 4

    def test_the_form_of_one_person_ends_their_sessions(self, client, people):
        browser = signed_in_browser(people[0])
        client.post(f"{USERS}{people[0].pk}/change/", {"email": "ada@example.com"})
        assert not is_signed_in(browser)
        assert Session.objects.count() == 1

    def test_every_text_is_translated(self, client, people, settings):
        settings.SITE_NAME = "Πέτρα"
        with pseudo_language():
            page = self.post(client, people).text
        main = page.partition('id="content"')[2].partition("</main>")[0]
        assert_page_is_translated(HttpResponse(f"<main {main}"))
