"""manage.py list_links"""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from editing.links import extract_urls
from roadmaps.models import Resource
from tests.factories import RoadmapFactory, StepFactory

URL = "https://example.org/caching"


@pytest.fixture
def cooking(db):
    roadmap = RoadmapFactory(slug="cooking", position=1)
    for slug in ("boil", "fry"):
        step = StepFactory(roadmap=roadmap, slug=slug)
        Resource.objects.create(step=step, title="A guide", url=URL, kind="docs")
    return roadmap


def list_links(*args, **options):
    out = StringIO()
    call_command("list_links", *args, stdout=out, **options)
    return out.getvalue()


def test_each_address_is_one_line_with_the_steps_that_link_to_it(cooking):
    assert list_links() == f"{URL}\tcooking/boil, cooking/fry\n"


def test_links_in_bodies_are_listed_after_resources(cooking):
    StepFactory(roadmap=cooking, slug="bake", body="[a](https://b.example/?x=1&y=2)")
    assert list_links().splitlines()[1] == "https://b.example/?x=1&y=2\tcooking/bake"


def test_a_step_that_links_twice_is_named_once(cooking):
    step = StepFactory(roadmap=cooking, slug="bake", body="[a](https://b.example/)")
    Resource.objects.create(step=step, title="B", url="https://b.example/", kind="docs")
    assert "https://b.example/\tcooking/bake\n" in list_links()


def test_json_has_the_titles_of_the_resources(cooking):
    StepFactory(roadmap=cooking, slug="bake", body="[a](https://b.example/)")
    first, second = json.loads(list_links(as_json=True))
    assert first["url"] == URL
    assert first["places"][0] == {
        "roadmap": "cooking",
        "step": "boil",
        "resource": "A guide",
    }
    assert second["places"] == [
        {"roadmap": "cooking", "step": "bake", "resource": None}
    ]


def test_drafts_are_listed_and_retired_steps_are_not(cooking):
    cooking.is_published = False
    cooking.save()
    cooking.steps.filter(slug="boil").update(is_retired=True)
    assert list_links() == f"{URL}\tcooking/fry\n"


def test_only_the_named_roadmaps_are_listed(cooking):
    other = StepFactory(
        roadmap=RoadmapFactory(slug="tea"), body="<https://tea.example>"
    )
    assert list_links("tea") == f"https://tea.example\ttea/{other.slug}\n"
    assert len(list_links().splitlines()) == 2


def test_an_unknown_roadmap_is_an_error(cooking):
    with pytest.raises(CommandError, match="No roadmap has this slug: coffee"):
        list_links("cooking", "coffee")


def test_without_links_nothing_is_printed(db):
    assert list_links() == ""


def test_only_links_to_the_web_are_found():
    html = (
        '<a href="https://a.example/">a</a><a href="#part">b</a><a>c</a>'
        '<a href="mailto:x@example.org">d</a><p href="https://p.example">e</p>'
        '<a href="https://a.example/">again</a>'
    )
    assert extract_urls(html) == ["https://a.example/"]
