"""The group's page of a mentor, and a member's route."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from groups.confirmations import Confirmation, WorkLink
from groups.roles import Role
from tests.browser.full_step import add_sections
from tests.browser.screens import (
    PHONE,
    expect_large_targets,
    expect_no_sideways_scroll,
)
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    StepProgressFactory,
    TopicFactory,
)

LONG_NAME = "Donaudampfschifffahrtsgesellschaft Elektrizitätenhauptbetriebswerk"


@pytest.fixture
def group(backend, user):
    """A group with members who did one step after the other, and one without a mark."""
    add_sections(backend)
    group = GroupFactory(name="Spring 2027 cohort")
    due_on = timezone.localdate() + timedelta(days=90)
    assignment = AssignmentFactory(group=group, roadmap=backend, due_on=due_on)
    MembershipFactory(user=user, group=group, role=Role.OWNER)
    steps = backend.steps.all()
    TopicFactory(step=steps[0], title="Packets")
    for number, name in enumerate(["Ada", "Bob", "Cy", LONG_NAME]):
        member = MembershipFactory(group=group, user__name=name, showing=[assignment])
        for step in steps[:number]:
            at = timezone.now() - timedelta(days=20 - step.position)
            StepProgressFactory(user=member.user, step=step, started_at=at)
        if number == 1:
            url = "https://bob.example/"
            WorkLink.objects.create(user=member.user, step=steps[0], url=url)
    MembershipFactory(group=group, user__name="Dan")
    return group


def row(page, name):
    return page.locator(".member").filter(has=page.get_by_role("heading", name=name))


def test_a_mentor_confirms_a_step_with_the_keyboard(open_page, axe, user, group):
    page = open_page(f"/groups/{group.pk}/", user)
    axe(page)
    expect(page.get_by_text("Dan")).to_have_count(0)
    opener = row(page, "Bob").locator("summary").first
    expect(opener).to_have_text("Confirm 1 step Close Bob")
    opener.focus()
    page.keyboard.press("Enter")
    expect(row(page, "Bob").get_by_role("link", name="link to work")).to_be_visible()
    axe(page)
    form = row(page, "Bob").locator("form.confirm")
    expect(form).to_contain_text("Add a sentence Internet Fundamentals")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(row(page, "Bob").get_by_text("No steps to confirm.")).to_be_visible()
    assert Confirmation.objects.get().confirmed_by == user
    axe(page)


def test_a_double_click_confirms_one_step(open_page, user, group):
    page = open_page(f"/groups/{group.pk}/", user)
    row(page, "Cy").locator("summary").first.click()
    box = row(page, "Cy").get_by_role("button", name="Confirm").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.mouse.click(x, y)
    expect(row(page, "Cy").locator("form.confirm")).to_have_count(1)
    page.mouse.move(x, y)
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.evaluate("new Promise(requestAnimationFrame)")
    assert len(sent) == 1
    row(page, "Cy").get_by_role("button", name="Confirm").click()
    expect(row(page, "Cy").get_by_text("No steps to confirm.")).to_be_visible()


def test_it_suits_a_phone_and_forced_colours(open_page, axe, user, group):
    page = open_page(f"/groups/{group.pk}/?step=caching&state=none", user, **PHONE)
    for opener in page.get_by_text("View as table"), page.locator(".opens").last:
        opener.click()
    axe(page)
    expect_no_sideways_scroll(page)
    expect_large_targets(page)
    page.emulate_media(forced_colors="active")
    axe(page, without=["color-contrast"])
    page.get_by_role("link", name=LONG_NAME).click()
    expect(page.get_by_role("heading", name=LONG_NAME)).to_be_visible()
    page.get_by_text("0 of 1 topic").click()
    expect(page.get_by_text("Packets")).to_be_visible()
    axe(page, without=["color-contrast"])
    expect_no_sideways_scroll(page)
    page.emulate_media(forced_colors="none")
    axe(page)


def test_it_works_without_javascript(open_page, user, group):
    page = open_page(f"/groups/{group.pk}/", user, java_script_enabled=False)
    page.get_by_label("Step", exact=True).select_option(
        label="1. Internet Fundamentals"
    )
    page.get_by_label("State").select_option("Done")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".member")).to_have_count(3)
    page.get_by_role("link", name="Time on one step").click()
    expect(page.locator(".member")).to_have_count(3)
    row(page, "Bob").locator("summary").first.click()
    row(page, "Bob").get_by_role("button", name="Confirm").click()
    expect(row(page, "Bob")).to_be_visible()
    expect(row(page, "Bob").locator("summary")).to_have_count(0)
    assert Confirmation.objects.get().confirmed_by == user
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename.startswith("Spring 2027 cohort")
