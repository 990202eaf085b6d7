"""What `manage.py check --deploy` finds."""

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command

REDIS = {"BACKEND": "core.cache.Cache", "LOCATION": "redis://cache/0"}


@pytest.fixture
def found(settings):
    """A function that returns the ids of our findings; at first there are none."""
    settings.MAIL_IS_PRINTED = False
    settings.CACHES = {"default": REDIS}

    def found():
        messages = run_checks(
            tags=[Tags.security, Tags.caches], include_deployment_checks=True
        )
        return [each.id for each in messages if each.id.startswith("cairn.")]

    return found


def test_good_settings_have_no_findings(found):
    assert found() == []


def test_a_missing_mail_server_is_an_error(found, settings):
    settings.MAIL_IS_PRINTED = True
    assert found() == ["cairn.E001"]


def test_rate_limits_per_process_are_a_warning(found, settings):
    local = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": local}}
    assert found() == ["cairn.W001"]


def test_development_has_no_findings(db):
    call_command("check")
