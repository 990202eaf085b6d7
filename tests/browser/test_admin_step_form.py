"""An editor writes the topics, questions, outcomes and resources of a step."""

from playwright.sync_api import expect

from progress.models import StepProgress
from roadmaps.models import Step
from tests.browser.full_step import fill_step
from tests.browser.test_admin import press_save, save
from tests.editing.editor import page_of
from tests.factories import TopicFactory, UserFactory

ADD = "/admin/roadmaps/step/add/?roadmap="
TOPICS = [
    ("What is worth caching", "", ""),
    ("Cache-Control", "https://developer.mozilla.org/cache-control", "MDN"),
    ("Validators and 304", "https://developer.mozilla.org/validators", "MDN"),
    ("Where a copy can live", "", ""),
    ("The cache key", "https://www.rfc-editor.org/rfc/rfc9111", "RFC 9111"),
    ("Cache-aside", "https://learn.microsoft.com/cache-aside", "Azure"),
    ("Invalidation", "", ""),
    ("Eviction", "https://valkey.io/topics/lru-cache/", "Valkey"),
    ("Stampedes", "https://www.usenix.org/memcache", "USENIX"),
]
QUESTIONS = ["Why `no-store`?", "Why after the commit?", "What is a hit?", "And Vary?"]
OUTCOMES = [
    "predict a hit",
    "make a server answer `304`",
    "say how stale",
    "go without",
]
ROLES = ["Start here", "Practise", "Look up", "Go deeper"]


def group(page, name):
    return page.locator(f"#{name}-group")


def rows(page, name):
    return group(page, name).locator(".inline-related:not(.empty-form)")


def add_button(page, name):
    return group(page, name).get_by_role("button", name="Add another")


def type_(page, *texts):
    """Type the texts, and press Tab between them."""
    for index, text in enumerate(texts):
        if index:
            page.keyboard.press("Tab")
        page.keyboard.insert_text(text)


class TestKeyboard:
    def test_a_full_step_is_written_without_a_position(
        self, open_page, backend, editor, axe
    ):
        page = open_page(f"{ADD}{backend.pk}", editor)
        expect(page.get_by_label("Title:")).to_be_focused()
        page.keyboard.type("Caching Well")
        page.get_by_label("Summary:").fill("Keep answers.")
        page.get_by_label("Primer:").fill("## How a cache works\n\nIt keeps a copy.")
        assert page.get_by_label("Hints:").bounding_box()["width"] > 400
        page.get_by_label("Hints:").fill("Look at `Age`.\nUse `curl -v`.")
        add_button(page, "topics").press("Enter")
        for index, (title, url, publisher) in enumerate(TOPICS):
            if index:
                page.keyboard.press("Enter")
            type_(page, title, f"About *{title}*.", url, publisher)
        page.keyboard.press("Tab")
        expect(add_button(page, "topics")).to_be_focused()
        add_button(page, "questions").focus()
        for question in QUESTIONS:
            page.keyboard.press("Enter")
            type_(page, question, "Because.")
            page.keyboard.press("Tab")
        add_button(page, "done_when").press("Enter")
        for index, outcome in enumerate(OUTCOMES):
            if index:
                page.keyboard.press("Enter")
            page.keyboard.insert_text(outcome)
        add_button(page, "resources").focus()
        for number, role in enumerate(ROLES):
            page.keyboard.press("Enter")
            url = f"https://example.org/{number}"
            type_(page, f"Page {number}", url, "", "")
            row = rows(page, "resources").last
            row.get_by_label("Kind").select_option("article")
            row.get_by_label("Role").select_option(role)
            page.keyboard.press("Tab")
            type_(page, "", "15")
            page.keyboard.press("Tab")
        preview = page.frame_locator("#preview")
        expect(preview.locator(".topic h3")).to_have_text([each[0] for each in TOPICS])
        headings = preview.get_by_role("heading", level=2)
        expect(headings).to_have_text(
            [
                *("How a cache works", "Topics", "Exercise", "Check yourself"),
                *("Resources", "Mark it done when you can:"),
            ]
        )
        assert not Step.objects.filter(slug="caching-well").exists()
        axe(page)
        save(page)
        step = backend.steps.get(slug="caching-well")
        topics = step.topics.values_list("title", "url", "publisher", "position")
        assert list(topics) == [
            (*topic, place) for place, topic in enumerate(TOPICS, start=1)
        ]
        assert step.topics.last().text_html == "<p>About <em>Stampedes</em>.</p>\n"
        assert [each.question for each in step.questions.all()] == QUESTIONS
        assert [each.text for each in step.done_when.all()] == OUTCOMES
        roles = [each.get_role_display() for each in step.resources.all()]
        assert (roles, step.resources.last().minutes) == (ROLES, 15)

    def test_rows_are_added_between_others_moved_and_removed(
        self, open_page, backend, editor
    ):
        step = backend.steps.get(slug="caching")
        for place, title in enumerate(["One", "Three"], start=1):
            TopicFactory(step=step, title=title, slug=title.lower(), position=place)
        page = open_page(page_of(step), editor)
        titles = group(page, "topics").get_by_label("Title")
        titles.first.press("Enter")
        page.keyboard.type("Two")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")  # in an empty row, it adds no other
        expect(rows(page, "topics")).to_have_count(4)
        group(page, "topics").get_by_role("button", name="Remove").last.press("Enter")
        expect(add_button(page, "topics")).to_be_focused()
        titles.first.press("Alt+ArrowDown")
        expect(titles.nth(1)).to_be_focused()
        expect(rows(page, "topics")).to_have_count(3)
        save(page)
        slugs = list(step.topics.values_list("slug", flat=True))
        assert slugs == ["two", "one", "three"]

    def test_an_error_in_a_late_row_keeps_everything_and_gets_the_focus(
        self, open_page, backend, editor
    ):
        page = open_page(f"{ADD}{backend.pk}", editor)
        page.get_by_label("Title:").fill("Queues")
        page.get_by_label("Summary:").fill("Wait in line.")
        add_button(page, "topics").click()
        for number in range(1, 13):
            page.keyboard.insert_text(f"Topic {number}")
            page.keyboard.press("Enter")
        titles = group(page, "topics").get_by_label("Title")
        group(page, "topics").get_by_label("URL").nth(11).fill("nowhere")
        titles.nth(1).press("Alt+ArrowUp")
        press_save(page)
        expect(page.get_by_text("Please correct the error below.")).to_be_visible()
        url = group(page, "topics").get_by_label("URL").nth(11)
        expect(url).to_be_focused()
        expect(url).to_be_in_viewport()
        expect(url).to_have_value("nowhere")
        expect(titles.nth(0)).to_have_value("Topic 2")
        expect(titles.nth(11)).to_have_value("Topic 12")
        url.fill("https://example.org/")
        save(page)
        titles = backend.steps.get(slug="queues").topics.values_list("title", flat=True)
        assert list(titles)[:3] == ["Topic 2", "Topic 1", "Topic 3"]


def test_without_javascript_there_are_empty_rows(open_page, backend, editor):
    page = open_page(f"{ADD}{backend.pk}", editor, java_script_enabled=False)
    page.get_by_label("Title:").fill("Queues")
    page.get_by_label("Slug:").fill("queues")
    page.get_by_label("Summary:").fill("Wait in line.")
    titles = group(page, "topics").get_by_label("Title")
    for index in range(10):
        titles.nth(index).fill(f"Topic {index}")
    group(page, "done_when").get_by_label("Done when you can", exact=True).first.fill(
        "wait"
    )
    page.get_by_role("button", name="Update the preview").click()
    preview = page.frame_locator("#preview")
    expect(preview.locator(".topic")).to_have_count(10)
    save(page)
    step = backend.steps.get(slug="queues")
    assert (step.topics.count(), step.done_when.get().text) == (10, "wait")


def test_the_preview_changes_nothing_and_leads_to_new_tabs(open_page, backend, editor):
    step = backend.steps.get(slug="caching")
    fill_step(step)
    page = open_page(page_of(step), editor)
    preview = page.frame_locator("#preview")
    sandbox = page.locator("#preview").get_attribute("sandbox").split()
    assert not {"allow-forms", "allow-scripts"} & set(sandbox)
    fold = preview.locator("details.skip-if")
    fold.locator("summary").click()
    with page.expect_response("**/preview/"):
        page.get_by_label("Summary:").fill("Other.")
    expect(preview.get_by_text("Other.")).to_be_visible()
    expect(fold).to_have_attribute("open", "")
    with page.context.expect_page() as tab:
        preview.get_by_role("link", name="Learn About APIs").click()
    assert tab.value.url.endswith("/learn-about-apis/")


def test_a_ticked_topic_is_retired_and_the_page_says_so(open_page, backend, editor):
    step = backend.steps.get(slug="caching")
    ticked = TopicFactory(step=step, title="Vary", slug="vary")
    StepProgress.objects.check_topic(UserFactory(), ticked.pk, is_checked=True)
    page = open_page(page_of(step), editor)
    expect(page.get_by_text("“Delete” retires it")).to_be_visible()
    group(page, "topics").get_by_label("Delete").check()
    press_save(page)
    message = page.get_by_text("“Vary” was retired, not deleted")
    expect(message).to_be_visible()
    ticked.refresh_from_db()
    assert ticked.is_retired
