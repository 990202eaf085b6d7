"""manage.py bootstrap"""

from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import User
from roadmaps.models import Roadmap

pytestmark = pytest.mark.django_db


def run(**options):
    out = StringIO()
    call_command("bootstrap", stdout=out, **options)
    return out.getvalue()


def test_it_loads_the_roadmaps_and_makes_no_administrator_unasked():
    run()
    assert Roadmap.objects.get(slug="backend-developer").is_published
    assert not User.objects.exists()


def test_it_makes_the_administrator_once():
    assert "Password, shown this once" in run(administrator="boss@example.com")
    assert "Password" not in run(administrator="boss@example.com")


def test_it_never_loads_over_an_edit():
    run()
    Roadmap.objects.update(title="Edited")
    run()
    assert set(Roadmap.objects.values_list("title", flat=True)) == {"Edited"}
