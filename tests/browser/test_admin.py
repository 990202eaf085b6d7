"""An editor's work in the admin, under the same strict CSP."""

import pytest
from playwright.sync_api import expect

from roadmaps.models import Resource
from tests.browser.account_pages import account_menu
from tests.browser.conftest import session_cookie
from tests.browser.roadmap_page import ROADMAP, show_tab_again
from tests.browser.screens import PHONE, expect_no_sideways_scroll
from tests.browser.step_page import expect_state
from tests.browser.test_theme_switch import BACKGROUNDS
from tests.editing.editor import order, page_of, send
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)

ROADMAPS = "/admin/roadmaps/roadmap/"


@pytest.fixture
def caching(backend):
    """A step that one learner ticked and has a note on."""
    step = backend.steps.get(slug="caching")
    NoteFactory(step=step, user=StepProgressFactory(step=step).user)
    return step


def row(page, title):
    return page.locator("#order tr").filter(has=page.get_by_role("link", name=title))


def titles(page):
    return page.locator("#order th a")


def add_section(page, title, before):
    page.get_by_label("New section").fill(title)
    page.get_by_label("Before step number").fill(str(before))
    page.get_by_label("Before step number").press("Enter")


def press_save(page):
    page.get_by_role("button", name="Save", exact=True).last.click()


def save(page):
    press_save(page)
    expect(page.locator(".messagelist .success")).to_be_visible()


def move_up(slugs, slug):
    index = slugs.index(slug)
    return [*slugs[: index - 1], slug, slugs[index - 1], *slugs[index + 1 :]]


class TestOrder:
    @pytest.fixture
    def page(self, open_page, backend, editor):
        page = open_page(ROADMAPS, editor)
        page.get_by_role("link", name="Backend Developer Roadmap").click()
        expect(titles(page).first).to_be_visible()
        return page

    def test_a_step_is_dragged(self, page, backend):
        before = order(backend)
        handle = row(page, "Caching").locator(".handle")
        handle.scroll_into_view_if_needed()
        handle.hover()
        page.mouse.down()
        row(page, "Authentication").hover(position={"x": 30, "y": 4})
        page.mouse.up()
        status = page.locator("#order_said")
        expect(status).to_contain_text("Caching is now step")
        expect(status).to_contain_text("Not saved yet.")
        new_titles = titles(page).all_inner_texts()
        assert order(backend) == before
        save(page)
        assert list(backend.steps.values_list("title", flat=True)) == new_titles
        page.goto(ROADMAP)
        expect(page.locator(".route h2")).to_have_text(new_titles)

    def test_steps_are_moved_with_the_keyboard(self, page, backend, axe):
        before = order(backend)
        second = backend.steps.get(slug=before[1])
        up = page.get_by_role("button", name=f"Move {second.title} up")
        up.focus()
        page.keyboard.press("Enter")
        expect(up).to_be_disabled()
        down = page.get_by_role("button", name=f"Move {second.title} down")
        expect(down).to_be_focused()
        row(page, "Caching").get_by_role("link").focus()
        page.keyboard.press("Alt+ArrowUp")
        after = move_up(move_up(before, second.slug), "caching")
        position = after.index("caching") + 1
        expect(page.get_by_role("status")).to_have_text(
            f"Caching is now step {position} of 23. Not saved yet."
        )
        expect(row(page, "Caching").get_by_role("link")).to_be_focused()
        axe(page)
        assert order(backend) == before
        save(page)
        assert order(backend) == after

    def test_steps_are_put_under_the_headings_of_sections(self, page, backend, axe):
        slugs = order(backend)
        expect(page.get_by_label("Section title")).to_have_count(0)
        add_section(page, "Basics", 1)
        basics = page.get_by_label("Section title")
        expect(basics).to_be_focused()
        expect(basics).to_have_value("Basics")
        status = page.get_by_role("status")
        expect(status).to_have_text("Basics now begins with step 1. Not saved yet.")
        add_section(page, "Data", 3)
        # The second step is dragged below the heading of Data, which is then moved.
        second = backend.steps.get(slug=slugs[1])
        handle = row(page, second.title).locator(".handle")
        handle.scroll_into_view_if_needed()
        handle.hover()
        page.mouse.down()
        third = backend.steps.get(slug=slugs[2])
        row(page, third.title).hover(position={"x": 30, "y": 4})
        page.mouse.up()
        expect(status).to_have_text(
            f"{second.title} is now step 2 of 23, in Data. Not saved yet."
        )
        page.get_by_label("Section title").last.focus()
        page.keyboard.press("Alt+ArrowDown")
        expect(page.get_by_label("Section title").last).to_be_focused()
        axe(page)
        save(page)
        wanted = ["#basics", *slugs[:2], "#data", *slugs[2:]]
        assert backend.history.first().order == wanted
        page.goto(page_of(backend))
        page.get_by_label("Step or section to move").select_option("2. Data")
        page.get_by_role("button", name="Move", exact=True).click()
        expect(status).to_have_text("Data now begins with step 1. Not saved yet.")
        page.get_by_label("Remove the heading Data").check()
        page.get_by_label("Slug", exact=True).last.fill("Not a slug")
        press_save(page)
        expect(page.get_by_label("Slug", exact=True).last).to_be_focused()
        axe(page)
        page.get_by_label("Slug", exact=True).last.fill("start")
        save(page)
        assert backend.history.first().order == [*slugs[2:], "#start", *slugs[:2]]

    def test_without_javascript_buttons_move_steps_and_add_sections(
        self, open_page, backend, editor
    ):
        after = move_up(order(backend), "caching")
        page = open_page(page_of(backend), editor, java_script_enabled=False)
        page.get_by_role("button", name="Move Caching up").click()
        expect(page.locator(".messagelist .success")).to_be_visible()
        assert page.url.endswith(f"#step_{backend.steps.get(slug='caching').pk}")
        expect(page.locator(".messagelist .success")).to_be_in_viewport()
        assert order(backend) == after
        page.get_by_label("New section").fill("Basics")
        page.get_by_label("Before step number").fill("2")
        page.get_by_role("button", name="Add the section").click()
        heading = page.get_by_label("Section title")
        expect(heading).to_have_value("Basics")
        expect(heading).to_be_in_viewport()
        page.get_by_role("button", name="Move Basics up").click()
        expect(page.get_by_role("button", name="Move Basics up")).to_be_disabled()
        assert backend.history.first().order == ["#basics", *after]

    def test_a_step_is_moved_to_a_typed_place(self, page, backend):
        last = titles(page).last.inner_text()
        page.get_by_label("Step or section to move").select_option(f"23. {last}")
        place = page.get_by_label("New number")
        place.fill("2")
        place.press("Enter")
        expect(page.get_by_role("status")).to_have_text(
            f"{last} is now step 2 of 23. Not saved yet."
        )
        expect(row(page, last).get_by_role("link")).to_be_focused()
        save(page)
        assert list(backend.steps.values_list("title", flat=True))[1] == last

    def test_the_page_scrolls_while_a_step_is_dragged_near_its_edge(
        self, page, backend
    ):
        page.set_viewport_size({"width": 1000, "height": 500})
        first = titles(page).first.inner_text()
        handle = row(page, first).locator(".handle")
        handle.scroll_into_view_if_needed()
        handle.hover()
        page.mouse.down()
        page.mouse.move(300, 495)
        # The pointer rests now.
        expect(titles(page).last).to_have_text(first)
        page.mouse.up()
        expect(page.get_by_role("status")).to_contain_text("is now step 23 of 23")

    def test_an_unsaved_order_is_not_lost_silently(self, page, backend):
        unsaved = page.get_by_text("Unsaved changes")
        expect(unsaved).to_be_hidden()
        first, second = titles(page).all_inner_texts()[:2]
        page.get_by_role("button", name=f"Move {first} down").click()
        expect(unsaved).to_be_visible()
        dialogs = []

        def stay(dialog):
            dialogs.append(dialog.type)
            dialog.dismiss()

        page.on("dialog", stay)
        row(page, second).get_by_role("link").click()
        assert dialogs == ["beforeunload"]
        expect(titles(page).first).to_have_text(second)
        page.get_by_role("button", name=f"Move {first} up").click()
        expect(unsaved).to_be_hidden()
        page.get_by_role("button", name=f"Move {first} down").click()
        save(page)
        expect(unsaved).to_be_hidden()

    def test_enter_in_a_field_saves_and_moves_nothing(self, page, backend):
        before = order(backend)
        title = page.get_by_label("Title:", exact=True)
        title.fill("Backend")
        title.press("Enter")
        expect(page.locator(".messagelist .success")).to_be_visible()
        backend.refresh_from_db()
        assert (backend.title, order(backend)) == ("Backend", before)

    def test_a_new_step_gets_its_slug_from_its_title(self, page, backend):
        page.get_by_role("link", name="Add a step").click()
        page.get_by_label("Title:", exact=True).first.press_sequentially("New Flags")
        expect(page.get_by_label("Slug:")).to_have_value("new-flags")
        page.get_by_label("Summary:").fill("Ship without showing.")
        save(page)
        expect(titles(page).last).to_have_text("New Flags")
        assert order(backend)[-1] == "new-flags"


class TestStep:
    def test_resources_are_moved_like_steps(self, open_page, editor, axe):
        step = StepFactory()
        for place, title in enumerate(["One", "Two", "Three"], start=1):
            Resource.objects.create(
                step=step,
                title=title,
                url=f"https://example.org/{place}",
                kind="docs",
                position=place,
            )
        page = open_page(page_of(step), editor)
        positions = page.locator("#resources-group").get_by_label("Position")
        expect(positions).to_have_count(4)
        expect(positions.first).to_be_hidden()
        expect(page.get_by_text("Unsaved changes")).to_be_hidden()
        page.get_by_role("button", name="Move Three up").click()
        page.locator("#resources-0 .handle").hover()
        page.mouse.down()
        page.locator("#resources-2 .handle").hover()
        page.mouse.up()
        expect(page.get_by_text("Unsaved changes")).to_be_visible()
        labels = page.locator(".inline-related:not(.empty-form) .inline_label")
        shown = labels.all_inner_texts()
        axe(page)
        save(page)
        assert list(step.resources.values_list("title", flat=True)) == shown
        assert shown != ["One", "Two", "Three"]

    def test_the_preview_follows_the_form(self, open_page, caching, editor, axe):
        page = open_page(page_of(caching), editor)
        preview = page.frame_locator("#preview")
        expect(preview.get_by_role("heading", level=1)).to_have_text("Caching")
        page.get_by_label("Body:").fill("## Beware\n\n- of *stale* answers")
        expect(preview.get_by_role("heading", name="Beware")).to_be_visible()
        page.get_by_label("Title:", exact=True).first.fill("Caches")
        expect(preview.get_by_role("heading", level=1)).to_have_text("Caches")
        caching.refresh_from_db()
        assert caching.title == "Caching"
        axe(open_page("/admin/roadmaps/step/preview/", editor))

    def test_the_preview_outlives_a_sign_in_and_says_when_one_is_signed_out(
        self, open_page, caching, editor, axe
    ):
        page = open_page(page_of(caching), editor)
        url = page.url.partition("/admin/")[0]
        title = page.get_by_label("Title:", exact=True).first
        heading = page.frame_locator("#preview").get_by_role("heading", level=1)
        page.context.add_cookies([session_cookie(editor, url)])
        title.fill("Signed in again")
        expect(heading).to_have_text("Signed in again")
        page.context.clear_cookies()
        title.fill("Signed out")
        status = page.get_by_role("status").filter(has_text="out of date")
        expect(status).to_contain_text("you are signed out")
        expect(
            page.get_by_role("link", name="Sign in (opens a new tab)")
        ).to_be_visible()
        expect(heading).to_have_text("Signed in again")
        axe(page)
        page.context.add_cookies([session_cookie(editor, url)])
        show_tab_again(page)
        expect(heading).to_have_text("Signed out")
        expect(status).to_be_hidden()

    def test_without_javascript_a_button_shows_the_preview(
        self, open_page, caching, editor
    ):
        page = open_page(page_of(caching), editor, java_script_enabled=False)
        page.get_by_label("Body:").fill("## Beware")
        page.get_by_role("button", name="Update the preview").click()
        preview = page.frame_locator("#preview")
        expect(preview.get_by_role("heading", name="Beware")).to_be_visible()
        expect(page.get_by_label("Body:")).to_have_value("## Beware")

    def test_only_a_change_asks_whether_the_meaning_changed(
        self, open_page, caching, editor
    ):
        page = open_page(page_of(caching), editor)
        save(page)
        assert caching.history.count() == 1
        page.goto(page_of(caching))
        page.get_by_label("Summary:").fill("Keep answers at hand.")
        press_save(page)
        expect(
            page.get_by_text("Has the step’s meaning changed?").first
        ).to_be_visible()
        expect(page.get_by_label("Summary:")).to_have_value("Keep answers at hand.")
        page.get_by_label("No: I corrected a mistake").check()
        save(page)
        caching.refresh_from_db()
        assert caching.summary == "Keep answers at hand."
        assert caching.revised_at is None

    def test_a_step_that_cannot_be_deleted_is_retired(
        self, open_page, caching, editor, axe
    ):
        page = open_page(page_of(caching), editor)
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(
            page.get_by_text("1 learner has done this. 1 learner has a note")
        ).to_be_visible()
        axe(page)
        page.get_by_role("link", name="Retire it").click()
        expect(page.get_by_role("button", name="Retire", exact=True)).to_be_visible()
        axe(page)
        page.get_by_role("button", name="Retire", exact=True).click()
        expect(page.get_by_text("Retired Caching.")).to_be_visible()
        page.get_by_role("button", name="Bring it back").click()
        expect(page.get_by_text("Brought Caching back.")).to_be_visible()
        assert caching.progress.count() == 1
        page.goto(page_of(caching, "split"))
        axe(page)

    def test_two_steps_are_merged(self, open_page, caching, editor, axe):
        learner = caching.progress.get().user
        page = open_page(page_of(caching), editor)
        page.get_by_role("link", name="Merge into another").click()
        expect(
            page.get_by_text("1 learner has done this. 1 learner has a note")
        ).to_be_visible()
        axe(page)
        page.get_by_label("Merge into").select_option("Observability")
        page.get_by_role("button", name="Merge").click()
        expect(page.get_by_text("Merged Caching into Observability.")).to_be_visible()
        page = open_page(f"{ROADMAP}observability/", learner)
        expect_state(page, "done")
        expect(page.get_by_label("Your note")).to_have_value("Read the RFC.")

    def test_a_second_editor_sees_the_conflict(
        self, open_page, caching, editor, client, axe
    ):
        page = open_page(page_of(caching), editor)
        page.get_by_label("Summary:").fill("Mine.")
        other = UserFactory(is_staff=True, is_superuser=True)
        client.force_login(other)
        send(client, caching, summary="Theirs.", meaning="no")
        press_save(page)
        conflict = page.get_by_role("region", name="Someone else saved first")
        expect(conflict).to_contain_text(other.email)
        expect(conflict.locator("del")).to_have_text("Theirs.")
        expect(conflict.locator("ins")).to_have_text("Mine.")
        expect(page.get_by_label("Summary:")).to_have_value("Mine.")
        axe(page)
        caching.refresh_from_db()
        assert caching.summary == "Theirs."
        page.get_by_label("No: I corrected a mistake").check()
        save(page)
        caching.refresh_from_db()
        assert caching.summary == "Mine."

    def test_an_earlier_version_is_restored(self, open_page, caching, editor, axe):
        caching.summary = "A mistake."
        caching.save()
        page = open_page(page_of(caching), editor)
        page.get_by_role("link", name="History").click()
        expect(page.locator("ins")).to_have_text("A mistake.")
        axe(page)
        page.get_by_role("link", name="Restore this version").click()
        page.get_by_role("button", name="Restore this version").click()
        expect(page.get_by_text("Learners have done this step").last).to_be_visible()
        axe(page)
        page.get_by_label("No: I corrected a mistake").check()
        page.get_by_role("button", name="Restore this version").click()
        expect(page.get_by_text("Restored the version of").first).to_be_visible()
        caching.refresh_from_db()
        assert caching.summary != "A mistake."


@pytest.mark.fails_requests
def test_several_steps_are_changed_and_a_roadmap_is_copied(
    open_page, backend, editor, axe
):
    """With the keyboard alone."""
    page = open_page("/admin/roadmaps/step/?q=language", editor)
    page.get_by_role("checkbox", name="Select this object").first.press("Space")
    page.get_by_label("Action:").select_option("bulk_edit")
    page.get_by_role("button", name="Run").press("Enter")
    expect(page.get_by_role("heading", name="Change several steps")).to_be_visible()
    axe(page)
    page.get_by_label("Hours, at least").fill("3")
    page.get_by_label("Hours, at most").fill("2")
    page.get_by_label("Hours, at most").press("Enter")
    expect(page.get_by_text("Fill in both numbers of hours")).to_be_visible()
    axe(page)
    page.get_by_label("Hours, at most").fill("4")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Changed 1 step.")).to_be_visible()
    page.goto(page_of(backend))
    page.get_by_role("link", name="Duplicate as a draft").press("Enter")
    expect(page.get_by_label("Slug")).to_have_value("backend-developer-copy")
    axe(page)
    page.get_by_label("Title").fill("Backend with Go")
    page.get_by_label("Title").press("Enter")
    expect(page.get_by_role("heading", name="Backend with Go")).to_be_visible()
    expect(titles(page)).to_have_count(23)


def test_a_published_roadmap_is_in_the_list(open_page, editor):
    draft = RoadmapFactory(title="Frontend Roadmap", is_published=False)
    page = open_page(page_of(draft), editor)
    page.get_by_label("Published").check()
    save(page)
    draft.refresh_from_db()
    assert draft.is_published
    visitor = open_page("/")
    expect(visitor.get_by_role("link", name="Frontend Roadmap")).to_be_visible()


def test_the_header_leads_to_the_admin_and_its_other_pages_open(open_page, editor):
    page = open_page("/", editor)
    account_menu(page).click()
    page.get_by_role("link", name="Admin", exact=True).click()
    expect(page.get_by_role("heading", name="Content and people")).to_be_visible()
    for path in ("accounts/user/", "accounts/user/add/"):
        page.goto(f"/admin/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_admin_has_the_colours_of_the_site(open_page, backend, editor, axe):
    page = open_page("/admin/", editor)
    body = page.locator("body")
    expect(body).to_have_css("background-color", BACKGROUNDS["light"])
    axe(page)
    for path in (
        "roadmaps/step/?q=caching",
        "accounts/user/",
        f"accounts/user/{UserFactory().pk}/delete/",
    ):
        page.goto(f"/admin/{path}")
        axe(page)
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(body).to_have_css("background-color", BACKGROUNDS["dark"])


def test_on_a_phone_no_page_scrolls_sideways(open_page, backend, editor):
    page = open_page("/admin/", editor, **PHONE)
    step = backend.steps.get(slug="caching")
    step.section = backend.sections.create(slug="data", title="Data")
    step.save()
    for path in (
        *("/admin/", ROADMAPS, f"{ROADMAPS}import/", "/admin/accounts/user/"),
        *(page_of(backend), page_of(step), page_of(step, "history")),
        *(page_of(step, "split"), page_of(backend, "duplicate")),
        f"/admin/roadmaps/step/bulk-edit/?steps={step.pk}",
    ):
        page.goto(path)
        expect_no_sideways_scroll(page)


def test_yes_and_no_are_words(open_page, backend, editor):
    page = open_page("/admin/roadmaps/step/?q=caching", editor)
    row = page.get_by_role("row").filter(has_text="Caching")
    expect(row.get_by_role("cell", name="Yes")).to_have_count(1)  # optional
    expect(row.get_by_role("cell", name="No")).to_have_count(1)  # not retired
    expect(row.get_by_role("img")).to_have_count(0)
