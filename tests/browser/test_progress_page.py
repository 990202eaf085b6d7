"""The page "Progress"."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from progress.models import Completion
from progress.views import NOTES_PER_PAGE
from tests.browser.roadmap_page import show_tab_again
from tests.browser.screens import PHONE, expect_no_sideways_scroll
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
)

PATH = "/progress/"
LATE = (timezone.now() - timedelta(days=40)).replace(hour=23, minute=30)
AUCKLAND = {"timezone_id": "Pacific/Auckland"}


@pytest.fixture
def progress(backend, user):
    """Progress, a completed roadmap and notes: something for every part of the page."""
    for days, step in enumerate(backend.steps.all()[:9]):
        at = LATE - timedelta(days=days * days)
        StepProgressFactory(user=user, step=step, started_at=at)
    finished = StepFactory(roadmap=RoadmapFactory(title="Knots"), added_at=LATE)
    later = LATE + timedelta(seconds=1)  # equal times count once
    StepProgressFactory(user=user, step=finished, started_at=later)
    Completion.objects.create(user=user, roadmap=finished.roadmap, completed_at=LATE)
    caching, testing = backend.steps.filter(slug__in=["caching", "testing"])
    headings = "## What *Vary* does\n\n#### Keys\n\n- a [book](https://example.org)\n"
    NoteFactory(user=user, step=caching, text=headings)
    NoteFactory(user=user, step=testing, text="Doubles: `fake`, `stub`.\n\n    code")


def heading(page, name):
    return page.get_by_role("heading", name=name, exact=True)


def search_box(page):
    return page.get_by_label("Search notes")


def note_count(page):
    return page.locator("#notes_count")


def cookies_by_name(page):
    return {cookie["name"]: cookie for cookie in page.context.cookies()}


class TestPage:
    @pytest.mark.usefixtures("progress")
    def test_it_suits_a_phone_and_forced_colours(self, open_page, axe, user):
        page = open_page(PATH, user, **PHONE)
        axe(page)
        expect_no_sideways_scroll(page)
        page.get_by_text("View as table").click()
        expect(page.get_by_role("table", name="Steps done by day")).to_be_visible()
        axe(page)
        expect_no_sideways_scroll(page)
        # axe compares the colours of the style sheet, not the forced ones.
        page.emulate_media(forced_colors="active")
        axe(page, without=["color-contrast"])

    @pytest.mark.usefixtures("progress")
    def test_the_chart_of_the_year_scrolls_from_its_end(self, open_page, user):
        page = open_page(PATH, user, viewport=PHONE["viewport"])
        region = page.get_by_role("region", name="Activity by day")
        first_month, last_month = (region.locator("text").nth(n) for n in (0, 11))
        region.focus()
        expect(last_month).to_be_in_viewport()
        expect(first_month).not_to_be_in_viewport()
        for _ in range(20):
            page.keyboard.press("ArrowLeft")
        expect(first_month).to_be_in_viewport()

    def test_a_page_that_is_shown_again_is_up_to_date(
        self, open_page, axe, user, backend
    ):
        page = open_page(PATH, user)
        expect(page.get_by_role("link", name="Choose a roadmap")).to_be_visible()
        axe(page)
        step = backend.steps.get(slug="caching")
        StepProgressFactory(user=user, step=step)
        NoteFactory(user=user, step=step, text="Read the RFC")
        show_tab_again(page)
        expect(heading(page, "In progress")).to_be_visible()
        expect(heading(page, "Caching")).to_be_visible()
        search_box(page).press_sequentially("rfc")
        expect(note_count(page)).to_have_text("1 result for “rfc”")

    @pytest.mark.usefixtures("progress")
    def test_without_javascript_forms_links_and_utc_dates_work(self, open_page, user):
        page = open_page(PATH, user, java_script_enabled=False, **AUCKLAND)
        assert "time_zone" not in cookies_by_name(page)
        expect(page.locator(".dated time").first).to_have_text(f"{LATE:%-d %B %Y}")
        search_box(page).fill("vary")
        page.get_by_role("button", name="Search").click()
        page.wait_for_url(f"**{PATH}?q=vary#notes")
        expect(heading(page, "Caching")).to_be_visible()
        expect(heading(page, "Testing")).to_have_count(0)
        expect(search_box(page)).to_have_value("vary")
        page.goto(PATH)
        page.get_by_role("link", name="Continue: Testing").click()
        page.wait_for_url("**/roadmaps/backend-developer/testing/")


class TestNoteSearch:
    @pytest.mark.usefixtures("progress")
    def test_results_follow_the_typing(self, open_page, axe, user):
        page = open_page(PATH, user)
        page.get_by_text("View as table").click()
        page.evaluate("document.getElementById('progress_parts').dataset.same = 1")
        search_box(page).press_sequentially("vary")
        expect(note_count(page)).to_have_text("1 result for “vary”")
        expect(note_count(page)).to_have_role("status")
        expect(heading(page, "Testing")).to_have_count(0)
        expect(search_box(page)).to_be_focused()
        assert page.locator("#progress_parts").get_attribute("data-same")
        assert page.url.endswith(f"{PATH}?q=vary")
        axe(page)
        NoteFactory(user=user, text="Vary again")
        show_tab_again(page)
        expect(note_count(page)).to_have_text("2 results for “vary”")
        expect(search_box(page)).to_be_focused()
        expect(search_box(page)).to_have_value("vary")
        table = page.get_by_role("table", name="Steps done by day")
        expect(table).to_be_visible()
        search_box(page).fill("")
        expect(note_count(page)).to_have_text("3 notes")

    @pytest.mark.usefixtures("progress")
    def test_further_results_are_on_a_second_page(self, open_page, axe, user):
        for step in StepFactory.create_batch(NOTES_PER_PAGE + 1):
            NoteFactory(user=user, step=step, text="Stones")
        page = open_page(PATH, user)
        search_box(page).press_sequentially("stones")
        expect(note_count(page)).to_have_text("21 results for “stones”")
        axe(page)
        page.get_by_role("link", name="Older notes").click()
        page.wait_for_url(f"**{PATH}?q=stones&page=2#notes")
        expect(page.locator(".notes > li")).to_have_count(1)
        NoteFactory(user=user, text="Stones again")
        show_tab_again(page)
        expect(page.locator(".notes > li")).to_have_count(2)

    @pytest.mark.fails_requests
    @pytest.mark.usefixtures("progress")
    def test_an_alert_says_so_when_offline(self, open_page, axe, user):
        page = open_page(PATH, user)
        page.context.set_offline(True)
        search_box(page).press_sequentially("vary")
        alert = page.get_by_role("alert")
        expect(alert).to_have_text("The search failed. You are offline.")
        expect(note_count(page)).to_have_text("2 notes")
        axe(page)
        page.context.set_offline(False)
        search_box(page).press("End")
        search_box(page).press_sequentially(" key")
        expect(note_count(page)).to_have_text("1 result for “vary key”")
        expect(alert).to_be_empty()


class TestTimeZone:
    @pytest.mark.usefixtures("progress")
    def test_dates_follow_the_browsers_time_zone(self, open_page, user):
        page = open_page("/", user, **AUCKLAND)
        cookie = cookies_by_name(page)["time_zone"]
        assert cookie["value"] == "Pacific/Auckland"
        assert cookie["sameSite"] == "Lax"
        a_year = datetime.now(UTC) + timedelta(days=365)
        assert abs(cookie["expires"] - a_year.timestamp()) < 60
        page.evaluate("document.cookie = 'time_zone=Europe/Paris; path=/'")
        page.reload()
        assert cookies_by_name(page)["time_zone"]["value"] == "Pacific/Auckland"
        page.get_by_role("link", name="Progress", exact=True).click()
        tomorrow = f"{LATE + timedelta(days=1):%-d %B %Y}"
        expect(page.locator(".dated time").first).to_have_text(tomorrow)
        expect(page.locator(".chart circle title").last).to_have_text(
            f"{tomorrow}: 2 steps"
        )
