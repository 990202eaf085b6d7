"""The time zone in which pages show dates."""

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.request_time_zone import RequestTimeZone
from tests.factories import StepProgressFactory

EVENING = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)  # 4 May in Auckland
ROADMAP = "/roadmaps/backend-developer/"
STEP = f"{ROADMAP}caching/"


@pytest.fixture
def done_step(backend, user):
    step = backend.steps.get(slug="caching")
    return StepProgressFactory(user=user, step=step, started_at=EVENING)


def html(client, path, time_zone=None):
    if time_zone is not None:
        client.cookies["time_zone"] = time_zone
    return re.sub(r">\s+", ">", client.get(path).text)


class TestDates:
    @pytest.mark.parametrize("path", [ROADMAP, STEP])
    def test_are_in_the_browsers_time_zone(self, signed_in, done_step, path):
        page = html(signed_in, path, "Pacific/Auckland")
        assert 'datetime="2026-05-04' in page
        assert ">4 May" in page

    @pytest.mark.parametrize("path", [ROADMAP, STEP])
    def test_are_in_utc_without_the_cookie(self, signed_in, done_step, path):
        assert ">3 May" in html(signed_in, path)

    @pytest.mark.parametrize("name", ["Asia/Calcutta", "Europe/Kiev"])
    def test_follow_the_old_names_that_chromium_uses(self, signed_in, done_step, name):
        assert ">4 May" in html(signed_in, ROADMAP, name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Atlantis",
        "pacific/auckland",
        "America",  # a folder of time zones
        "../../../../etc/passwd",
        "/etc/localtime",
        '"><script>',
        "a" * 4000,
    ],
)
def test_an_unknown_time_zone_is_ignored(signed_in, done_step, name):
    assert ">3 May" in html(signed_in, ROADMAP, name)


def test_the_current_time_zone_has_the_name_of_the_users(rf, user):
    request = rf.get("/")
    request.user = user
    request.COOKIES["time_zone"] = "Pacific/Auckland"
    with timezone.override(RequestTimeZone(request)):
        assert timezone.get_current_timezone_name() == "Pacific/Auckland"


def test_it_ends_with_the_request(signed_in, done_step):
    html(signed_in, ROADMAP, "Pacific/Auckland")
    assert timezone.get_current_timezone_name() == "UTC"


class TestVisitor:
    def test_gets_the_same_page_in_every_time_zone(self, client, backend):
        assert html(client, ROADMAP) == html(client, ROADMAP, "Pacific/Auckland")

    @pytest.mark.parametrize("path", ["/", ROADMAP, STEP, "/accounts/login/"])
    def test_gets_no_script_that_sets_the_cookie(self, client, backend, path):
        assert "js/person.js" not in html(client, path)


@pytest.mark.parametrize("path", ["/", ROADMAP, STEP, "/accounts/logout/"])
def test_pages_for_signed_in_users_load_the_script_that_sets_the_cookie(
    signed_in, backend, path
):
    assert "js/person.js" in html(signed_in, path)
