"""manage.py make_administrator EMAIL"""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import User

pytestmark = pytest.mark.django_db


def run():
    out = StringIO()
    call_command("make_administrator", "Boss@Example.com", stdout=out)
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
