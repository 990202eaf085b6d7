"""manage.py make_administrator EMAIL"""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.accounts.actions import sign_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def run(email="Boss@Example.com"):
    out = StringIO()
    call_command("make_administrator", email, stdout=out)
    return out.getvalue()


def test_the_printed_password_signs_in(client):
    password = re.search(r"only once\): (\S+)", run())[1]
    assert sign_in(client, "boss@example.com", password).url == "/"
    assert client.get("/admin/").status_code == 200


def test_a_second_run_changes_nothing():
    run()
    assert run() == "An administrator already exists.\n"
    assert User.objects.count() == 1


def test_an_existing_account_keeps_its_password():
    user = UserFactory(email="boss@example.com")
    assert run() == "boss@example.com is now an administrator.\n"
    user.refresh_from_db()
    assert user.is_superuser
    assert user.has_usable_password()


def test_refuses_an_invalid_address():
    with pytest.raises(CommandError, match="nonsense is not a valid email address"):
        run("nonsense")
    assert not User.objects.exists()
