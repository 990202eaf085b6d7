"""GET /sitemap.xml"""

import re

import pytest

from tests.factories import RoadmapFactory, StepFactory

PATH = "/sitemap.xml"


def listed(response):
    return re.findall("<loc>(.+?)</loc>", response.content.decode())


def test_it_names_the_list_the_roadmaps_and_their_steps(client, backend):
    response = client.get(PATH)
    assert response["Content-Type"] == "application/xml"
    site = "http://testserver/"
    assert listed(response) == [
        site,
        f"{site}roadmaps/backend-developer/",
        *(f"{site}roadmaps/backend-developer/{s.slug}/" for s in backend.steps.all()),
    ]


def test_every_page_in_it_opens_and_says_that_it_lives_there(client, backend):
    for address in listed(client.get(PATH)):
        page = client.get(address.removeprefix("http://testserver"))
        assert f'<link rel="canonical" href="{address}">' in page.content.decode()


def test_drafts_and_what_is_retired_stay_out_even_for_staff(signed_in, user):
    user.is_staff = True
    user.save()
    StepFactory(roadmap=RoadmapFactory(is_published=False))
    RoadmapFactory(slug="kept")
    StepFactory(roadmap__slug="other", slug="gone", is_retired=True)
    assert listed(signed_in.get(PATH)) == [
        "http://testserver/",
        "http://testserver/roadmaps/kept/",
        "http://testserver/roadmaps/other/",
    ]


def test_it_names_the_host_and_scheme_that_it_was_asked_by(client, settings, db):
    settings.ALLOWED_HOSTS = ["cairn.example"]
    response = client.get(PATH, headers={"Host": "cairn.example"}, secure=True)
    assert listed(response) == ["https://cairn.example/"]


@pytest.mark.parametrize("size", [1, 5])
def test_it_costs_two_queries(client, db, at_most, size):
    for roadmap in RoadmapFactory.create_batch(size):
        StepFactory.create_batch(size, roadmap=roadmap)
    with at_most(2):
        response = client.get(PATH)
    assert len(listed(response)) == 1 + size + size * size


def test_anybody_may_keep_it_for_an_hour_and_gets_no_cookie(client, db):
    response = client.get(PATH)
    assert response["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


@pytest.mark.parametrize("page", ["2", "nope"])
def test_a_page_that_is_not_there_is_404(client, db, page):
    assert client.get(PATH, {"p": page}).status_code == 404


def test_a_post_is_405(client, db):
    assert client.post(PATH).status_code == 405
