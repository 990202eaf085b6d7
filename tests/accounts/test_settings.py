"""/accounts/settings/"""

import re
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.accounts.actions import (
    CONFIRM_EMAIL,
    FIREFOX,
    NEW_PASSWORD,
    SAFARI,
    code_in,
    is_signed_in,
    reauthenticate,
    signed_in_browser,
)
from tests.factories import PASSWORD, StepProgressFactory
from tests.html import read_html

PATH = "/accounts/settings/"


def save(client, section, **fields):
    return client.post(PATH, {"section": section, **fields})


def html(client):
    return client.get(PATH).content.decode()


def messages_by_section(client):
    """Return the messages on the page, which is loaded once, by the section's id."""
    page = re.split('<section id="(.*?)"', read_html(client.get(PATH)))
    texts = [re.findall('role="status">(.*?)</p>', part) for part in page[::2]]
    sections = zip(["", *page[1::2]], texts, strict=True)
    return {section: found for section, found in sections if found}


def test_redirects_visitors_to_sign_in(client, db):
    assert client.get(PATH).url == f"/accounts/login/?next={PATH}"
    assert save(client, "name", name="Eve").status_code == 302


def test_only_signed_in_users_have_a_link_in_the_header(signed_in, client):
    assert f'href="{PATH}"' in signed_in.get("/").content.decode()
    assert f'href="{PATH}"' not in client.get("/").content.decode()


def test_links_to_each_of_its_sections(signed_in):
    page = html(signed_in)
    for section in (
        *("name", "email", "sign-in", "devices", "time-zone", "theme", "data"),
        "delete",
    ):
        assert f'href="#{section}"' in page
        assert f'<section id="{section}"' in page


def test_the_number_of_queries_does_not_grow_with_sessions(
    signed_in, user, assert_max_queries
):
    for number in range(5):
        signed_in_browser(user, f"Browser/{number}")
    with assert_max_queries(10):
        html(signed_in)


def test_refuses_other_methods(signed_in):
    assert signed_in.put(PATH).status_code == 405


@pytest.mark.parametrize("section", ["", "theme", "is_staff", "\x00"])
def test_refuses_an_unknown_section(signed_in, section):
    assert save(signed_in, section, name="Ada").status_code == 400


class TestName:
    def test_is_saved_without_extra_spaces(self, signed_in, user):
        assert save(signed_in, "name", name=" Ada  Lovelace ").url == f"{PATH}#name"
        user.refresh_from_db()
        assert user.name == "Ada Lovelace"
        assert 'value="Ada Lovelace"' in html(signed_in)

    def test_the_section_says_once_that_it_was_saved(self, signed_in):
        save(signed_in, "name", name="Ada")
        assert messages_by_section(signed_in) == {"name": ["Saved"]}
        assert messages_by_section(signed_in) == {}

    def test_can_be_removed(self, signed_in, user):
        save(signed_in, "name", name="Ada")
        save(signed_in, "name", name="")
        user.refresh_from_db()
        assert user.name == ""

    def test_a_name_that_shows_nothing_is_empty(self, signed_in, user):
        save(signed_in, "name", name="\u200b\u3164")
        user.refresh_from_db()
        assert user.name == ""

    def test_a_persian_name_may_have_its_joiner(self, signed_in, user):
        save(signed_in, "name", name="نرگس\u200cجن")
        user.refresh_from_db()
        assert user.name == "نرگس\u200cجن"

    @pytest.mark.parametrize("name", ["a" * 81, "Ada\x00", "Ada\u202e", "💥" * 9000])
    def test_an_invalid_name_is_refused_with_an_error_at_the_field(
        self, signed_in, user, name
    ):
        response = save(signed_in, "name", name=name)
        assert response.status_code == 422
        assert 'id="id_name_error"' in response.content.decode()
        user.refresh_from_db()
        assert user.name == ""

    def test_is_escaped(self, signed_in):
        save(signed_in, "name", name="<script>💥")
        assert "<script>💥" not in html(signed_in)

    def test_other_fields_are_ignored(self, signed_in, user):
        save(signed_in, "name", name="Ada", is_staff="1", email="x@example.com")
        user.refresh_from_db()
        assert not user.is_staff
        assert user.email != "x@example.com"


class TestTimeZone:
    @pytest.fixture
    def done_step(self, fry, user):
        """A step done on 3 May in London, which was 4 May in Auckland."""
        started_at = datetime(2026, 5, 3, 20, tzinfo=UTC)
        return StepProgressFactory(user=user, step=fry, started_at=started_at)

    def test_the_one_in_the_account_overrides_the_browsers(self, signed_in, done_step):
        signed_in.cookies["time_zone"] = "America/Lima"
        save(signed_in, "time-zone", time_zone="Pacific/Auckland")
        page = signed_in.get("/roadmaps/cooking/").content.decode()
        assert "4 May" in page
        save(signed_in, "time-zone", time_zone="")
        page = signed_in.get("/roadmaps/cooking/").content.decode()
        assert "3 May" in page

    def test_the_section_says_that_it_was_saved(self, signed_in):
        save(signed_in, "time-zone", time_zone="UTC")
        assert messages_by_section(signed_in) == {"time-zone": ["Saved"]}

    def test_applies_to_the_first_page_after_signing_in(self, done_step, user):
        User.objects.filter(pk=user.pk).update(time_zone="Pacific/Auckland")
        page = signed_in_browser(user).get("/roadmaps/cooking/").content.decode()
        assert "4 May" in page

    @pytest.mark.parametrize("name", ["Atlantis", "../etc/passwd", "\x00", "a" * 9000])
    def test_an_unknown_time_zone_is_refused(self, signed_in, user, name):
        response = save(signed_in, "time-zone", time_zone=name)
        assert response.status_code == 422
        assert 'id="id_time_zone_error"' in response.content.decode()
        user.refresh_from_db()
        assert user.time_zone == ""

    @pytest.mark.parametrize("name", ["Asia/Calcutta", "EST5EDT"])
    def test_an_old_name_can_be_saved_again(self, signed_in, user, name):
        User.objects.filter(pk=user.pk).update(time_zone=name)
        assert save(signed_in, "time-zone", time_zone=name).status_code == 302

    def test_a_time_zone_that_this_machine_does_not_know_is_ignored(
        self, signed_in, user
    ):
        User.objects.filter(pk=user.pk).update(time_zone="Mars/Olympus")
        assert signed_in.get(PATH).status_code == 200


class TestEmailAddresses:
    """test_email_addresses.py tests the changes."""

    OTHER = "other@example.com"

    @pytest.fixture
    def change(self, signed_in, user):
        """A function that presses a button of an added address."""
        EmailAddress.objects.create(user=user, email=self.OTHER, verified=True)
        reauthenticate(signed_in)

        def change(action):
            response = signed_in.post(
                "/accounts/email/", {"email": self.OTHER, action: ""}
            )
            assert response.url == f"{PATH}#email"
            return messages_by_section(signed_in)

        return change

    @pytest.mark.parametrize("action", ["action_primary", "action_remove"])
    def test_the_section_says_that_an_address_was_changed(self, change, action):
        messages = change(action)
        assert list(messages) == ["email"]
        assert len(messages["email"]) == 1

    def test_the_section_says_that_a_new_address_is_confirmed(
        self, reauthenticated, mailoutbox
    ):
        reauthenticated.post(
            "/accounts/email/", {"action_add": "", "email": self.OTHER}
        )
        code = {"code": code_in(mailoutbox[0])}
        assert reauthenticated.post(CONFIRM_EMAIL, code).url == f"{PATH}#email"
        expected = {"email": [f"{self.OTHER} is confirmed."]}
        assert messages_by_section(reauthenticated) == expected


class TestSigningIn:
    def test_the_section_says_that_the_password_was_changed(self, reauthenticated):
        fields = {"oldpassword": PASSWORD, **NEW_PASSWORD}
        response = reauthenticated.post("/accounts/password/change/", fields)
        assert response.url == f"{PATH}#sign-in"
        assert list(messages_by_section(reauthenticated)) == ["sign-in"]

    def test_connected_accounts_are_listed_only_if_there_can_be_some(
        self, signed_in, user, settings
    ):
        assert "Connected accounts" not in html(signed_in)
        SocialAccount.objects.create(user=user, provider="github", uid="42")
        assert "Connected accounts" in html(signed_in)
        SocialAccount.objects.all().delete()
        settings.SOCIALACCOUNT_PROVIDERS = {"github": {}}
        assert "Connected accounts" in html(signed_in)

    def test_lists_the_ways_to_sign_in(self, signed_in, user):
        Authenticator.objects.create(user=user, type="totp", data={})
        page = html(signed_in)
        assert "Authenticator app" in page
        assert 'href="/accounts/2fa/"' in page
        assert "Change password" in page

    def test_offers_a_password_to_a_user_without_one(self, user):
        user.set_unusable_password()
        user.save()
        client = Client()
        client.force_login(user)
        assert "Set a password" in html(client)


class TestDevices:
    def test_are_listed_by_name_and_last_use(self, user):
        User.objects.filter(pk=user.pk).update(time_zone="Pacific/Auckland")
        signed_in_browser(user, SAFARI)
        last_seen_at = datetime(2026, 5, 3, 20, tzinfo=UTC)
        UserSession.objects.update(last_seen_at=last_seen_at)
        page = html(signed_in_browser(user, FIREFOX))
        assert "Firefox on Windows" in page
        assert "Mobile Safari on iOS" in page
        assert "4 May 2026, 08:00" in page
        assert page.count("This device") == 1

    def test_another_device_can_be_signed_out(self, user):
        other = signed_in_browser(user, SAFARI)
        client = signed_in_browser(user, FIREFOX)
        session = UserSession.objects.get(user_agent=SAFARI)
        sign_out = f"{PATH}devices/{session.pk}/sign-out/"
        assert client.post(sign_out).url == f"{PATH}#devices"
        assert not is_signed_in(other)
        message = "Mobile Safari on iOS was signed out."
        assert messages_by_section(client) == {"devices": [message]}
        assert client.post(sign_out).status_code == 404

    def test_the_current_device_can_be_signed_out(self, user):
        client = signed_in_browser(user)
        session = UserSession.objects.get()
        client.post(f"{PATH}devices/{session.pk}/sign-out/")
        assert not is_signed_in(client)

    def test_all_others_can_be_signed_out(self, user):
        others = [
            signed_in_browser(user, SAFARI),
            signed_in_browser(user, "Elinks/0.1"),
        ]
        client = signed_in_browser(user)
        for _ in range(2):
            response = client.post(f"{PATH}devices/sign-out-others/")
            assert response.status_code == 302
            message = "All other devices were signed out."
            assert messages_by_section(client) == {"devices": [message]}
        assert not any(map(is_signed_in, others))
        assert is_signed_in(client)

    def test_get_signs_nothing_out(self, signed_in, user):
        other = signed_in_browser(user)
        session = UserSession.objects.latest("pk")
        for path in (f"{session.pk}/sign-out/", "sign-out-others/"):
            assert signed_in.get(f"{PATH}devices/{path}").status_code == 405
        assert is_signed_in(other)

    def test_sessions_from_before_a_password_change_are_not_listed(self, user):
        signed_in_browser(user, SAFARI)
        user.set_password("another long secret")
        user.save()
        page = html(signed_in_browser(user, password="another long secret"))
        assert "Mobile Safari" not in page


def test_the_last_use_of_a_session_is_stored_every_ten_minutes(user):
    client = signed_in_browser(user)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    UserSession.objects.update(last_seen_at=long_ago)
    cache.clear()
    client.get("/")
    assert UserSession.objects.get().last_seen_at > long_ago
    UserSession.objects.update(last_seen_at=long_ago)
    client.get("/")
    assert UserSession.objects.get().last_seen_at == long_ago
