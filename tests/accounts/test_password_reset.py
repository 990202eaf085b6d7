"""/accounts/password/reset/ and the pages that follow it"""

from tests.accounts.actions import NEW_PASSWORD, code_in

PATH = "/accounts/password/reset/"


def test_the_code_lets_the_user_choose_a_password_and_signs_in(
    client, user, mailoutbox
):
    confirm = client.post(PATH, {"email": user.email}).url
    assert client.get(confirm).status_code == 200
    complete = client.post(confirm, {"code": code_in(mailoutbox[0])}).url
    assert "Choose a new password" in client.get(complete).content.decode()
    client.post(complete, NEW_PASSWORD)
    assert client.get("/").context["user"] == user
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD["password1"])


def test_an_unknown_address_gets_a_mail_without_a_code(client, db, mailoutbox):
    client.post(PATH, {"email": "nobody@example.com"})
    assert mailoutbox[0].subject == "No Cairn account with this address"


def test_a_wrong_code_changes_nothing(client, user):
    confirm = client.post(PATH, {"email": user.email}).url
    response = client.post(confirm, {"code": "wrong"})
    assert 'class="errorlist' in response.content.decode()
    assert client.get("/accounts/password/reset/complete/").url == confirm


def test_no_page_can_be_skipped(client, db):
    assert client.get("/accounts/password/reset/complete/").url == PATH
    assert client.get("/accounts/password/reset/confirm/").url == "/accounts/login/"


def test_the_last_page_confirms_the_change(client, db):
    html = client.get("/accounts/password/reset/done/").content.decode()
    assert "Password changed" in html
