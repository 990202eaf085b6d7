"""The list of roadmaps: a visitor's first view, and the way on for a learner."""

import re

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from roadmaps.models import Step
from tests.browser.screens import PHONE, expect_large_targets, expect_no_sideways_scroll
from tests.factories import RoadmapFactory, StepFactory

SCREENS = [(320, 640), (360, 740), (768, 1024), (1280, 900)]
OVERLAP = """([one, other]) => {
    const [a, b] = [one, other].map((element) => element.getBoundingClientRect());
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}"""


@pytest.fixture
def others(db):
    for title in ("Frontend", "DevOps", "Data"):
        StepFactory(roadmap=RoadmapFactory(title=f"{title} Engineer Roadmap"))


def test_a_phone_shows_a_visitor_all_roadmaps_without_scrolling(
    open_page, backend, others, axe
):
    page = open_page("/", viewport={"width": 390, "height": 844})
    expect(page.get_by_text("You can read without an account.")).to_be_in_viewport(
        ratio=1
    )
    axe(page)


def test_a_row_is_wholly_a_link(open_page, backend, others, javascript):
    page = open_page("/", java_script_enabled=javascript)
    row = page.get_by_role("listitem").filter(has_text="Backend")
    size = row.bounding_box()
    corner = {"x": size["width"] - 5, "y": size["height"] - 5}
    row.click(position=corner)
    expect(page).to_have_title("Backend Developer Roadmap · Cairn")


def test_the_next_step_is_one_press_away(open_page, user_with_progress, others):
    page = open_page("/", user_with_progress)
    page.get_by_role("link", name="Continue: Choose a Backend Language").click()
    expect(page).to_have_url(re.compile("/choose-a-backend-language/$"))


def test_it_suits_every_screen(open_page, user_with_progress, others, axe):
    other = StepFactory(roadmap=RoadmapFactory(title="A Completed Roadmap " * 4))
    StepProgress.objects.mark(user_with_progress, other.pk, "done")
    page = open_page("/", user_with_progress)
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        expect_no_sideways_scroll(page)
        expect_large_targets(page)
        entry = page.get_by_role("listitem").filter(has_text="Continue:")
        title, button = (entry.get_by_role("link").nth(n) for n in (0, 1))
        elements = [title.element_handle(), button.element_handle()]
        assert not page.evaluate(OVERLAP, elements), width
    axe(page)


def test_a_long_list_is_filtered_with_a_plain_form(open_page, backend, axe, javascript):
    roadmaps = RoadmapFactory.create_batch(60)
    Step.objects.bulk_create(StepFactory.build(roadmap=each) for each in roadmaps)
    page = open_page("/", java_script_enabled=javascript, **PHONE)
    expect_large_targets(page)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    page.get_by_label("Filter by word").fill("backend")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=4)).to_have_count(1)
    if javascript:
        expect_no_sideways_scroll(page)
        axe(page)
