"""A visitor's wish to tick a step, through sign-in and sign-up."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from progress import pending_mark
from progress.models import StepProgress
from progress.route import State
from tests.factories import PASSWORD, RoadmapFactory, StepFactory
from tests.progress.test_mark import HTMX, SAME_ORIGIN, address


@pytest.fixture
def step(db):
    return StepFactory(title="Caching", slug="caching")


@pytest.fixture
def visitor():
    return Client()


def wish(visitor, step, state="done"):
    """Press, and return where the sign-in that follows is to end."""
    response = visitor.post(address(step, state), headers=SAME_ORIGIN)
    assert urlsplit(response.url).path == "/accounts/login/"
    return parse_qs(urlsplit(response.url).query)["next"][0]


def sign_in(visitor, user, landing=""):
    return visitor.post(
        "/accounts/login/",
        {"login": user.email, "password": PASSWORD, "next": landing},
    )


def test_nothing_is_stored_before_they_signed_in(visitor, step):
    wish(visitor, step)
    assert not StepProgress.objects.exists()


@pytest.mark.parametrize(
    ("state", "named"),
    [("done", "tick"), ("learning", "start"), ("skipped", "skip"), ("none", "untick")],
)
def test_the_page_names_the_wish(visitor, step, state, named):
    landing = wish(visitor, step, state)
    for page in ("login", "signup"):
        response = visitor.get(f"/accounts/{page}/", query_params={"next": landing})
        assert f"to {named} Caching</h1>" in response.content.decode()


def test_signing_in_ticks_and_lands_at_the_step(visitor, user, step):
    response = sign_in(visitor, user, wish(visitor, step))
    assert response.url == f"{step.roadmap.get_absolute_url()}#caching"
    row = StepProgress.objects.get()
    assert (row.user, row.step, row.state) == (user, step, State.DONE)


def test_signing_up_with_the_code_ticks_and_lands_at_the_step(
    visitor, step, mailoutbox
):
    landing = wish(visitor, step)
    new = {"email": "new@example.com", "password1": PASSWORD, "next": landing}
    assert visitor.post("/accounts/signup/", new).url == "/accounts/confirm-email/"
    code = re.search(r"^ +(\S+)$", mailoutbox[0].body, re.MULTILINE)[1]
    response = visitor.post("/accounts/confirm-email/", {"code": code})
    assert response.url == landing
    assert StepProgress.objects.get().user.email == "new@example.com"


def test_a_new_password_ticks_and_lands_at_the_step(visitor, user, step, mailoutbox):
    landing = wish(visitor, step)
    sent = {"email": user.email, "next": landing}
    confirm = visitor.post("/accounts/password/reset/", sent).url
    code = re.search(r"^ +(\S+)$", mailoutbox[0].body, re.MULTILINE)[1]
    complete = visitor.post(confirm, {"code": code, "next": landing}).url
    new = {"password1": "another good one", "password2": "another good one"}
    assert visitor.post(complete, {**new, "next": landing}).url == landing
    assert StepProgress.objects.get().step == step


def test_a_tick_of_theirs_keeps_its_date(visitor, user, step):
    StepProgress.objects.mark(user, step.pk, State.DONE)
    before = StepProgress.objects.get().done_at
    sign_in(visitor, user, wish(visitor, step))
    assert StepProgress.objects.get().done_at == before


def test_it_fires_once(visitor, user, step):
    landing = wish(visitor, step)
    sign_in(visitor, user, landing)
    StepProgress.objects.all().delete()
    visitor.post("/accounts/logout/")
    sign_in(visitor, user, landing)
    assert not StepProgress.objects.exists()


def test_another_sign_in_does_not_fire_it_and_ends_it(visitor, user, step):
    landing = wish(visitor, step)
    sign_in(visitor, user)
    assert not StepProgress.objects.exists()
    assert pending_mark.SESSION_KEY not in visitor.session
    assert landing


def test_two_tabs_have_a_wish_each(visitor, user, step):
    other = StepFactory(roadmap=step.roadmap, title="Testing")
    landing = wish(visitor, step)
    wish(visitor, other)
    sign_in(visitor, user, landing)
    assert StepProgress.objects.get().step == step


def test_it_lives_for_thirty_minutes(visitor, user, step, monkeypatch):
    landing = wish(visitor, step)
    later = time.time() + 30 * 60 + 1
    monkeypatch.setattr(pending_mark.time, "time", lambda: later)
    sign_in(visitor, user, landing)
    assert not StepProgress.objects.exists()


def test_signing_out_drops_it(visitor, user, step):
    wish(visitor, step)
    visitor.force_login(user)
    visitor.post("/accounts/logout/")
    assert pending_mark.SESSION_KEY not in visitor.session


def test_a_step_retired_meanwhile_is_let_go(visitor, user, step):
    landing = wish(visitor, step)
    step.is_retired = True
    step.save()
    assert sign_in(visitor, user, landing).status_code == 302
    assert not StepProgress.objects.exists()


def test_a_step_that_they_may_not_see_is_404(visitor, db):
    draft = StepFactory(roadmap=RoadmapFactory(is_published=False))
    response = visitor.post(address(draft), headers=SAME_ORIGIN)
    assert response.status_code == 404


def test_htmx_is_told_that_they_are_signed_out(visitor, user, step):
    response = visitor.post(address(step), headers=HTMX)
    assert response.status_code == 401
    sign_in(visitor, user, step.get_route_url())
    assert StepProgress.objects.get().step == step


def test_a_tab_opened_before_signing_in_elsewhere_still_works(visitor, user, step):
    visitor.force_login(user)
    response = visitor.post(address(step), headers=SAME_ORIGIN)
    assert response.url == step.get_route_url()
    assert StepProgress.objects.get().user == user
