"""The roadmaps of `fixtures/` keep to docs/writing-roadmaps.md."""

import re

import pytest
from django.conf import settings

from editing.yaml_format.schema import read

FILES = sorted(settings.BASE_DIR.glob("fixtures/*.yaml"))
PARTS = [
    "Why it matters",
    "What to learn",
    "Tick it when you can",
    "Exercise",
    "Common traps",
]
HOW_MANY = {
    "What to learn": (5, 10),
    "Tick it when you can": (3, 5),
    "Common traps": (2, 4),
}
BARE = re.compile(r"^(here|link|this|click here|read more|https?://.*)$", re.IGNORECASE)
ROADMAPS = {path.stem: read(path) for path in FILES}
STEPS = [
    pytest.param(step, id=f"{slug}/{step.slug}")
    for slug, roadmap in ROADMAPS.items()
    for step in roadmap.steps
]


def parts(body):
    """The text under each heading, by heading."""
    _, *sections = re.split(r"^## (.+)$", body, flags=re.MULTILINE)
    return dict(zip(sections[::2], sections[1::2], strict=True))


@pytest.mark.parametrize("slug", ROADMAPS)
class TestARoadmap:
    def test_is_in_the_file_of_its_name_and_published(self, slug):
        assert ROADMAPS[slug].slug == slug
        assert ROADMAPS[slug].published

    def test_has_fifteen_to_twenty_five_steps_most_of_them_required(self, slug):
        steps = ROADMAPS[slug].steps
        optional = sum(step.optional for step in steps)
        assert 15 <= len(steps) <= 25
        assert 0 < optional < len(steps) / 2

    def test_names_no_address_twice(self, slug):
        urls = [r.url for step in ROADMAPS[slug].steps for r in step.resources]
        assert sorted(urls) == sorted(set(urls))


def test_each_has_a_place_of_its_own_in_the_list():
    positions = [roadmap.position for roadmap in ROADMAPS.values()]
    assert sorted(positions) == list(range(1, len(ROADMAPS) + 1))


@pytest.mark.parametrize("step", STEPS)
class TestAStep:
    def test_has_all_its_parts_in_order(self, step):
        assert list(parts(step.body)) == PARTS

    def test_has_as_many_points_as_one_can_hold(self, step):
        for part, (fewest, most) in HOW_MANY.items():
            points = re.findall(r"^- ", parts(step.body)[part], re.MULTILINE)
            assert fewest <= len(points) <= most, part

    def test_is_as_long_as_one_reads(self, step):
        assert 150 <= len(step.body.split()) <= 600

    def test_has_four_to_seven_resources_that_say_what_they_are(self, step):
        assert 4 <= len(step.resources) <= 7
        for resource in step.resources:
            assert resource.url.startswith("https://")
            assert not BARE.match(resource.title)

    def test_is_summed_up_in_one_short_sentence(self, step):
        assert len(step.summary) <= 120
        assert step.summary.endswith(".")

    def test_is_the_same_as_a_step_that_there_is(self, step):
        if step.same_as:
            roadmap, _, slug = step.same_as.partition("/")
            twins = [twin for twin in ROADMAPS[roadmap].steps if twin.slug == slug]
            assert [twin.same_as for twin in twins] == [""]
