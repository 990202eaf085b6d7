"""/accounts/settings/"""

from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.accounts.people import FIREFOX, SAFARI, sign_in
from tests.factories import StepProgressFactory, UserFactory

PATH = "/accounts/settings/"


def save(client, section, **fields):
    return client.post(PATH, {"section": section, **fields})


def html(client):
    return client.get(PATH).content.decode()


def test_a_visitor_is_asked_to_sign_in(client, db):
    assert client.get(PATH).url == f"/accounts/login/?next={PATH}"
    assert save(client, "name", name="Eve").status_code == 302


def test_the_header_leads_there_once_one_is_signed_in(signed_in, client):
    assert f'href="{PATH}"' in signed_in.get("/").content.decode()
    assert f'href="{PATH}"' not in client.get("/").content.decode()


def test_every_section_is_linked_at_its_top(signed_in):
    page = html(signed_in)
    for section in (
        *("name", "email", "sign-in", "devices", "time-zone", "theme", "data"),
        "delete",
    ):
        assert f'href="#{section}"' in page
        assert f'<section id="{section}"' in page


def test_it_costs_a_bounded_number_of_queries(signed_in, user, at_most):
    for number in range(5):
        UserFactory(email=f"a{number}@example.com")
        sign_in(user, f"Browser/{number}")
    with at_most(10):
        html(signed_in)


def test_another_method_is_refused(signed_in):
    assert signed_in.put(PATH).status_code == 405


@pytest.mark.parametrize("section", ["", "theme", "is_staff", "\x00"])
def test_a_section_that_there_is_none_of_is_refused(signed_in, section):
    assert save(signed_in, section, name="Ada").status_code == 400


class TestTheName:
    def test_is_kept_without_stray_blanks(self, signed_in, user):
        assert save(signed_in, "name", name=" Ada  Lovelace ").url == f"{PATH}#name"
        user.refresh_from_db()
        assert user.name == "Ada Lovelace"
        assert 'value="Ada Lovelace"' in html(signed_in)

    def test_may_be_taken_away_again(self, signed_in, user):
        save(signed_in, "name", name="Ada")
        save(signed_in, "name", name="")
        user.refresh_from_db()
        assert user.name == ""

    @pytest.mark.parametrize("name", ["a" * 81, "Ada\x00", "💥" * 9000])
    def test_that_cannot_be_is_refused_beside_its_field(self, signed_in, user, name):
        response = save(signed_in, "name", name=name)
        assert response.status_code == 422
        assert 'id="id_name_error"' in response.content.decode()
        user.refresh_from_db()
        assert user.name == ""

    def test_is_escaped(self, signed_in):
        save(signed_in, "name", name="<script>💥")
        assert "<script>💥" not in html(signed_in)

    def test_brings_nothing_else_along(self, signed_in, user):
        save(signed_in, "name", name="Ada", is_staff="1", email="x@example.com")
        user.refresh_from_db()
        assert not user.is_staff
        assert user.email != "x@example.com"


class TestTheTimeZone:
    @pytest.fixture
    def done(self, backend, user):
        """Done on 3 May in London, and on 4 May in Auckland."""
        return StepProgressFactory(
            user=user,
            step=backend.steps.get(slug="caching"),
            started_at=datetime(2026, 5, 3, 20, tzinfo=UTC),
        )

    def test_of_the_account_wins_over_the_browsers(self, signed_in, done):
        signed_in.cookies["time_zone"] = "America/Lima"
        save(signed_in, "time-zone", time_zone="Pacific/Auckland")
        page = signed_in.get("/roadmaps/backend-developer/").content.decode()
        assert ">4 May" in page

    def test_holds_for_the_first_page_after_signing_in(self, done, user):
        User.objects.filter(pk=user.pk).update(time_zone="Pacific/Auckland")
        page = sign_in(user).get("/roadmaps/backend-developer/").content.decode()
        assert ">4 May" in page

    def test_is_the_browsers_again_when_one_says_so(self, signed_in, done):
        signed_in.cookies["time_zone"] = "America/Lima"
        save(signed_in, "time-zone", time_zone="Pacific/Auckland")
        save(signed_in, "time-zone", time_zone="")
        page = signed_in.get("/roadmaps/backend-developer/").content.decode()
        assert ">3 May" in page

    @pytest.mark.parametrize("name", ["Atlantis", "../etc/passwd", "\x00", "a" * 9000])
    def test_that_there_is_none_of_is_refused(self, signed_in, user, name):
        response = save(signed_in, "time-zone", time_zone=name)
        assert response.status_code == 422
        assert 'id="id_time_zone_error"' in response.content.decode()
        user.refresh_from_db()
        assert user.time_zone == ""

    @pytest.mark.parametrize("name", ["Asia/Calcutta", "EST5EDT"])
    def test_of_an_old_name_can_be_kept(self, signed_in, user, name):
        User.objects.filter(pk=user.pk).update(time_zone=name)
        assert save(signed_in, "time-zone", time_zone=name).status_code == 302

    def test_that_this_machine_does_not_know_is_as_none(self, signed_in, user):
        User.objects.filter(pk=user.pk).update(time_zone="Mars/Olympus")
        assert signed_in.get(PATH).status_code == 200


class TestSigningIn:
    def test_names_what_there_is(self, signed_in, user):
        Authenticator.objects.create(user=user, type="totp", data={})
        page = html(signed_in)
        assert "authenticator app" in page
        assert 'href="/accounts/2fa/"' in page
        assert "Change password" in page

    def test_offers_a_password_to_who_has_none(self, signed_in, user):
        user.set_unusable_password()
        user.save()
        client = Client()
        client.force_login(user)
        assert "Set a password" in html(client)


class TestDevices:
    def test_are_named_and_this_one_is_told_apart(self, user):
        sign_in(user, SAFARI)
        page = html(sign_in(user, FIREFOX))
        assert "Firefox on Windows" in page
        assert "Mobile Safari on iOS" in page
        assert page.count("This device") == 1

    def test_show_when_they_were_last_seen_in_ones_time_zone(self, user):
        User.objects.filter(pk=user.pk).update(time_zone="Pacific/Auckland")
        sign_in(user, SAFARI)
        seen = datetime(2026, 5, 3, 20, tzinfo=UTC)
        UserSession.objects.update(last_seen_at=seen)
        assert "4 May 2026, 08:00" in html(sign_in(user))

    def test_one_is_signed_out_at_once(self, user):
        other = sign_in(user, SAFARI)
        here = sign_in(user, FIREFOX)
        session = UserSession.objects.get(user_agent=SAFARI)
        response = here.post(f"{PATH}devices/{session.pk}/sign-out/")
        assert response.url == f"{PATH}#devices"
        assert other.get("/").context["user"].is_anonymous
        assert here.get("/").context["user"] == user
        assert here.post(f"{PATH}devices/{session.pk}/sign-out/").status_code == 404

    def test_this_one_may_be_signed_out_too(self, user):
        client = sign_in(user)
        session = UserSession.objects.get()
        client.post(f"{PATH}devices/{session.pk}/sign-out/")
        assert client.get("/").context["user"].is_anonymous

    def test_all_others_are_signed_out_at_once(self, user):
        others = [sign_in(user, SAFARI), sign_in(user, "Elinks/0.1")]
        here = sign_in(user)
        for _ in range(2):
            assert here.post(f"{PATH}devices/sign-out-others/").status_code == 302
        assert all(client.get("/").context["user"].is_anonymous for client in others)
        assert here.get("/").context["user"] == user

    def test_a_get_signs_nothing_out(self, signed_in, user):
        other = sign_in(user)
        session = UserSession.objects.latest("pk")
        for path in (f"{session.pk}/sign-out/", "sign-out-others/"):
            assert signed_in.get(f"{PATH}devices/{path}").status_code == 405
        assert other.get("/").context["user"] == user

    def test_of_another_person_are_404_and_stay(self, signed_in, db):
        stranger = UserFactory()
        other = sign_in(stranger)
        session = UserSession.objects.get(user=stranger)
        response = signed_in.post(f"{PATH}devices/{session.pk}/sign-out/")
        assert response.status_code == 404
        assert other.get("/").context["user"] == stranger

    def test_that_a_new_password_shut_out_are_not_listed(self, user):
        sign_in(user, SAFARI)
        user.set_password("another long secret")
        user.save()
        page = html(sign_in(user, password="another long secret"))
        assert "Mobile Safari" not in page


def test_a_session_notes_now_and_then_that_it_was_used(user):
    client = sign_in(user)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    UserSession.objects.update(last_seen_at=long_ago)
    cache.clear()
    client.get("/")
    assert UserSession.objects.get().last_seen_at > long_ago
    UserSession.objects.update(last_seen_at=long_ago)
    client.get("/")
    assert UserSession.objects.get().last_seen_at == long_ago
