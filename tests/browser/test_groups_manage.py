"""Creating and managing a group, with and without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from groups.models import Group, Membership
from groups.roles import Role
from tests.browser.account_pages import expect_heading
from tests.browser.screens import (
    PHONE,
    expect_large_targets,
    expect_no_sideways_scroll,
)
from tests.factories import MembershipFactory, RoadmapFactory


def press(page, name):
    page.get_by_role("button", name=name).click()


def follow(page, name):
    page.get_by_role("main").get_by_role("link", name=name).first.click()


@pytest.mark.fails_requests  # a form with an error is answered with 422
def test_a_group_from_its_creation_to_its_deletion(
    open_page, user, cooking, axe, javascript
):
    def check():
        if javascript:
            axe(page)

    RoadmapFactory(title="Baking")
    page = open_page("/groups/", user, java_script_enabled=javascript)
    check()
    follow(page, "Create a group")
    page.get_by_label("Name").fill("Cooks")
    page.get_by_label("What it is for").fill("For the kitchen")
    page.get_by_label("Cooking", exact=True).check()
    page.get_by_label("Due date of Cooking").fill("2020-01-01")
    press(page, "Create group")
    expect(page.get_by_text("This day is in the past.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Cooks")
    expect(page.get_by_label("Cooking", exact=True)).to_be_checked()
    check()
    due_on = timezone.localdate() + timedelta(days=30)
    page.get_by_label("Due date of Cooking").fill(due_on.isoformat())
    press(page, "Create group")

    expect_heading(page, "Group settings")
    page.get_by_text("Assign a roadmap").click()
    page.get_by_label("Roadmap", exact=True).select_option("Baking")
    press(page, "Assign roadmap")
    expect(page.get_by_role("status")).to_be_in_viewport()
    page.get_by_label("Invite as").select_option("Mentor")
    page.get_by_label("Number of people").fill("1")
    press(page, "Create invitation")
    expect(page.get_by_role("status")).to_be_in_viewport()
    group = Group.objects.get()
    link = page.get_by_label("Invitation link").input_value()
    assert link.endswith(f"/groups/join/{group.invitations.get().token}/")
    MembershipFactory(group=group, user__name="Ada")
    group.admit(MembershipFactory(user__name="Mona").user, group.invitations.get())
    page.reload()
    check()

    follow(page, "Change Baking")
    check()
    press(page, "Remove roadmap")
    expect(
        page.get_by_text("The roadmap was removed from the group.")
    ).to_be_in_viewport()
    follow(page, "Change Ada")
    check()
    press(page, "Remove person")
    expect(page.get_by_text("Ada was removed from the group.")).to_be_in_viewport()
    follow(page, "Change Mona")
    page.get_by_label("Owner").check()
    press(page, "Save role")
    assert Membership.objects.owners().filter(group=group).count() == 2
    follow(page, "Delete the group…")
    check()
    press(page, "Delete the group")
    expect_heading(page, "Your groups")
    expect(page.get_by_text("The group “Cooks” was deleted.")).to_be_visible()


def test_pages_fit_a_small_screen(open_page, user, cooking):
    group = Group.objects.start(
        user, "Cooks of the long kitchen", roadmaps={cooking: None}
    )
    group.invite(Role.MEMBER, actor=user)
    person = MembershipFactory(group=group, user__email=f"{'a' * 60}@example.com")
    settings = f"/groups/{group.pk}/settings/"
    page = open_page("/groups/", user, **PHONE)
    for path in (
        "/groups/",
        "/groups/new/",
        settings,
        f"{settings}roadmaps/{group.assignments.get().pk}/",
        f"{settings}people/{person.pk}/",
        f"{settings}delete/",
    ):
        page.goto(path)
        expect_no_sideways_scroll(page)
        expect_large_targets(page)
