"""An editor at work in the admin, under the same strict CSP."""

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP
from tests.editing.editor import order, page_of, send
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepProgressFactory,
    UserFactory,
)

ROADMAPS = "/admin/roadmaps/roadmap/"


@pytest.fixture
def editor(db):
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def page(open_page, backend, editor):
    page = open_page(ROADMAPS, editor)
    page.get_by_role("link", name="Backend Developer Roadmap").click()
    return page


@pytest.fixture
def caching(backend):
    step = backend.steps.get(slug="caching")
    NoteFactory(step=step, user=StepProgressFactory(step=step).user)
    return step


def row(page, title):
    return page.locator("#order tr").filter(has=page.get_by_role("link", name=title))


def titles(page):
    return page.locator("#order th a")


def save(page):
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def moved_up(slugs, slug):
    index = slugs.index(slug)
    return [*slugs[: index - 1], slug, slugs[index - 1], *slugs[index + 1 :]]


class TestTheOrder:
    def test_a_step_is_dragged(self, page, backend):
        before = order(backend)
        handle = row(page, "Caching").locator(".handle")
        handle.scroll_into_view_if_needed()
        handle.hover()
        page.mouse.down()
        row(page, "Authentication").hover(position={"x": 30, "y": 4})
        page.mouse.up()
        status = page.locator("#order_said")
        expect(status).to_contain_text("Caching is step")
        expect(status).to_contain_text("Not saved yet.")
        wanted = titles(page).all_inner_texts()
        assert order(backend) == before
        save(page)
        assert list(backend.steps.values_list("title", flat=True)) == wanted
        page.goto(ROADMAP)
        expect(page.locator(".route h2")).to_have_text(wanted)

    def test_a_step_is_moved_with_the_keyboard(self, page, backend):
        wanted = moved_up(order(backend), "caching")
        place = wanted.index("caching") + 1
        row(page, "Caching").get_by_role("link").focus()
        page.keyboard.press("Alt+ArrowUp")
        expect(page.get_by_role("status")).to_have_text(
            f"Caching is step {place} of 23 now. Not saved yet."
        )
        expect(row(page, "Caching").get_by_role("link")).to_be_focused()
        save(page)
        assert order(backend) == wanted

    def test_the_buttons_keep_the_focus_up_to_the_end(self, page, backend):
        second = order(backend)[1]
        title = backend.steps.get(slug=second).title
        up = page.get_by_role("button", name=f"Move {title} up")
        up.focus()
        page.keyboard.press("Enter")
        expect(up).to_be_disabled()
        down = page.get_by_role("button", name=f"Move {title} down")
        expect(down).to_be_focused()
        assert order(backend)[1] == second

    def test_without_a_script_a_button_saves(self, open_page, backend, editor):
        wanted = moved_up(order(backend), "caching")
        page = open_page(page_of(backend), editor, java_script_enabled=False)
        page.get_by_role("button", name="Move Caching up").click()
        expect(page.locator(".messagelist .success")).to_be_visible()
        assert page.url.endswith(f"#step_{backend.steps.get(slug='caching').pk}")
        assert order(backend) == wanted

    def test_enter_in_a_field_saves_and_moves_nothing(self, page, backend):
        before = order(backend)
        title = page.get_by_label("Title:", exact=True)
        title.fill("Backend")
        title.press("Enter")
        expect(page.locator(".messagelist .success")).to_be_visible()
        backend.refresh_from_db()
        assert (backend.title, order(backend)) == ("Backend", before)


class TestAStep:
    def test_the_preview_follows_what_is_typed(self, open_page, caching, editor):
        page = open_page(page_of(caching), editor)
        preview = page.frame_locator("#preview")
        expect(preview.get_by_role("heading", level=1)).to_have_text("Caching")
        page.get_by_label("Body:").fill("## Beware\n\n- of *stale* answers")
        expect(preview.get_by_role("heading", name="Beware")).to_be_visible()
        page.get_by_label("Title:", exact=True).first.fill("Caches")
        expect(preview.get_by_role("heading", level=1)).to_have_text("Caches")
        caching.refresh_from_db()
        assert caching.title == "Caching"

    def test_without_a_script_a_button_shows_it(self, open_page, caching, editor):
        page = open_page(page_of(caching), editor, java_script_enabled=False)
        page.get_by_label("Body:").fill("## Beware")
        page.get_by_role("button", name="Show what is typed").click()
        preview = page.frame_locator("#preview")
        expect(preview.get_by_role("heading", name="Beware")).to_be_visible()
        expect(page.get_by_label("Body:")).to_have_value("## Beware")

    def test_a_change_asks_once_what_it_means(self, open_page, caching, editor):
        page = open_page(page_of(caching), editor)
        page.get_by_label("Summary:").fill("Keep answers at hand.")
        page.get_by_role("button", name="Save", exact=True).last.click()
        expect(page.get_by_text("Has its meaning changed?").first).to_be_visible()
        expect(page.get_by_label("Summary:")).to_have_value("Keep answers at hand.")
        page.get_by_label("No: a typo").check()
        save(page)
        caching.refresh_from_db()
        assert caching.summary == "Keep answers at hand."
        assert caching.revised_at is None

    def test_a_save_without_a_change_asks_and_leaves_nothing(
        self, open_page, caching, editor
    ):
        page = open_page(page_of(caching), editor)
        save(page)
        assert caching.history.count() == 1

    def test_a_new_step_gets_its_slug_from_its_title(self, page, backend):
        page.get_by_role("link", name="Add a step").click()
        page.get_by_label("Title:", exact=True).first.press_sequentially("New Flags")
        expect(page.get_by_label("Slug:")).to_have_value("new-flags")
        page.get_by_label("Summary:").fill("Ship without showing.")
        save(page)
        expect(titles(page).last).to_have_text("New Flags")
        assert order(backend)[-1] == "new-flags"

    def test_a_refused_deletion_leads_to_retiring(self, open_page, caching, editor):
        page = open_page(page_of(caching), editor)
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text("1 learner ticked this, 1 has a note")).to_be_visible()
        page.get_by_role("link", name="Retire it").click()
        page.get_by_role("button", name="Retire it").click()
        expect(page.get_by_text("Retired Caching.")).to_be_visible()
        page.get_by_role("button", name="Bring it back").click()
        expect(page.get_by_text("Caching is on the route again.")).to_be_visible()
        assert caching.progress.count() == 1

    def test_two_steps_are_merged(self, open_page, backend, caching, editor):
        learner = caching.progress.get().user
        page = open_page(page_of(caching), editor)
        page.get_by_role("link", name="Merge into another").click()
        expect(page.get_by_text("1 learner ticked this, 1 has a note")).to_be_visible()
        page.get_by_label("Merge into").select_option("Observability")
        page.get_by_role("button", name="Merge").click()
        expect(page.get_by_text("Merged Caching into Observability.")).to_be_visible()
        learners = open_page(f"{ROADMAP}observability/", learner)
        expect(learners.get_by_role("button", name="Done")).to_have_attribute(
            "aria-pressed", "true"
        )
        expect(learners.get_by_label("Your note")).to_have_value("Read the RFC.")

    def test_two_editors_at_once(self, open_page, caching, editor, client):
        caching.progress.all().delete()
        page = open_page(page_of(caching), editor)
        page.get_by_label("Summary:").fill("Mine.")
        other = UserFactory(is_staff=True, is_superuser=True)
        client.force_login(other)
        send(client, caching, summary="Theirs.")
        page.get_by_role("button", name="Save", exact=True).last.click()
        conflict = page.get_by_role("region", name="Saved meanwhile")
        expect(conflict).to_contain_text(other.email)
        expect(conflict.locator("del")).to_have_text("Theirs.")
        expect(conflict.locator("ins")).to_have_text("Mine.")
        expect(page.get_by_label("Summary:")).to_have_value("Mine.")
        caching.refresh_from_db()
        assert caching.summary == "Theirs."
        save(page)
        caching.refresh_from_db()
        assert caching.summary == "Mine."

    def test_an_earlier_version_comes_back(self, open_page, caching, editor):
        caching.progress.all().delete()
        caching.summary = "A mistake."
        caching.save()
        page = open_page(page_of(caching), editor)
        page.get_by_role("link", name="History").click()
        expect(page.locator("ins")).to_have_text("A mistake.")
        page.get_by_role("link", name="Restore this version").click()
        page.get_by_role("button", name="Restore this version").click()
        expect(page.get_by_text("Restored the version of").first).to_be_visible()
        caching.refresh_from_db()
        assert caching.summary != "A mistake."


class TestAxe:
    @pytest.mark.parametrize(
        "pages",
        [
            ("history", "merge"),
            ("split", "retire", "delete"),
        ],
    )
    def test_what_is_done_to_a_step(self, open_page, caching, editor, axe, pages):
        caching.title = "Caches"
        caching.save()
        for name in pages:
            axe(open_page(page_of(caching, name), editor))

    def test_a_version(self, open_page, caching, editor, axe):
        first = str(caching.history.get().pk)
        caching.body += "\n\nMore."
        caching.save()
        page = open_page(page_of(caching, "history", first), editor)
        page.get_by_role("button", name="Restore this version").click()
        expect(page.get_by_text("Learners have ticked this step").last).to_be_visible()
        axe(page)

    def test_the_roadmaps_page(self, page, axe):
        row(page, "Caching").get_by_role("link").focus()
        page.keyboard.press("Alt+ArrowUp")
        axe(page)

    def test_the_steps_page_with_a_question_and_a_conflict(
        self, open_page, caching, editor, axe
    ):
        page = open_page(page_of(caching), editor)
        page.get_by_label("Summary:").fill("Mine.")
        caching.summary = "Theirs."
        caching.save()
        page.get_by_role("button", name="Save", exact=True).last.click()
        expect(page.get_by_role("region", name="Saved meanwhile")).to_be_visible()
        axe(page)

    def test_the_preview(self, open_page, caching, editor, axe):
        axe(open_page("/admin/roadmaps/step/preview/", editor))


def test_publishing(open_page, editor):
    draft = RoadmapFactory(title="Frontend Roadmap", is_published=False)
    page = open_page(page_of(draft), editor)
    page.get_by_label("Published").check()
    save(page)
    draft.refresh_from_db()
    assert draft.is_published
    visitor = open_page("/")
    expect(visitor.get_by_role("link", name="Frontend Roadmap")).to_be_visible()


def test_the_way_in_is_in_the_header(open_page, editor):
    page = open_page("/", editor)
    page.get_by_role("link", name="Admin", exact=True).click()
    expect(page.get_by_role("heading", name="Content and people")).to_be_visible()


@pytest.mark.parametrize("path", ["", "accounts/user/", "accounts/user/add/"])
def test_the_other_pages_open(open_page, editor, path):
    page = open_page(f"/admin/{path}", editor)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
