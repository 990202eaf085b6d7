"""manage.py make_administrator EMAIL"""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def run(email="Boss@Example.com"):
    out = StringIO()
    call_command("make_administrator", email, stdout=out)
    return out.getvalue()


def test_they_sign_in_with_the_password_that_was_printed(client):
    password = re.search(r"this once: (\S+)", run())[1]
    response = client.post(
        "/accounts/login/", {"login": "boss@example.com", "password": password}
    )
    assert response.url == "/"
    assert client.get("/admin/").status_code == 200


def test_a_second_run_makes_nobody_and_prints_no_password():
    run()
    assert run() == "There is an administrator already.\n"
    assert User.objects.count() == 1


def test_who_has_an_account_keeps_it_and_its_password():
    user = UserFactory(email="boss@example.com")
    assert run() == "boss@example.com is an administrator now.\n"
    user.refresh_from_db()
    assert user.is_superuser
    assert user.has_usable_password()


def test_an_address_that_is_none_is_refused():
    with pytest.raises(CommandError, match="nonsense is no e-mail address"):
        run("nonsense")
    assert not User.objects.exists()
