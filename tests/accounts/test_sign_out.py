"""/accounts/logout/"""

from django.conf import settings

from tests.accounts.actions import is_signed_in

PATH = "/accounts/logout/"


def test_get_does_not_sign_out(signed_in):
    assert "Your progress is saved" in signed_in.get(PATH).content.decode()
    assert is_signed_in(signed_in)


def test_post_ends_the_session(signed_in):
    old_key = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
    assert signed_in.post(PATH).url == "/"
    signed_in.cookies[settings.SESSION_COOKIE_NAME] = old_key
    assert not is_signed_in(signed_in)


def test_redirects_visitors_to_the_roadmaps(client, db):
    assert client.get(PATH).url == "/"
