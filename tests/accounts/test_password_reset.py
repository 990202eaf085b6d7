"""/accounts/password/reset/ and what follows it"""

from tests.accounts.test_sign_up import code_in

PATH = "/accounts/password/reset/"
NEW = {"password1": "a whole new secret", "password2": "a whole new secret"}


def test_the_code_from_the_mail_lets_one_choose_and_signs_in(client, user, mailoutbox):
    confirm = client.post(PATH, {"email": user.email}).url
    assert client.get(confirm).status_code == 200
    complete = client.post(confirm, {"code": code_in(mailoutbox[0])}).url
    assert "Choose a new password" in client.get(complete).content.decode()
    client.post(complete, NEW)
    assert client.get("/").context["user"] == user
    user.refresh_from_db()
    assert user.check_password(NEW["password1"])


def test_an_unknown_address_gets_the_same_answer(client, user, mailoutbox):
    known = client.post(PATH, {"email": user.email})
    unknown = client.post(PATH, {"email": "nobody@example.com"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert mailoutbox[1].subject == "There is no Cairn account with this address"


def test_a_wrong_code_changes_nothing(client, user):
    confirm = client.post(PATH, {"email": user.email}).url
    response = client.post(confirm, {"code": "wrong"})
    assert 'class="errorlist' in response.content.decode()
    assert client.get("/accounts/password/reset/complete/").url == confirm


def test_the_steps_cannot_be_skipped(client, db):
    assert client.get("/accounts/password/reset/complete/").url == PATH
    assert client.get("/accounts/password/reset/confirm/").url == "/accounts/login/"


def test_the_last_page_leads_on(client, db):
    html = client.get("/accounts/password/reset/done/").content.decode()
    assert "Your password is changed" in html
