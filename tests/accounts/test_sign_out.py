"""/accounts/logout/"""

from django.conf import settings

PATH = "/accounts/logout/"


def test_looking_at_the_page_signs_nobody_out(signed_in, user):
    assert "Your progress is kept" in signed_in.get(PATH).content.decode()
    assert signed_in.get("/").context["user"] == user


def test_it_ends_the_session_for_good(signed_in):
    old = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
    assert signed_in.post(PATH).url == "/"
    signed_in.cookies[settings.SESSION_COOKIE_NAME] = old
    assert signed_in.get("/").context["user"].is_anonymous


def test_a_visitor_is_sent_to_the_list(client, db):
    assert client.get(PATH).url == "/"
