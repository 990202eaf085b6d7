"""The time zone that a browser names in the cookie `time_zone`."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from tests.factories import StepProgressFactory

LATE = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)  # 4 May in Auckland
ROADMAP = "/roadmaps/backend-developer/"
STEP = f"{ROADMAP}caching/"


@pytest.fixture
def done(backend, user):
    step = backend.steps.get(slug="caching")
    return StepProgressFactory(user=user, step=step, started_at=LATE)


def html(client, path, zone=None):
    if zone is not None:
        client.cookies["time_zone"] = zone
    return client.get(path).content.decode()


class TestDates:
    @pytest.mark.parametrize("path", [ROADMAP, STEP])
    def test_are_in_the_persons_time_zone(self, signed_in, done, path):
        page = html(signed_in, path, "Pacific/Auckland")
        assert 'datetime="2026-05-04' in page
        assert ">4 May" in page

    @pytest.mark.parametrize("path", [ROADMAP, STEP])
    def test_are_in_utc_while_the_browser_has_not_said(self, signed_in, done, path):
        assert ">3 May" in html(signed_in, path)

    @pytest.mark.parametrize("name", ["Asia/Calcutta", "Europe/Kiev"])
    def test_know_the_old_names_that_chromium_uses(self, signed_in, done, name):
        assert ">4 May" in html(signed_in, ROADMAP, name)


@pytest.mark.parametrize(
    "nonsense",
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
def test_what_is_no_time_zone_is_ignored(signed_in, done, nonsense):
    assert ">3 May" in html(signed_in, ROADMAP, nonsense)


def test_it_ends_with_the_request(signed_in, done):
    html(signed_in, ROADMAP, "Pacific/Auckland")
    assert timezone.get_current_timezone_name() == "UTC"


class TestAVisitor:
    def test_gets_the_same_bytes_as_every_other(self, client, backend):
        assert html(client, ROADMAP) == html(client, ROADMAP, "Pacific/Auckland")

    @pytest.mark.parametrize("path", ["/", ROADMAP, STEP, "/accounts/login/"])
    def test_is_not_asked(self, client, backend, path):
        assert "js/person.js" not in html(client, path)


@pytest.mark.parametrize("path", ["/", ROADMAP, STEP, "/accounts/logout/"])
def test_the_pages_of_a_person_ask_the_browser(signed_in, backend, path):
    assert "js/person.js" in html(signed_in, path)
