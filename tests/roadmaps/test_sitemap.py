"""GET /sitemap.xml"""

import re

import pytest

from tests.factories import RoadmapFactory, StepFactory

PATH = "/sitemap.xml"


def get_addresses(response):
    return re.findall("<loc>(.+?)</loc>", response.content.decode())


def test_it_lists_the_index_the_roadmaps_and_their_steps(client, backend):
    response = client.get(PATH)
    assert response["Content-Type"] == "application/xml"
    site = "http://testserver/"
    assert get_addresses(response) == [
        site,
        f"{site}roadmaps/backend-developer/",
        *(f"{site}roadmaps/backend-developer/{s.slug}/" for s in backend.steps.all()),
    ]


def test_every_listed_page_exists_and_has_that_canonical_address(client, backend):
    for address in get_addresses(client.get(PATH)):
        page = client.get(address.removeprefix("http://testserver"))
        assert f'<link rel="canonical" href="{address}">' in page.content.decode()


def test_what_is_not_for_everybody_is_left_out_even_for_staff(signed_in, user):
    user.is_staff = True
    user.save()
    StepFactory(roadmap=RoadmapFactory(is_published=False))
    for visibility in ("signed-in", "groups"):
        StepFactory(roadmap=RoadmapFactory(visibility=visibility))
    RoadmapFactory(slug="kept")
    StepFactory(roadmap__slug="other", slug="gone", is_retired=True)
    assert get_addresses(signed_in.get(PATH)) == [
        "http://testserver/",
        "http://testserver/roadmaps/kept/",
        "http://testserver/roadmaps/other/",
    ]


def test_addresses_have_the_host_and_scheme_of_the_request(client, settings, db):
    settings.ALLOWED_HOSTS = ["cairn.example"]
    response = client.get(PATH, headers={"Host": "cairn.example"}, secure=True)
    assert get_addresses(response) == ["https://cairn.example/"]


@pytest.mark.parametrize("size", [1, 5])
def test_it_takes_two_queries(client, db, assert_max_queries, size):
    for roadmap in RoadmapFactory.create_batch(size):
        StepFactory.create_batch(size, roadmap=roadmap)
    with assert_max_queries(2):
        response = client.get(PATH)
    assert len(get_addresses(response)) == 1 + size + size * size


def test_it_is_cacheable_for_an_hour_and_sets_no_cookie(client, db):
    response = client.get(PATH)
    assert response["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


@pytest.mark.parametrize("page", ["2", "nope"])
def test_an_unknown_page_is_404(client, db, page):
    assert client.get(PATH, {"p": page}).status_code == 404


def test_a_post_is_405(client, db):
    assert client.post(PATH).status_code == 405
