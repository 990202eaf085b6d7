"""What `manage.py check --deploy` finds."""

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command

REDIS = {"BACKEND": "core.cache.Cache", "LOCATION": "redis://cache/0"}


@pytest.fixture
def find_ids(settings):
    """A function that returns the ids of our findings. By default there are none."""
    settings.MAIL_IS_PRINTED = False
    settings.CACHES = {"default": REDIS}
    settings.BEHIND_TLS_PROXY = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def find_ids():
        messages = run_checks(
            tags=[Tags.security, Tags.caches], include_deployment_checks=True
        )
        ids = [message.id for message in messages]
        return [id_ for id_ in ids if id_.startswith("cairn.")]

    return find_ids


def test_good_settings_have_no_findings(find_ids):
    assert find_ids() == []


def test_a_missing_mail_server_is_an_error(find_ids, settings):
    settings.MAIL_IS_PRINTED = True
    assert find_ids() == ["cairn.E001"]


def test_rate_limits_per_process_are_a_warning(find_ids, settings):
    local = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": local}}
    assert find_ids() == ["cairn.W001"]


def test_a_limit_that_all_people_share_is_a_warning(find_ids, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    assert find_ids() == ["cairn.W002"]


def test_plain_http_is_a_warning(find_ids, settings):
    settings.INSECURE_HTTP = True
    assert find_ids() == ["cairn.W003"]


def test_development_has_no_findings(db):
    call_command("check")
