"""Joining a group that the organisation suggests."""

from playwright.sync_api import expect

from groups.models import Membership
from groups.roles import Role
from tests.browser.account_pages import expect_heading
from tests.browser.screens import expect_large_targets, expect_no_sideways_scroll
from tests.factories import AssignmentFactory, GroupFactory, MembershipFactory


def test_from_the_sign_in_to_joining(open_page, backend, organisation, javascript, axe):
    group = GroupFactory(name="Class 7", purpose="We cook.", member_claim="7b")
    MembershipFactory(group=group, role=Role.OWNER, user__name="Olga")
    AssignmentFactory(group=group, roadmap=backend)
    club = GroupFactory(name="Club", mentor_claim="7b")
    organisation.person["groups"] = ["7b"]
    page = open_page("/accounts/login/", java_script_enabled=javascript)
    page.get_by_role("button", name="Sign in with Example School").click()
    expect(page.get_by_role("status")).to_contain_text("Your organisation suggests")
    page.get_by_role("status").get_by_role("link", name="Groups").click()
    expect_heading(page, "Your groups")
    if javascript:  # axe and the measurements are scripts
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            expect_no_sideways_scroll(page)
            expect_large_targets(page)
        axe(page)
    page.get_by_role("button", name="Dismiss Club").press("Enter")
    expect(page.get_by_text("Club is no longer suggested to you.")).to_be_visible()
    page.get_by_role("link", name="Class 7").click()
    expect_heading(page, "Class 7")
    expect(page.get_by_text("for as long as your organisation")).to_be_visible()
    if javascript:
        axe(page)
    page.get_by_role("button", name="Join without showing").click()
    expect(page.get_by_text("You’ve joined the group.")).to_be_visible()
    assert Membership.objects.get(group=group, role=Role.MEMBER).by_claim
    assert not club.memberships.exists()
