"""My progress, in a browser."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from progress.models import Completion
from progress.views import NOTES_PER_PAGE
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
)

PATH = "/progress/"
NARROW = {"viewport": {"width": 320, "height": 800}}
LATE = (timezone.now() - timedelta(days=40)).replace(hour=23, minute=30)


@pytest.fixture
def walked(backend, user):
    """Something in every part of the page."""
    for days, step in enumerate(backend.steps.all()[:9]):
        at = LATE - timedelta(days=days * days)
        StepProgressFactory(user=user, step=step, started_at=at)
    finished = StepFactory(roadmap=RoadmapFactory(title="Knots"), added_at=LATE)
    StepProgressFactory(user=user, step=finished, started_at=LATE)
    Completion.objects.create(user=user, roadmap=finished.roadmap, completed_at=LATE)
    caching, testing = backend.steps.filter(slug__in=["caching", "testing"])
    headings = "## What *Vary* does\n\n#### Keys\n\n- a [book](https://example.org)\n"
    NoteFactory(user=user, step=caching, text=headings)
    NoteFactory(user=user, step=testing, text="Doubles: `fake`, `stub`.\n\n    code")
    return backend


def heading(page, name):
    return page.get_by_role("heading", name=name, exact=True)


def fits(page):
    return page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


class TestEverybodyCanUseIt:
    @pytest.mark.parametrize(
        "options",
        [
            {"forced_colors": "active"},
            NARROW,
        ],
        ids=["forced", "narrow"],
    )
    def test_axe_finds_nothing(self, open_page, axe, user, walked, options):
        page = open_page(PATH, user, **options)
        # axe reads the text's fill colour, computed as if nothing were forced.
        but = ["color-contrast"] if "forced_colors" in options else []
        axe(page, but=but)
        assert fits(page)
        page.get_by_text("The same as a table").click()
        expect(page.get_by_role("table", name="Steps done by day")).to_be_visible()
        axe(page, but=but)
        assert fits(page)

    def test_axe_finds_nothing_where_there_is_nothing(self, open_page, axe, user):
        page = open_page(PATH, user)
        expect(page.get_by_role("link", name="Choose a roadmap")).to_be_visible()
        axe(page)

    def test_the_year_scrolls_in_its_own_place_from_its_end(
        self, open_page, user, walked
    ):
        page = open_page(PATH, user, **NARROW)
        region = page.get_by_role("region", name="Activity by day")
        first_month, last_month = (region.locator("text").nth(n) for n in (0, 11))
        region.focus()
        expect(last_month).to_be_in_viewport()
        expect(first_month).not_to_be_in_viewport()
        for _ in range(20):
            page.keyboard.press("ArrowLeft")
        expect(first_month).to_be_in_viewport()

    def test_the_header_stays_one_line_on_a_phone(self, open_page, user):
        page = open_page(PATH, user, viewport={"width": 360, "height": 700})
        tops = {
            page.get_by_role("banner").get_by_text(name).bounding_box()["y"]
            for name in ("Progress", "Sign out")
        }
        brand = page.locator(".brand").bounding_box()
        assert tops == {brand["y"]}


class TestWithoutJavascript:
    def test_notes_are_searched_by_a_form(self, open_page, user, walked):
        page = open_page(PATH, user, java_script_enabled=False)
        page.get_by_label("Words in your notes").fill("vary")
        page.get_by_role("button", name="Search").click()
        page.wait_for_url(f"**{PATH}?q=vary#notes")
        expect(heading(page, "Caching")).to_be_visible()
        expect(heading(page, "Testing")).to_have_count(0)
        expect(page.get_by_label("Words in your notes")).to_have_value("vary")

    def test_one_continues_where_one_stopped(self, open_page, user, walked):
        page = open_page(PATH, user, java_script_enabled=False)
        page.get_by_role("link", name="Continue with step 10").click()
        page.wait_for_url("**/roadmaps/backend-developer/#testing")

    def test_dates_are_in_utc(self, open_page, user, walked):
        page = open_page(
            PATH, user, java_script_enabled=False, timezone_id="Pacific/Auckland"
        )
        assert page.context.cookies()[0]["name"] != "time_zone"
        expect(page.locator(".dated time").first).to_have_text(f"{LATE:%-d %B %Y}")


class TestSearch:
    def test_it_finds_as_one_types_and_says_so(self, open_page, axe, user, walked):
        page = open_page(PATH, user)
        status = page.locator("#notes_count")
        page.evaluate("document.getElementById('progress_parts').dataset.same = 1")
        page.get_by_label("Words in your notes").press_sequentially("vary")
        expect(status).to_have_text("1 note with “vary”")
        expect(status).to_have_role("status")
        expect(heading(page, "Testing")).to_have_count(0)
        expect(page.get_by_label("Words in your notes")).to_be_focused()
        assert page.locator("#progress_parts").get_attribute("data-same")
        assert page.url.endswith(f"{PATH}?q=vary")
        axe(page)
        page.get_by_label("Words in your notes").fill("")
        expect(status).to_have_text("2 notes")

    def test_it_leads_on_to_the_next_page_of_what_was_found(
        self, open_page, axe, user, walked
    ):
        for step in StepFactory.create_batch(NOTES_PER_PAGE + 1):
            NoteFactory(user=user, step=step, text="Stones")
        page = open_page(PATH, user)
        page.get_by_label("Words in your notes").press_sequentially("stones")
        expect(page.locator("#notes_count")).to_contain_text("21 notes with “stones”")
        axe(page)
        page.get_by_role("link", name="Older notes").click()
        page.wait_for_url(f"**{PATH}?q=stones&page=2#notes")
        expect(page.locator(".notes > li")).to_have_count(1)
        NoteFactory(user=user, text="Stones again")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator(".notes > li")).to_have_count(2)

    @pytest.mark.fails_requests
    def test_it_owns_up_when_there_is_no_answer(self, open_page, axe, user, walked):
        page = open_page(PATH, user)
        page.context.set_offline(True)
        page.get_by_label("Words in your notes").press_sequentially("vary")
        alert = page.get_by_role("alert")
        expect(alert).to_have_text("Not searched. You are offline.")
        expect(page.locator("#notes_count")).to_have_text("2 notes")
        axe(page)
        page.context.set_offline(False)
        page.get_by_label("Words in your notes").press("End")
        page.get_by_label("Words in your notes").press_sequentially(" key")
        expect(page.locator("#notes_count")).to_have_text("1 note with “vary key”")
        expect(alert).to_be_empty()


class TestFresh:
    def test_a_page_seen_again_shows_what_is_stored(
        self, open_page, axe, user, backend
    ):
        page = open_page(PATH, user)
        step = backend.steps.get(slug="caching")
        StepProgressFactory(user=user, step=step)
        NoteFactory(user=user, step=step, text="Read the RFC")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(heading(page, "Under way")).to_be_visible()
        expect(heading(page, "Caching")).to_be_visible()
        page.get_by_label("Words in your notes").press_sequentially("rfc")
        expect(page.locator("#notes_count")).to_have_text("1 note with “rfc”")
        axe(page)

    def test_it_keeps_what_is_typed_open_and_in_focus(self, open_page, user, walked):
        page = open_page(PATH, user)
        page.get_by_text("The same as a table").click()
        page.get_by_label("Words in your notes").press_sequentially("vary")
        expect(page.locator("#notes_count")).to_have_text("1 note with “vary”")
        NoteFactory(user=user, text="Vary again")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("#notes_count")).to_have_text("2 notes with “vary”")
        expect(page.get_by_label("Words in your notes")).to_be_focused()
        expect(page.get_by_label("Words in your notes")).to_have_value("vary")
        expect(page.get_by_role("table", name="Steps done by day")).to_be_visible()


class TestTimeZone:
    AUCKLAND = {"timezone_id": "Pacific/Auckland"}

    def test_a_person_sees_their_own_days(self, open_page, user, walked):
        page = open_page("/", user, **self.AUCKLAND)
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        cookie = cookies["time_zone"]
        assert cookie["value"] == "Pacific/Auckland"
        assert cookie["sameSite"] == "Lax"
        a_year = datetime.now(UTC) + timedelta(days=365)
        assert abs(cookie["expires"] - a_year.timestamp()) < 60
        page.get_by_role("link", name="Progress", exact=True).click()
        tomorrow = LATE + timedelta(days=1)
        expect(page.locator(".dated time").first).to_have_text(f"{tomorrow:%-d %B %Y}")
        expect(page.locator(".chart circle title").last).to_have_text(
            f"{tomorrow:%-d %B %Y}: 2 steps"
        )

    def test_one_who_has_moved_is_followed(self, open_page, user, backend):
        page = open_page("/", user, **self.AUCKLAND)
        page.evaluate("document.cookie = 'time_zone=Europe/Paris; path=/'")
        page.reload()
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert cookies["time_zone"]["value"] == "Pacific/Auckland"

    @pytest.mark.parametrize("path", ["/", "/roadmaps/backend-developer/"])
    def test_a_visitor_is_given_no_cookie(self, open_page, backend, path):
        page = open_page(path, **self.AUCKLAND)
        assert page.context.cookies() == []
