"""Rows that were written once are the rows that would be written anew."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from progress.models import StepProgress
from progress.templatetags import rows
from roadmaps.models import Step
from tests.factories import StepProgressFactory, UserFactory
from tests.progress.test_mark import HTMX, SAME_ORIGIN, address

PAGE = "/roadmaps/backend-developer/"
MAY = datetime(2026, 5, 3, 22, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_kept():
    rows.rows.clear()


@pytest.fixture
def route(signed_in):
    """What reads the list on the page, which has its token elsewhere."""

    def read():
        page = signed_in.get(PAGE).text
        return page[page.index('<form id="roadmap_route"') :].split("</form>")[0]

    return read


def kept():
    return len(rows.rows)


@pytest.mark.parametrize("state", ["none", "learning", "done", "skipped"])
def test_a_kept_row_is_the_row_that_is_written(route, user, backend, state):
    for step in backend.steps.all():
        StepProgress.objects.mark(user, step.pk, state)
    written = route()
    assert kept() == 23
    assert route() == written
    assert kept() == 23


def test_those_who_stand_alike_share_them(route, user, backend):
    route()
    other = Client()
    other.force_login(UserFactory())
    other.get(PAGE)
    assert kept() == 23


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Renamed"),
        ("summary", "Said anew"),
        ("slug", "renamed"),
        ("is_optional", True),
        ("added_at", MAY),
    ],
)
def test_an_edit_shows_at_once(route, user, backend, field, value):
    StepProgressFactory(
        user=user, step=backend.steps.get(slug="caching"), started_at=MAY
    )
    Step.objects.update(added_at=MAY + timedelta(days=1))
    before = route()
    Step.objects.filter(slug="internet-fundamentals").update(**{field: value})
    after = route()
    assert after != before
    rows.rows.clear()
    assert route() == after


def test_a_tick_shows_at_once(route, signed_in, backend):
    route()
    step = backend.steps.get(slug="caching")
    answer = signed_in.post(address(step), headers=HTMX).text
    assert "Caching, step 7, done." in answer
    assert "Caching, step 7, done." in route()


def test_the_day_is_that_of_the_time_zone(route, signed_in, user, backend):
    step = backend.steps.get(slug="caching")
    StepProgressFactory(user=user, step=step, started_at=MAY)
    assert 'datetime="2026-05-03">3 May' in route()
    signed_in.cookies["time_zone"] = "Europe/Berlin"
    assert 'datetime="2026-05-04">4 May' in route()


def test_a_row_with_a_date_is_written_anew_in_another_year(
    route, user, backend, monkeypatch
):
    step = backend.steps.get(slug="caching")
    StepProgressFactory(user=user, step=step, started_at=MAY)
    route()
    localdate = timezone.localdate
    monkeypatch.setattr(
        timezone, "localdate", lambda *args: localdate(*args) + timedelta(days=366)
    )
    route()
    assert kept() == 24


def test_an_offer_to_one_person_is_never_kept(signed_in, user, backend):
    step = backend.steps.get(slug="caching")
    StepProgressFactory(user=user, step=step, started_at=MAY)
    answer = signed_in.post(address(step, "none"), headers=SAME_ORIGIN)
    assert "Put it back" in signed_in.get(answer["Location"]).text
    assert kept() == 22
    assert not any("Put it back" in row for row in rows.rows.values())


def test_they_take_no_more_room_than_they_may(route, backend, monkeypatch):
    monkeypatch.setattr(rows, "MOST_ROWS", 10)
    before = route()
    assert kept() <= 10
    assert route() == before
