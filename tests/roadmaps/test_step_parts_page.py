"""GET /roadmaps/<roadmap>/<step>/ of a step that has every part"""

import re

import pytest

from progress.models import StepProgress
from tests.browser.full_step import add_sections, fill_step
from tests.factories import RoadmapFactory, StepFactory, TopicFactory
from tests.html import read_html
from tests.progress.test_mark import HTMX, address

PATH = "/roadmaps/backend-developer/caching/"


@pytest.fixture
def step(backend):
    add_sections(backend)
    step = backend.steps.get(slug="caching")
    fill_step(step)
    return step


def read(client, path=PATH, **kwargs):
    return read_html(client.get(path, **kwargs))


def text(page):
    return " ".join(re.sub("<.*?>", " ", page).split())


class TestOrder:
    def test_the_parts_are_in_the_order_of_learning(self, signed_in, step):
        page = text(read(signed_in).partition('class="step-body"')[2])
        parts = [
            "You can skip this if you can…",
            "Why it matters",
            "How a cache works",
            "Topics 0 of 3",
            "Exercise",
            "Stretch",
            "Hints 2",
            "Check yourself 2 questions",
            "Common mistakes",
            "Resources Start here",
            "Practise",
            "Your note",
            "Mark it done when you can: predict which answers come from a cache",
            "Next:",
        ]
        places = [page.index(part) for part in parts]
        assert places == sorted(places)

    def test_a_body_stands_where_the_primer_does(self, client, step):
        step.body, step.primer = "The body.", ""
        step.save()
        page = text(read(client))
        assert page.index("Why it matters") < page.index("The body.")
        assert page.index("The body.") < page.index("What is worth caching")

    def test_a_step_without_parts_looks_as_before(self, client, backend):
        page = read(client)
        for name in ("outline", "check_", "hours"):
            assert name not in page


class TestOutline:
    def test_links_every_part_that_the_step_has(self, client, signed_in, step):
        page = read(client)
        outline = page.partition('<nav class="outline"')[2].partition("</nav>")[0]
        anchors = re.findall('href="#([^"]*)"', outline)
        assert all(f'id="{anchor}"' in page for anchor in anchors)
        assert text(f"<{outline}").strip() == (
            "On this page Why it matters How a cache works Topics Exercise "
            "Check yourself Common mistakes Resources"
        )
        assert 'href="#step_note"' in read(signed_in)

    def test_has_the_headings_of_the_primer_as_plain_text(self, client, step):
        step.primer = "## `Vary` & *more*\n\nA text.\n\n> ## Quoted"
        step.save()
        page = read(client)
        assert '<a href="#primer_1">Vary &amp; more</a>' in page
        assert '<h2 id="primer_1"><code>Vary</code> &amp; <em>more</em></h2>' in page
        assert '<a href="#primer_2">Quoted</a>' in page

    def test_an_exercise_can_have_hints_only(self, client, step):
        step.exercise = step.stretch = ""
        step.save()
        assert 'href="#part_exercise"' in read(client)


class TestFacts:
    def test_are_on_one_line(self, client, signed_in, user, step):
        facts = text(read(client)).partition("techniques.")[2]
        assert "Optional about 4–6 hours needs: Learn About APIs" in facts
        assert "checked Nov 2026 with Valkey 9" in facts
        assert "Learn About APIs (Not started)" in text(read(signed_in))
        needed = step.roadmap.steps.get(slug="learn-about-apis")
        StepProgress.objects.mark(user, needed.pk, "done")
        assert "Learn About APIs (Done)" in text(read(signed_in))

    def test_needs_can_be_in_another_roadmap(self, client, signed_in, user, step):
        elsewhere = StepFactory(title="Boil", slug="boil", roadmap__slug="cooking")
        draft = StepFactory(title="Secret", roadmap=RoadmapFactory(is_published=False))
        closed = StepFactory(title="Closed", roadmap__visibility="groups")
        others = (elsewhere, draft, closed)
        paths = [f"{each.roadmap.slug}/{each.slug}" for each in others]
        step.needs = [*paths, "no/such"]
        step.save()
        StepProgress.objects.mark(user, elsewhere.pk, "skipped")
        assert 'href="/roadmaps/cooking/boil/"' in read(client)
        page = text(read(signed_in))
        assert "needs: Boil (Skipped)" in page
        assert "Secret" not in page
        assert "Closed" not in page


class TestQuestions:
    def test_answers_are_folded_and_can_all_be_shown_without_a_script(
        self, client, step
    ):
        page = read(client)
        assert page.count('class="fold question">') == 2
        assert '" open>' not in page
        link = re.search('href="([^"]*)">Show all answers', page)[1]
        page = read(client, link)
        assert page.count('class="fold question" open>') == 2
        assert "Hide all answers" in page


class TestTopics:
    def test_are_boxes_in_their_order_without_retired_ones(self, client, step):
        TopicFactory(step=step, title="An old one", is_retired=True)
        page = read(client)
        assert page.count('role="checkbox"') == 3
        assert "An old one" not in page
        assert "developer.mozilla.org" in page

    def test_their_links_are_named_by_publisher_or_else_by_host(self, client, step):
        step.topics.filter(position=2).update(publisher="MDN")
        step.resources.filter(role="practise").update(publisher="RFC 9111")
        page = text(read(client))
        assert "MDN Cache-Control (external site) ↗" in page
        assert page.count("developer.mozilla.org") == 1
        assert "· RFC 9111 (external site) ↗" in page
        assert "· example.org (external site) ↗" in page

    def test_are_counted_in_the_side_column_and_the_bar(self, signed_in, user, step):
        StepProgress.objects.check_topic(user, step.topics.first().pk, is_checked=True)
        page = text(read(signed_in))
        assert page.count("1 of 3") == 3

    def test_the_bar_of_a_step_that_is_not_started_says_how_many_there_are(
        self, signed_in, step
    ):
        bar = text(read(signed_in).partition('id="step_bar"')[2])
        assert "Not started 3 topics" in bar

    def test_a_mark_keeps_the_outcomes_of_the_step(self, signed_in, step):
        part = read_html(
            signed_in.post(address(step, "skipped"), {"at": "step"}, headers=HTMX)
        )
        assert "Mark it done when you can:" in part


class TestResources:
    @pytest.mark.parametrize(
        ("minutes", "shown"),
        [(119, "119 min"), (120, "2 h"), (150, "2.5 h"), (6000, "100 h")],
    )
    def test_long_resources_are_measured_in_hours(self, client, step, minutes, shown):
        step.resources.filter(role="practise").update(minutes=minutes)
        assert f"{shown} · example.org" in text(read(client))


@pytest.fixture
def long_step(user, step):
    """Returns a function that gives the step topics, and needs in other roadmaps."""

    def add(topics, needs):
        elsewhere = [StepFactory(slug="boil") for _ in range(needs)]
        step.needs = [f"{each.roadmap.slug}/boil" for each in elsewhere]
        step.save()
        TopicFactory.create_batch(topics, step=step)
        StepProgress.objects.mark(user, elsewhere[0].pk, "done")
        StepProgress.objects.check_topic(user, step.topics.first().pk, is_checked=True)

    return add


@pytest.mark.parametrize(("topics", "needs"), [(3, 1), (40, 8)])
class TestQueries:
    def test_a_page_takes_at_most_seven(
        self, signed_in, long_step, assert_max_queries, topics, needs
    ):
        """The session, the person, the snapshot, equivalents, the needs and the note.

        The seventh reads the content of the step after a change.
        """
        long_step(topics, needs)
        signed_in.get(PATH)
        with assert_max_queries(7):
            signed_in.get(PATH)
        with assert_max_queries(7):
            signed_in.get(PATH, headers=HTMX)

    def test_a_visitors_takes_two(
        self, client, long_step, assert_max_queries, topics, needs
    ):
        """The snapshot and the needs."""
        long_step(topics, needs)
        client.get(PATH)
        with assert_max_queries(2):
            client.get(PATH, {"answers": 1})


def test_a_folded_question_has_no_paragraph(client, step):
    """HTML allows only text and headings in a `summary`."""
    summary = re.search('<summary><span class="prose".*?</summary>', read(client))[0]
    assert "Why delete the key after the commit?" in summary
    assert "<p>" not in summary
