"""A visitor's mark on a step is stored once they have signed in."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.utils.crypto import get_random_string

from progress import pending_mark
from progress.models import StepProgress
from progress.route import State
from tests.factories import PASSWORD, RoadmapFactory, StepFactory, UserFactory
from tests.progress.test_mark import HTMX, SAME_ORIGIN, address


@pytest.fixture
def step(db):
    return StepFactory(title="Caching", slug="caching")


@pytest.fixture
def visitor():
    return Client()


def mark_as_visitor(visitor, step, state="done"):
    """Mark the step, and return the address where the sign-in ends."""
    response = visitor.post(address(step, state), headers=SAME_ORIGIN)
    assert urlsplit(response.url).path == "/accounts/signup/"
    return parse_qs(urlsplit(response.url).query)["next"][0]


def sign_in(visitor, user, destination=""):
    return visitor.post(
        "/accounts/login/",
        {"login": user.email, "password": PASSWORD, "next": destination},
    )


def cookie(visitor):
    return visitor.cookies[pending_mark.COOKIE_NAME]


def test_nothing_is_stored_before_the_sign_in(visitor, step, django_assert_num_queries):
    for _ in range(3):
        with django_assert_num_queries(1):  # the step
            mark_as_visitor(visitor, step)
    assert not StepProgress.objects.exists()
    assert not Session.objects.exists()
    assert set(visitor.cookies) == {pending_mark.COOKIE_NAME}


def test_the_cookie_lasts_thirty_minutes_and_no_script_can_read_it(visitor, step):
    mark_as_visitor(visitor, step)
    assert cookie(visitor)["max-age"] == 30 * 60
    assert cookie(visitor)["httponly"]
    assert cookie(visitor)["samesite"] == "Lax"


def test_the_cookie_holds_the_newest_five(visitor, db):
    roadmap = RoadmapFactory(slug=get_random_string(80, "abcdefghijkl"))
    slugs = [get_random_string(80, "abcdefghijkl") for _ in range(7)]
    steps = [StepFactory(roadmap=roadmap, slug=slug, title=slug) for slug in slugs]
    destinations = [mark_as_visitor(visitor, other) for other in steps]
    login = visitor.get("/accounts/login/", query_params={"next": destinations[2]})
    assert f"<bdi>{slugs[2]}</bdi> will be marked done" in login.text
    login = visitor.get("/accounts/login/", query_params={"next": destinations[1]})
    assert "will be marked" not in login.text
    assert len(cookie(visitor).OutputString()) < 4096


@pytest.mark.parametrize(
    ("state", "named"),
    [("done", "done"), ("learning", "in progress"), ("skipped", "skipped")],
)
def test_the_sign_in_page_names_the_mark(visitor, step, state, named):
    destination = mark_as_visitor(visitor, step, state)
    for page in ("login", "signup"):
        response = visitor.get(f"/accounts/{page}/", query_params={"next": destination})
        assert f"<bdi>Caching</bdi> will be marked {named}." in response.text
        assert "to track your progress</h1>" in response.text
        assert f'<a href="{destination}">' in response.text


def test_signing_in_stores_the_mark_and_ends_at_the_step(visitor, user, step):
    response = sign_in(visitor, user, mark_as_visitor(visitor, step))
    assert response.url == f"{step.roadmap.get_absolute_url()}#caching"
    row = StepProgress.objects.get()
    assert (row.user, row.step, row.state) == (user, step, State.DONE)


def test_signing_up_with_the_code_stores_it_too(visitor, step, mailoutbox):
    destination = mark_as_visitor(visitor, step)
    new = {"email": "new@example.com", "password1": PASSWORD, "next": destination}
    assert visitor.post("/accounts/signup/", new).url == "/accounts/confirm-email/"
    code = re.search(r"^ +(\S+)$", mailoutbox[0].body, re.MULTILINE)[1]
    response = visitor.post("/accounts/confirm-email/", {"code": code})
    assert response.url == destination
    assert StepProgress.objects.get().user.email == "new@example.com"


def test_a_password_reset_stores_it_too(visitor, user, step, mailoutbox):
    destination = mark_as_visitor(visitor, step)
    sent = {"email": user.email, "next": destination}
    confirm = visitor.post("/accounts/password/reset/", sent).url
    code = re.search(r"^ +(\S+)$", mailoutbox[0].body, re.MULTILINE)[1]
    complete = visitor.post(confirm, {"code": code, "next": destination}).url
    new = {"password1": "another good one", "password2": "another good one"}
    assert visitor.post(complete, {**new, "next": destination}).url == destination
    assert StepProgress.objects.get().step == step


def test_a_step_that_is_done_keeps_its_date(visitor, user, step):
    StepProgress.objects.mark(user, step.pk, State.DONE)
    before = StepProgress.objects.get().done_at
    sign_in(visitor, user, mark_as_visitor(visitor, step))
    assert StepProgress.objects.get().done_at == before


@pytest.mark.parametrize("state", ["learning", "skipped"])
def test_a_step_that_is_done_stays_done(visitor, user, step, state):
    StepProgress.objects.mark(user, step.pk, State.DONE)
    sign_in(visitor, user, mark_as_visitor(visitor, step, state))
    assert StepProgress.objects.get().state == State.DONE


def test_unticking_needs_a_press_after_the_sign_in(visitor, user, step):
    StepProgress.objects.mark(user, step.pk, State.DONE)
    destination = mark_as_visitor(visitor, step, "none")
    assert not visitor.cookies
    login = visitor.get("/accounts/login/", query_params={"next": destination})
    assert "Sign in</h1>" in login.text
    sign_in(visitor, user, destination)
    assert StepProgress.objects.get().state == State.DONE


def test_a_step_in_progress_becomes_done(visitor, user, step):
    StepProgress.objects.mark(user, step.pk, State.LEARNING)
    sign_in(visitor, user, mark_as_visitor(visitor, step))
    assert StepProgress.objects.get().state == State.DONE


def test_sending_the_cookie_again_changes_nothing(visitor, user, step):
    destination = mark_as_visitor(visitor, step)
    copy = cookie(visitor).value
    sign_in(visitor, user, destination)
    before = StepProgress.objects.values().get()
    visitor.post("/accounts/logout/")
    visitor.cookies[pending_mark.COOKIE_NAME] = copy
    sign_in(visitor, user, destination)
    assert StepProgress.objects.values().get() == before


@pytest.mark.parametrize("salt", ["another", pending_mark.SALT])
def test_a_forged_cookie_marks_nothing(visitor, user, step, salt):
    marks = {"/": [step.pk, "done", time.time()]}
    token = signing.dumps(marks, key="another key", salt=salt)
    visitor.cookies[pending_mark.COOKIE_NAME] = token
    sign_in(visitor, user, "/")
    assert not StepProgress.objects.exists()


def test_it_is_stored_once(visitor, user, step):
    destination = mark_as_visitor(visitor, step)
    sign_in(visitor, user, destination)
    StepProgress.objects.all().delete()
    visitor.post("/accounts/logout/")
    sign_in(visitor, user, destination)
    assert not StepProgress.objects.exists()


def test_another_sign_in_drops_it(visitor, user, step):
    mark_as_visitor(visitor, step)
    sign_in(visitor, user)
    assert not StepProgress.objects.exists()
    assert cookie(visitor).value == ""


def test_each_tab_has_its_own(visitor, user, step):
    other = StepFactory(roadmap=step.roadmap, title="Testing")
    destination = mark_as_visitor(visitor, step)
    mark_as_visitor(visitor, other)
    sign_in(visitor, user, destination)
    assert StepProgress.objects.get().step == step


def test_it_expires_after_thirty_minutes(visitor, user, step, monkeypatch):
    destination = mark_as_visitor(visitor, step)
    later = time.time() + 30 * 60 + 1
    monkeypatch.setattr("time.time", lambda: later)
    sign_in(visitor, user, destination)
    assert not StepProgress.objects.exists()


def test_signing_out_drops_it(visitor, user, step):
    destination = mark_as_visitor(visitor, step)
    visitor.force_login(user)
    visitor.post("/accounts/logout/")
    assert cookie(visitor).value == ""
    sign_in(visitor, UserFactory(), destination)
    assert not StepProgress.objects.exists()


def test_a_step_retired_since_is_ignored(visitor, user, step):
    destination = mark_as_visitor(visitor, step)
    step.is_retired = True
    step.save()
    assert sign_in(visitor, user, destination).status_code == 302
    assert not StepProgress.objects.exists()


def test_a_newer_mark_does_not_prolong_an_older_one(visitor, user, step, monkeypatch):
    destination = mark_as_visitor(visitor, step)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 20 * 60)
    other = StepFactory(roadmap=step.roadmap, title="Testing")
    mark_as_visitor(visitor, other)
    monkeypatch.setattr("time.time", lambda: now + 31 * 60)
    sign_in(visitor, user, destination)
    assert not StepProgress.objects.exists()


def test_a_step_of_a_draft_is_404(visitor, db):
    draft = StepFactory(roadmap=RoadmapFactory(is_published=False))
    response = visitor.post(address(draft), headers=SAME_ORIGIN)
    assert response.status_code == 404


@pytest.mark.parametrize("visibility", ["signed-in", "groups"])
def test_a_step_that_visitors_cannot_see_is_like_an_unknown_one(
    visitor, db, visibility
):
    hidden = StepFactory(roadmap=RoadmapFactory(visibility=visibility))
    for path in (address(hidden), "/progress/999999/done/"):
        assert visitor.post(path, headers=SAME_ORIGIN).status_code == 404
        response = visitor.post(path, headers=HTMX)
        assert (response.status_code, response.content) == (401, b"")
        assert not response.cookies


def test_htmx_gets_401_and_the_mark_is_remembered(visitor, user, step):
    response = visitor.post(address(step), headers=HTMX)
    assert response.status_code == 401
    sign_in(visitor, user, step.get_row_url())
    assert StepProgress.objects.get().step == step


def test_a_tab_opened_before_the_sign_in_still_works(visitor, user, step):
    StepFactory(roadmap=step.roadmap)  # so that the mark completes nothing
    visitor.force_login(user)
    response = visitor.post(address(step), headers=SAME_ORIGIN)
    assert response.url == step.get_row_url()
    assert StepProgress.objects.get().user == user
