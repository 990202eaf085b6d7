"""GET /roadmaps/<roadmap>/ of a roadmap with sections, topics and estimates"""

import re

import pytest

from progress.models import StepProgress
from roadmaps.models import Step
from tests.browser.full_step import SECTIONS, add_sections
from tests.factories import TopicFactory
from tests.html import read_html
from tests.progress.test_mark import HTMX, address

PATH = "/roadmaps/backend-developer/"


@pytest.fixture
def roadmap(backend):
    add_sections(backend)
    return backend


def read(client, path=PATH):
    return read_html(client.get(path))


def open_sections(page):
    return re.findall('<details class="section" id="section_([a-z-]+)" open', page)


def rows(page):
    """The text of each row."""
    found = re.findall('<li id="[a-z-]+".*?</li>', page)
    return [" ".join(re.sub("<.*?>", " ", row).split()) for row in found]


class TestSections:
    def test_a_roadmap_without_them_has_one_list(self, client, backend):
        page = read(client)
        assert page.count('<ol class="route"') == 1
        assert "aria-level" not in page
        assert "roadmap_effort" not in page

    def test_a_visitor_sees_all_steps_in_their_order(self, client, roadmap):
        without = rows(read(client))
        Step.objects.update(section=None)
        assert rows(read(client)) == without

    def test_every_one_is_open_for_a_visitor(self, client, roadmap):
        page = read(client)
        assert len(open_sections(page)) == len(SECTIONS)
        assert "Foundations" in page

    def test_the_one_of_the_next_step_and_the_one_after_it_are_open(
        self, signed_in, user, roadmap
    ):
        assert open_sections(read(signed_in)) == ["foundations", "data-and-apis"]
        for step in roadmap.steps.all()[:3]:
            StepProgress.objects.mark(user, step.pk, "done")
        expected = ["data-and-apis", "security-and-quality"]
        assert open_sections(read(signed_in)) == expected

    def test_a_filter_opens_all(self, signed_in, roadmap):
        page = read(signed_in, f"{PATH}?show=remaining")
        assert len(open_sections(page)) == len(SECTIONS)

    def test_they_count_the_required_steps(self, signed_in, user, roadmap):
        StepProgress.objects.mark(user, roadmap.steps.first().pk, "done")
        page = read(signed_in)
        assert "1 of 3 <span>required</span>" in page
        assert "0 of 1 <span>required</span>" in page

    def test_a_mark_replaces_the_head_of_its_section_only(self, signed_in, roadmap):
        first = roadmap.steps.first()
        part = read_html(signed_in.post(address(first), headers=HTMX))
        assert 'hx-target="#section_foundations_head"' in part
        assert "1 of 3 <span>required</span>" in part
        assert part.count("_head") == 2

    def test_steps_without_a_section_come_before_any_heading(self, client, roadmap):
        roadmap.steps.filter(section__slug="foundations").update(section=None)
        page = read(client)
        assert page.index('<ol class="section"') < page.index('<details class="section')


class TestFactsOfARow:
    def test_topics_and_hours(self, client, signed_in, user, backend):
        step = backend.steps.get(slug="caching")
        topics = TopicFactory.create_batch(3, step=step)
        backend.steps.filter(pk=step.pk).update(hours_min=4, hours_max=6)
        for each in (client, signed_in):
            assert "3 topics · 4–6 h" in read(each)
        StepProgress.objects.check_topic(user, topics[0].pk, is_checked=True)
        expected = "In progress · 1 of 3 topics · 4–6 h"
        assert expected in read(signed_in)
        StepProgress.objects.mark(user, step.pk, "done")
        assert "4–6 h" not in read(signed_in)


class TestEffort:
    def test_it_is_said_when_every_step_has_an_estimate(
        self, client, signed_in, user, backend
    ):
        backend.steps.update(hours_min=4, hours_max=6)
        for each in (client, signed_in):
            assert "about 90 to 140 hours" in read(each)
        first = backend.steps.first()
        part = read_html(signed_in.post(address(first), headers=HTMX))
        assert "about 90 to 140 hours, 90 to 130 left" in part
        backend.steps.filter(pk=first.pk).update(hours_min=None, hours_max=None)
        assert (
            "about" not in re.findall("steps in this roadmap.*?</p>", read(client))[0]
        )


@pytest.mark.parametrize("topics", [1, 40])
def test_it_takes_at_most_four_queries(
    signed_in, user, roadmap, assert_max_queries, topics
):
    for step in roadmap.steps.all()[:3]:
        for topic in TopicFactory.create_batch(topics, step=step):
            StepProgress.objects.check_topic(user, topic.pk, is_checked=True)
    signed_in.get(PATH)
    with assert_max_queries(4):
        signed_in.get(PATH)
