"""What the pages tell search engines, and those who preview a link."""

import html
import re

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import get_template
from django.test import Client

from roadmaps.card import Card
from tests.factories import RoadmapFactory

SITE = "http://testserver"
ROADMAP = "/roadmaps/backend-developer/"
STEP = f"{ROADMAP}caching/"
ACCOUNT_PAGES = sorted(
    template.name
    for template in settings.BASE_DIR.glob("templates/account/*.html")
    if template.name != "login.html"  # a page that people look for
)
NOINDEX = '<meta name="robots" content="noindex">'


def head(client, path, **kwargs):
    """The page's metadata, by name."""
    page = client.get(path, **kwargs).content.decode()
    pairs = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page)
    told = {name: html.unescape(content) for name, content in pairs}
    assert len(told) == len(pairs)
    canonical = re.findall('<link rel="canonical" href="([^"]+)">', page)
    return told | {"canonical": canonical}


@pytest.mark.parametrize("path", ["/", ROADMAP, STEP])
class TestEveryPage:
    def test_says_where_it_lives_without_what_was_asked(self, client, backend, path):
        told = head(client, path, query_params={"undo": "x", "utm_source": "y"})
        assert told["canonical"] == [f"{SITE}{path}"]
        assert told["og:url"] == f"{SITE}{path}"

    def test_tells_all_that_a_preview_needs(self, client, backend, path):
        told = head(client, path)
        assert told["twitter:card"] == "summary_large_image"
        assert told["og:site_name"] == "Cairn"
        for name in ("og:title", "og:description", "og:type", "og:image:alt"):
            assert told[name]

    def test_names_a_picture_that_opens(self, client, backend, path):
        told = head(client, path)
        address = told["og:image"]
        assert re.fullmatch(rf"{SITE}/.*card\.png\?v=[0-9a-f]{{8}}", address)
        assert client.get(address.removeprefix(SITE))["Content-Type"] == "image/png"
        assert (told["og:image:width"], told["og:image:height"]) == ("1200", "630")

    def test_speaks_of_the_scheme_that_it_was_asked_by(self, client, backend, path):
        told = head(client, path, secure=True)
        assert told["canonical"] == [f"https://testserver{path}"]
        assert told["og:image"].startswith("https://testserver/")


class TestWhatItSays:
    def test_the_list(self, client, backend):
        told = head(client, "/")
        assert told["og:title"] == "Cairn"
        assert told["og:type"] == "website"

    def test_a_roadmap(self, client, backend):
        told = head(client, ROADMAP)
        assert told["og:title"] == "Backend Developer Roadmap"
        assert told["og:description"] == backend.summary == told["description"]
        assert told["og:type"] == "article"
        assert told["og:image:alt"] == (
            "Backend Developer Roadmap: 23 steps · 9 optional"
        )

    def test_a_step_shows_its_roadmaps_picture(self, client, backend):
        told = head(client, STEP)
        assert told["og:title"] == "Caching · Backend Developer Roadmap"
        assert told["og:description"] == backend.steps.get(slug="caching").summary
        assert told["og:image"] == head(client, ROADMAP)["og:image"]

    def test_what_an_editor_wrote_stays_text(self, client, db):
        roadmap = RoadmapFactory(title='"><script>', summary='<b> & "it\'s"')
        told = head(client, roadmap.get_absolute_url())
        assert told["og:title"] == '"><script>'
        assert told["og:description"] == '<b> & "it\'s"'

    def test_an_edit_leads_to_another_picture(self, client, backend):
        before = head(client, ROADMAP)["og:image"]
        backend.steps.filter(slug="caching").update(is_retired=True)
        after = head(client, ROADMAP)["og:image"]
        assert after != before
        version = Card.of(backend, backend.steps.active()).version
        assert after.endswith(f"?v={version}")


class TestNoindex:
    @pytest.mark.parametrize("path", [ROADMAP, STEP])
    def test_a_draft_is_not_to_be_found_nor_shared(self, backend, user, path):
        backend.is_published = False
        backend.save()
        user.is_staff = True
        user.save()
        client = Client()
        client.force_login(user)
        page = client.get(path).content.decode()
        assert page.count(NOINDEX) == 1
        assert "og:image" not in page
        assert "canonical" not in page

    @pytest.mark.parametrize("path", ["/", ROADMAP, STEP, "/accounts/login/"])
    def test_what_is_published_is_to_be_found(self, client, backend, path):
        assert "noindex" not in client.get(path).content.decode()

    @pytest.mark.parametrize(
        "path",
        [
            "/accounts/signup/",
            "/accounts/password/reset/",
            "/nope/",
            "/roadmaps/nope/",
        ],
    )
    def test_neither_accounts_nor_errors_are(self, client, db, path):
        page = client.get(path).content.decode()
        assert page.count(NOINDEX) == 1
        assert "og:" not in page

    @pytest.mark.parametrize("code", [400, 403, 404, 405, 429, 500, 503])
    def test_no_error_page_is_even_without_a_request(self, code):
        assert NOINDEX in get_template(f"{code}.html").render()

    @pytest.mark.parametrize("name", ACCOUNT_PAGES)
    def test_no_account_page_is(self, rf, name):
        request = rf.get("/")
        request.user, request.session = AnonymousUser(), {}
        assert NOINDEX in get_template(f"account/{name}").render({}, request)
