"""Groups and the audit trail in the admin, under the same strict CSP."""

import pytest
from django.db import transaction
from playwright.sync_api import expect

from accounts.audit import AuditAction
from groups.models import Group
from groups.roles import Role
from tests.browser.screens import PHONE, expect_no_sideways_scroll
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    RoadmapFactory,
    UserFactory,
)

GROUPS, TRAIL = "/admin/groups/group/", "/admin/accounts/auditevent/"


@pytest.fixture
def group(db):
    """A group with a roadmap, whose owner has closed their account."""
    group = AssignmentFactory(group__name="Class 7", roadmap__title="Cooking").group
    closed = UserFactory(email="olga@example.com", is_active=False)
    MembershipFactory(user=closed, group=group, role=Role.OWNER)
    return group


def test_a_group_gets_a_roadmap_and_an_owner_and_is_deleted(
    open_page, group, editor, axe
):
    RoadmapFactory(slug="baking", title="Baking")
    page = open_page(GROUPS, editor)
    axe(page)
    page.get_by_role("link", name="Class 7").click()
    expect(page.get_by_text("olga@example.com (closed account)")).to_be_visible()
    page.get_by_label("New owner:").fill(editor.email)
    row = page.locator("#assignments-1")
    row.get_by_label("Roadmap:").select_option("Baking")
    row.get_by_label("Due date:").fill("2027-01-31")
    axe(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert group.memberships.get(user=editor).is_owner
    assert group.assignments.count() == 2
    page.goto(f"{GROUPS}{group.pk}/delete/")
    axe(page)
    page.get_by_role("button", name="Yes, I’m sure").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert not Group.objects.exists()
    page.goto(TRAIL)
    details = page.locator(".field-in_words").all_inner_texts()
    number = group.pk
    assert details == [
        f"Deleted a group. Group: Class 7 ({number}).",
        f"Assigned a roadmap to a group. Group: Class 7 ({number}). Roadmap: baking.",
        f"Joined a group. Group: Class 7 ({number}). Role: Owner.",
    ]
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    text = download.value.path().read_text()
    assert text.count("Class 7 (") == 3
    page.reload()
    exported = page.locator(".field-in_words").first
    expect(exported).to_have_text("Exported the audit trail. File: CSV. Events: 3.")


def test_the_pages_fit_a_phone(open_page, group, editor):
    with transaction.atomic():
        group.record(AuditAction.GROUP_CREATED, editor)
    page = open_page(GROUPS, editor, **PHONE)
    for path in (GROUPS, f"{GROUPS}{group.pk}/change/", TRAIL):
        page.goto(path)
        expect_no_sideways_scroll(page)
