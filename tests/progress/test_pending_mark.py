"""A visitor's mark on a step is stored once they have signed in."""

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


def mark_as_visitor(visitor, step, state="done"):
    """Mark the step, and return the address where the sign-in ends."""
    response = visitor.post(address(step, state), headers=SAME_ORIGIN)
    assert urlsplit(response.url).path == "/accounts/login/"
    return parse_qs(urlsplit(response.url).query)["next"][0]


def sign_in(visitor, user, destination=""):
    return visitor.post(
        "/accounts/login/",
        {"login": user.email, "password": PASSWORD, "next": destination},
    )


def test_nothing_is_stored_before_the_sign_in(visitor, step):
    mark_as_visitor(visitor, step)
    assert not StepProgress.objects.exists()


@pytest.mark.parametrize(
    ("state", "named"),
    [("done", "tick"), ("learning", "start"), ("skipped", "skip"), ("none", "untick")],
)
def test_the_sign_in_page_names_the_mark(visitor, step, state, named):
    destination = mark_as_visitor(visitor, step, state)
    for page in ("login", "signup"):
        response = visitor.get(f"/accounts/{page}/", query_params={"next": destination})
        assert f"to {named} Caching</h1>" in response.content.decode()


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
    assert pending_mark.SESSION_KEY not in visitor.session


def test_each_tab_has_its_own(visitor, user, step):
    other = StepFactory(roadmap=step.roadmap, title="Testing")
    destination = mark_as_visitor(visitor, step)
    mark_as_visitor(visitor, other)
    sign_in(visitor, user, destination)
    assert StepProgress.objects.get().step == step


def test_it_expires_after_thirty_minutes(visitor, user, step, monkeypatch):
    destination = mark_as_visitor(visitor, step)
    later = time.time() + 30 * 60 + 1
    monkeypatch.setattr(pending_mark.time, "time", lambda: later)
    sign_in(visitor, user, destination)
    assert not StepProgress.objects.exists()


def test_signing_out_drops_it(visitor, user, step):
    mark_as_visitor(visitor, step)
    visitor.force_login(user)
    visitor.post("/accounts/logout/")
    assert pending_mark.SESSION_KEY not in visitor.session


def test_a_step_retired_since_is_ignored(visitor, user, step):
    destination = mark_as_visitor(visitor, step)
    step.is_retired = True
    step.save()
    assert sign_in(visitor, user, destination).status_code == 302
    assert not StepProgress.objects.exists()


def test_a_step_of_a_draft_is_404(visitor, db):
    draft = StepFactory(roadmap=RoadmapFactory(is_published=False))
    response = visitor.post(address(draft), headers=SAME_ORIGIN)
    assert response.status_code == 404


def test_htmx_gets_401_and_the_mark_is_remembered(visitor, user, step):
    response = visitor.post(address(step), headers=HTMX)
    assert response.status_code == 401
    sign_in(visitor, user, step.get_row_url())
    assert StepProgress.objects.get().step == step


def test_a_tab_opened_before_the_sign_in_still_works(visitor, user, step):
    visitor.force_login(user)
    response = visitor.post(address(step), headers=SAME_ORIGIN)
    assert response.url == step.get_row_url()
    assert StepProgress.objects.get().user == user
