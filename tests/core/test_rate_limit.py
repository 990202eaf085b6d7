"""A user can make at most 120 changes per minute."""

import pytest

from core import rate_limit
from progress.models import StepProgress
from progress.notes import Note
from tests.factories import StepFactory, UserFactory

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
NOW = 1_000_000_047  # 33 seconds before the next minute


@pytest.fixture
def step(db):
    return StepFactory()


@pytest.fixture(autouse=True)
def three_changes_per_minute(monkeypatch):
    monkeypatch.setattr(rate_limit.time, "time", lambda: NOW)
    assert rate_limit.CHANGES_PER_MINUTE == 120
    monkeypatch.setattr(rate_limit, "CHANGES_PER_MINUTE", 3)


@pytest.fixture
def tick(signed_in, step):
    def tick(client=signed_in, **headers):
        return client.post(
            f"/progress/{step.pk}/done/", headers={**SAME_ORIGIN, **headers}
        )

    return tick


def test_a_tick_above_the_limit_is_429_and_says_when_to_retry(tick, step):
    assert [tick().status_code for _ in range(3)] == [302] * 3
    StepProgress.objects.all().delete()
    response = tick()
    assert response.status_code == 429
    assert response["Retry-After"] == "33"
    assert "Try again in 33 seconds" in response.content.decode()
    assert not StepProgress.objects.exists()


def test_notes_and_ticks_share_the_limit(tick, signed_in, step):
    for _ in range(3):
        tick()
    response = signed_in.post(
        step.get_absolute_url(), {"text": "Read it.", "page": "a", "base": ""}
    )
    assert response.status_code == 429
    assert not Note.objects.exists()


def test_reading_does_not_count(signed_in, step, tick):
    for _ in range(5):
        assert signed_in.get(step.get_absolute_url()).status_code == 200
    assert tick().status_code == 302


def test_the_next_minute_starts_at_zero(tick, monkeypatch):
    for _ in range(4):
        tick()
    monkeypatch.setattr(rate_limit.time, "time", lambda: NOW + 33)
    assert tick().status_code == 302


def test_each_user_has_their_own_limit(tick, client):
    for _ in range(4):
        tick()
    client.force_login(UserFactory())
    assert tick(client).status_code == 302


def test_cross_site_requests_do_not_count(tick):
    for _ in range(5):
        assert tick(**{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert tick().status_code == 302


def test_counting_costs_no_query(db, assert_max_queries):
    with assert_max_queries(0):
        assert [rate_limit.increment("key") for _ in range(3)] == [1, 2, 3]


def test_the_counts_of_a_thousand_users_fit_into_the_cache(db):
    for user_id in range(1, 1000):
        rate_limit.increment(f"changes:{user_id}:0")
    assert rate_limit.increment("changes:1:0") == 2
