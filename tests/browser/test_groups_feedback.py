"""Links to work, confirmations and comments."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from groups.confirmations import Confirmation, WorkLink
from tests.browser.network import fail_requests
from tests.browser.screens import expect_large_targets, expect_no_sideways_scroll
from tests.browser.step_page import CACHING, finish_panel
from tests.factories import (
    AssignmentFactory,
    CommentFactory,
    ConfirmationFactory,
    MembershipFactory,
    StepProgressFactory,
    UserFactory,
)

THREE_DAYS = timedelta(days=3)


@pytest.fixture
def step(backend):
    return backend.steps.get(slug="caching")


@pytest.fixture
def membership(backend, user, step):
    """`user` shows the roadmap to a group, and has done the step."""
    assignment = AssignmentFactory(roadmap=backend, group__name="Spring cohort")
    StepProgressFactory(user=user, step=step, started_at=timezone.now() - THREE_DAYS)
    return MembershipFactory(user=user, group=assignment.group, showing=[assignment])


@pytest.fixture
def mentor(membership):
    user = UserFactory(name="Grace")
    MembershipFactory(user=user, group=membership.group, role="mentor")
    return user


@pytest.fixture
def feedback(membership, mentor, step):
    own = {"group": membership.group, "step": step}
    member = membership.user
    ConfirmationFactory(user=member, confirmed_by=mentor, sentence="It works.", **own)
    CommentFactory(member=member, author=mentor, text="Well done.\nTry `Age`.", **own)


def confirmation(page):
    return finish_panel(page).locator(".confirmed")


def test_a_tick_takes_a_confirmation_back_at_once(open_page, user, feedback, axe):
    page = open_page(CACHING, user)
    expect(confirmation(page)).to_contain_text("Confirmed by Grace of Spring cohort")
    expect(confirmation(page)).not_to_contain_text("No longer counts")
    finish_panel(page).get_by_role("button", name="Undo").click()
    expect(confirmation(page)).to_contain_text(
        "No longer counts: the step isn’t marked"
    )
    finish_panel(page).get_by_role("button", name="Undo").click()  # with the old date
    expect(confirmation(page)).not_to_contain_text("No longer counts")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            axe(page)
    page.set_viewport_size({"width": 320, "height": 640})
    expect_no_sideways_scroll(page)
    expect_large_targets(page)


@pytest.mark.fails_requests
def test_a_member_links_work_and_replies_without_javascript(
    open_page, user, feedback, axe
):
    page = open_page(CACHING, user, java_script_enabled=False)
    link = page.get_by_label("Link to your work")
    link.evaluate("element => element.type = 'text'")  # as an old browser has it
    link.fill("ftp://example.org/")
    page.get_by_role("button", name="Save link").click()
    expect(page.get_by_label("Link to your work")).to_have_value("ftp://example.org/")
    expect(page.get_by_text("Use a URL that begins with https://")).to_be_visible()
    page.get_by_label("Link to your work").fill("https://example.org/work")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="https://example.org/work")).to_be_visible()
    assert WorkLink.objects.get().user == user
    page.get_by_role("button", name="Remove link").click()
    expect(page.get_by_label("Link to your work")).to_have_value("")
    page.get_by_label("Your reply").fill("Thank you.")
    page.get_by_role("button", name="Send reply").click()
    reply = page.get_by_role("paragraph").filter(has_text="Thank you.")
    expect(reply).to_be_in_viewport()
    page.get_by_role("button", name="Delete Thank you.").click()
    expect(reply).to_have_count(0)


@pytest.mark.fails_requests
@pytest.mark.parametrize("has_javascript", [True, False])
def test_a_mentor_comes_back_to_the_member(
    open_page, membership, mentor, step, has_javascript
):
    """Also if htmx fails: then the browser sends the form."""
    other = step.roadmap.steps.first()
    StepProgressFactory(user=membership.user, step=other)
    page = open_page(
        f"/groups/{membership.group_id}/", mentor, java_script_enabled=has_javascript
    )
    opener = page.locator(".to-confirm > summary")
    opener.click()
    caching = page.locator("form.confirm").filter(has_text="Caching")
    caching.locator("summary").click()
    caching.get_by_label("What you saw").fill("The tests pass.")
    if has_javascript:
        fail_requests(page, "**/confirm/**", 500, times=1)
    caching.get_by_role("button", name="Confirm").click()
    expect(caching).to_have_count(0)
    assert page.url.partition("#")[2]
    row = Confirmation.objects.get()
    assert (row.step, row.confirmed_by) == (step, mentor)
    assert row.sentence == "The tests pass."
    opener.click()
    page.get_by_role("button", name=f"Confirm {other.title}").click()
    if has_javascript:
        expect(opener).to_be_focused()
        expect(page.locator("#page_said")).to_contain_text("You confirmed")
    expect(page.locator("form.confirm")).to_have_count(0)
    assert Confirmation.objects.count() == 2
