"""GET /roadmaps/<roadmap>/ of a roadmap with sections, topics and estimates"""

import re
import zlib
from itertools import batched

import pytest

from benchmarks.long_roadmap import write_roadmap
from editing.yaml_format.importer import import_roadmap
from editing.yaml_format.parser import YamlDocument
from editing.yaml_format.schema import parse
from progress.models import StepProgress
from progress.topic_checks import TopicCheck
from roadmaps.models import Section, Step
from roadmaps.step_parts import Topic
from tests.browser.full_step import SECTIONS, add_sections
from tests.factories import (
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
)
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
    return re.findall(r'<details id="section_([a-z-]+)" class="section" open', page)


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
        assert page.index('<ol class="section"') < page.index("<details id=")


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


def test_it_takes_at_most_four_queries_with_300_steps(
    signed_in, user, assert_max_queries
):
    import_roadmap(parse(YamlDocument("long.yaml", write_roadmap().encode())))
    StepProgress.objects.bulk_create(
        StepProgressFactory.build(user=user, step=step)
        for step in Step.objects.all()[:150]
    )
    TopicCheck.objects.bulk_create(
        TopicCheck(user=user, topic=topic)
        for topic in Topic.objects.filter(step__position__gt=290)
    )
    signed_in.get("/roadmaps/long-roadmap/")
    with assert_max_queries(4):
        response = signed_in.get("/roadmaps/long-roadmap/")
    assert len(zlib.compress(response.content)) < 60_000


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


@pytest.fixture
def long_roadmap(db):
    """40 steps in three sections. The third and the last are about caching."""
    roadmap = RoadmapFactory(slug="long")
    steps = StepFactory.build_batch(40, roadmap=roadmap)
    for number, part in enumerate(batched(steps, 16), start=1):
        slug, title = f"part-{number}", f"Part {number}"
        section = Section.objects.create(roadmap=roadmap, slug=slug, title=title)
        for step in part:
            step.section = section
    steps[2].title, steps[39].title = "Caching", "Shared caching"
    steps[2].summary = "Learn of ÉTAGS."
    Step.objects.bulk_create(steps)
    return roadmap


def filtered_out(page, kind):
    return re.findall(f'<{kind} id="([a-z0-9_-]+)" class="[^"]*filtered-out"', page)


class TestLongRoadmap:
    def test_it_links_to_its_sections(self, client, signed_in, long_roadmap):
        for each in (client, signed_in):
            page = read(each, long_roadmap.get_absolute_url())
            assert re.findall('id="list_.*?" href="#(.*?)"', page) == [
                "section_part-1",
                "section_part-2",
                "section_part-3",
            ]
            assert page.count('id="menu_part-') == 3
            assert 'id="step_filter"' in page

    def test_a_shorter_one_does_not(self, client, roadmap, long_roadmap):
        Step.objects.filter(roadmap=long_roadmap).first().delete()
        for path in (PATH, long_roadmap.get_absolute_url()):
            page = read(client, path)
            assert "roadmap_sections" not in page
            assert "step_filter" not in page

    def test_one_with_two_sections_has_only_the_filter(self, client, long_roadmap):
        Section.objects.filter(slug="part-3").delete()
        page = read(client, long_roadmap.get_absolute_url())
        assert "roadmap_sections" not in page
        assert 'id="step_filter"' in page

    def test_a_mark_replaces_the_links_to_its_section(self, signed_in, long_roadmap):
        step = long_roadmap.steps.first()
        part = read_html(signed_in.post(address(step), headers=HTMX))
        assert re.findall('hx-target="#((?:list|menu)_.*?)"', part) == [
            "list_part-1",
            "menu_part-1",
        ]
        assert part.count("1 of 16</span>") == 2


class TestFilterByWord:
    def test_it_hides_steps_and_sections_without_the_words(
        self, client, signed_in, long_roadmap
    ):
        for each in (client, signed_in):
            page = read(each, f"{long_roadmap.get_absolute_url()}?q=CACHING")
            assert len(filtered_out(page, "li")) == 38
            assert filtered_out(page, "details") == ["section_part-2"]
            assert "Steps shown: 2" in page
            assert len(re.findall('<details id="section_part-.*? open', page)) == 3

    def test_each_word_is_in_the_title_or_the_summary(self, client, long_roadmap):
        page = read(client, f"{long_roadmap.get_absolute_url()}?q=étags+caching")
        assert len(filtered_out(page, "li")) == 39

    def test_without_a_match_it_says_so(self, client, long_roadmap):
        page = read(client, f"{long_roadmap.get_absolute_url()}?q=%3Cb%3E")
        assert "data-empty" in page
        assert "No steps match this filter." in page
        assert 'value="&lt;b&gt;"' in page

    def test_it_is_the_same_page_for_every_visitor(self, client, long_roadmap):
        path = long_roadmap.get_absolute_url()
        response, usual = client.get(f"{path}?q=caching"), client.get(path)
        assert not response.cookies
        for name in ("Cache-Control", "Vary"):
            assert response[name] == usual[name]

    def test_a_mark_without_a_script_comes_back_to_it(self, signed_in, long_roadmap):
        step = long_roadmap.steps.first()
        response = signed_in.post(
            address(step), {"q": "a b"}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert response.url == f"{long_roadmap.get_absolute_url()}?q=a+b#{step.slug}"
