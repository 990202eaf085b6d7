"""What `manage.py check --deploy` finds."""

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command

REDIS = {"BACKEND": "core.cache.Cache", "LOCATION": "redis://cache/0"}


@pytest.fixture
def found(settings):
    """The findings of ours, when everything else is as it should be."""
    settings.MAIL_IS_PRINTED = False
    settings.CACHES = {"default": REDIS}

    def found():
        messages = run_checks(
            tags=[Tags.security, Tags.caches], include_deployment_checks=True
        )
        return [each.id for each in messages if each.id.startswith("cairn.")]

    return found


def test_nothing_when_all_is_well(found):
    assert found() == []


def test_no_mail_server_while_signing_up_needs_one(found, settings):
    settings.MAIL_IS_PRINTED = True
    assert found() == ["cairn.E001"]


def test_limits_that_are_not_shared(found, settings):
    local = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": local}}
    assert found() == ["cairn.W001"]


def test_development_is_left_in_peace(db):
    call_command("check")
