"""Joining by the code of an invitation."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from groups import join_form
from groups.invitations import Invitation
from tests.factories import UserFactory
from tests.html import read_html

URL = "/groups/join/"
WRONG = "This code doesn’t work."


def test_a_get_shows_the_form(signed_in):
    response = signed_in.get(URL)
    assert response.status_code == 200
    assert 'name="code"' in read_html(response)
    assert response["Cache-Control"] == "no-store"


def test_a_visitor_signs_in_first(client, invitation):
    for response in (client.get(URL), client.post(URL, {"code": invitation.code})):
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/?next=/groups/join/")


@pytest.mark.parametrize("typed", ["{}", "{} ", "lower", "split"])
def test_a_right_code_leads_to_the_invitation(signed_in, invitation, typed):
    code = invitation.code
    typed = {"lower": code.lower(), "split": f"{code[:3]}-{code[3:]}"}.get(
        typed, typed.format(code)
    )
    response = signed_in.post(URL, {"code": typed})
    assert response.status_code == 302
    assert response["Location"] == f"/groups/join/{invitation.token}/"
    assert not invitation.group.memberships.filter(user__email="person0").exists()


@pytest.mark.parametrize("typed", ["QQQQQQ", "<b>", "1", "ÄÖÜ", "A" * 20])
def test_a_wrong_code_is_said_beside_the_field_and_kept(signed_in, invitation, typed):
    response = signed_in.post(URL, {"code": typed})
    assert response.status_code == 422
    html = read_html(response)
    assert WRONG in html
    assert 'aria-invalid="true"' in html
    assert response.context["form"]["code"].value() == typed


@pytest.mark.parametrize("data", [{}, {"code": ""}, {"code": " "}, {"code": "A" * 99}])
def test_nothing_and_too_much_are_refused(signed_in, data):
    response = signed_in.post(URL, data)
    assert response.status_code == 422
    assert 'class="errorlist"' in read_html(response)


def test_a_nul_is_refused(signed_in):
    assert signed_in.post(URL, {"code": "A\0"}).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(days=1)},
        {"max_uses": 1, "uses": 1},
    ],
)
def test_the_code_of_an_ended_invitation_is_wrong(signed_in, invitation, change):
    Invitation.objects.update(**change)
    response = signed_in.post(URL, {"code": invitation.code})
    assert response.status_code == 422
    assert WRONG in read_html(response)


class TestGuessing:
    @pytest.fixture(autouse=True)
    def few_guesses(self, monkeypatch):
        limit = join_form.WRONG_CODES
        monkeypatch.setattr(join_form, "WRONG_CODES", limit._replace(amount=2))
        limit = join_form.WRONG_CODES_PER_IP
        monkeypatch.setattr(join_form, "WRONG_CODES_PER_IP", limit._replace(amount=3))

    def test_a_person_has_few_guesses(self, signed_in, client_of, invitation):
        for _ in range(2):
            assert signed_in.post(URL, {"code": "QQQQQQ"}).status_code == 422
        response = signed_in.post(URL, {"code": invitation.code})
        assert response.status_code == 429
        assert "Too many wrong codes." in read_html(response)
        assert response.context["form"]["code"].value() == invitation.code
        # Somebody else at the same address still has one.
        other = client_of(UserFactory())
        assert other.post(URL, {"code": "QQQQQQ"}).status_code == 429
        assert Client().get(URL).status_code == 302

    def test_an_address_has_few_guesses(self, client_of, invitation):
        for _ in range(3):
            client = client_of(UserFactory())
            assert client.post(URL, {"code": "QQQQQQ"}).status_code == 422
        client = client_of(UserFactory())
        assert client.post(URL, {"code": invitation.code}).status_code == 429
        elsewhere = {"REMOTE_ADDR": "10.0.0.9"}
        response = client.post(URL, {"code": invitation.code}, **elsewhere)
        assert response.status_code == 302

    def test_a_right_code_uses_no_guess(self, signed_in, client_of, invitation):
        for _ in range(5):
            response = signed_in.post(URL, {"code": invitation.code})
            assert response.status_code == 302
