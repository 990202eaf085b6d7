"""Joining a group by a link, showing a roadmap to its mentors, and leaving."""

import re

import pytest
from playwright.sync_api import expect

from groups.models import Membership
from groups.roles import Role
from tests.browser.account_pages import expect_heading, sign_in
from tests.browser.roadmap_page import ROADMAP, expect_step, tick_button
from tests.browser.screens import expect_large_targets, expect_no_sideways_scroll
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    create_cooking_roadmap,
)

SIZES = [(360, 740), (1280, 900)]


@pytest.fixture
def assignment(backend):
    group = GroupFactory(name="Spring cohort", purpose="To learn together.")
    MembershipFactory(group=group, role=Role.OWNER, user__name="Mentor A")
    return AssignmentFactory(group=group, roadmap=backend)


@pytest.fixture
def invitation(assignment):
    owner = assignment.group.memberships.get()
    return assignment.group.invite(Role.MEMBER, actor=owner.user)


def button(page, name):
    return page.get_by_role("main").get_by_role("button", name=name)


def test_from_the_link_to_leaving(
    open_page, invitation, assignment, user_with_progress, javascript
):
    user = user_with_progress
    page = open_page(invitation.get_absolute_url(), java_script_enabled=javascript)
    expect_heading(page, "Spring cohort")
    expect(page.get_by_text("Mentor A")).to_have_count(0)
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    sign_in(page, user.email)
    # What mentors will see, with the own progress as the example.
    expect_heading(page, "Spring cohort")
    expect(page.get_by_text("Mentor A")).to_be_visible()
    expect(page.locator(".example")).to_contain_text("1 of 13")
    page.get_by_text("Steps and topics you have marked, with dates").click()
    expect(page.get_by_text("Done 3 May 2026").first).to_be_visible()
    button(page, "Join and show my progress").click()
    # The group's page, and from there a step.
    expect(page.get_by_role("status")).to_contain_text("You’ve joined the group.")
    assert Membership.objects.showing(assignment).get().user == user
    page.get_by_role("link", name="Backend Developer Roadmap").click()
    expect(page.get_by_text("Mentor A can see the steps and topics")).to_be_visible()
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    page.get_by_role("link", name="What mentors of Spring cohort see").click()
    expect(page.locator(".example")).to_contain_text("2 of 13")
    # Stop showing it, show it again, and leave.
    button(page, "Stop showing my progress").click()
    expect(page.get_by_text("Mentors can’t see your progress on this")).to_be_visible()
    assert not Membership.objects.showing(assignment).exists()
    page.goto(ROADMAP)
    button(page, "Show my progress").click()
    expect(page).to_have_url(re.compile(f"{ROADMAP}$"))
    expect(page.get_by_text("Mentor A can see the steps and topics")).to_be_visible()
    page.get_by_role("link", name="What mentors of Spring cohort see").click()
    button(page, "Leave group").click()
    expect(page.get_by_text("You’ve left Spring cohort.")).to_be_visible()
    assert not Membership.objects.filter(user=user).exists()


def test_choosing_what_to_show(
    open_page, invitation, assignment, user_with_progress, javascript
):
    cooking = create_cooking_roadmap("boil", "fry")
    other = AssignmentFactory(group=assignment.group, roadmap=cooking)
    page = open_page(
        invitation.get_absolute_url(),
        user_with_progress,
        java_script_enabled=javascript,
    )
    page.get_by_text("Choose which roadmaps to show").focus()
    page.keyboard.press("Enter")
    for box in page.get_by_role("checkbox").all():
        expect(box).not_to_be_checked()
    page.get_by_label("Cooking").focus()
    page.keyboard.press("Space")
    button(page, "Join and show my progress on the selected roadmaps").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You’ve joined the group.")
    assert Membership.objects.showing(other).exists()
    assert not Membership.objects.showing(assignment).exists()
    expect(
        page.get_by_text("Mentors can’t see your progress on Backend Developer")
    ).to_be_visible()


@pytest.mark.fails_requests
def test_all_pages_are_accessible_on_a_phone_and_on_a_desk(
    open_page, invitation, assignment, user_with_progress, axe
):
    def check(page):
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            expect_no_sideways_scroll(page)
            axe(page)

    visitor = open_page(invitation.get_absolute_url())
    check(visitor)
    expect_large_targets(visitor)
    page = open_page(invitation.get_absolute_url(), user_with_progress)
    page.get_by_text("Steps and topics you have marked, with dates").click()
    check(page)
    page.goto("/groups/join/nothing/")
    check(page)
    page.goto("/groups/join/")
    page.get_by_label("Code").fill("QQQQQQ")
    button(page, "Continue").click()
    expect(page.get_by_text("This code doesn’t work.")).to_be_visible()
    expect(page.get_by_label("Code")).to_have_value("QQQQQQ")
    check(page)
    expect_large_targets(page)
    MembershipFactory(group=assignment.group, user=user_with_progress)
    for path in (f"/groups/{assignment.group.pk}/", ROADMAP):
        page.goto(path)
        check(page)
    page.goto(f"/groups/{assignment.group.pk}/sharing/")
    check(page)
    page.set_viewport_size({"width": 320, "height": 640})
    expect_no_sideways_scroll(page)
