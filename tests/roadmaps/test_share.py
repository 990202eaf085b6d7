"""The pages' metadata for search engines and link previews."""

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
# The other templates in the folder are parts of pages.
ACCOUNT_PAGES = sorted(
    template.name
    for template in settings.BASE_DIR.glob("templates/account/*.html")
    if template.read_text().startswith("{% extends")
    and template.name != "login.html"  # search engines may list it
)
NOINDEX = '<meta name="robots" content="noindex">'


def head(client, path, **kwargs):
    """The page's metadata, by name."""
    page = client.get(path, **kwargs).content.decode()
    pairs = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page)
    metadata = {name: html.unescape(content) for name, content in pairs}
    assert len(metadata) == len(pairs)
    canonical = re.findall('<link rel="canonical" href="([^"]+)">', page)
    return metadata | {"canonical": canonical}


@pytest.mark.parametrize("path", ["/", ROADMAP, STEP])
class TestEveryPage:
    def test_the_canonical_address_has_no_query(self, client, backend, path):
        metadata = head(client, path, query_params={"undo": "x", "utm_source": "y"})
        assert metadata["canonical"] == [f"{SITE}{path}"]
        assert metadata["og:url"] == f"{SITE}{path}"

    def test_it_has_all_metadata_for_a_preview(self, client, backend, path):
        metadata = head(client, path)
        assert metadata["twitter:card"] == "summary_large_image"
        assert metadata["og:site_name"] == "Cairn"
        for name in ("og:title", "og:description", "og:type", "og:image:alt"):
            assert metadata[name]

    def test_it_names_a_picture_that_exists(self, client, backend, path):
        metadata = head(client, path)
        address = metadata["og:image"]
        assert re.fullmatch(rf"{SITE}/.*card\.png\?v=[0-9a-f]{{8}}", address)
        assert client.get(address.removeprefix(SITE))["Content-Type"] == "image/png"
        assert (metadata["og:image:width"], metadata["og:image:height"]) == (
            "1200",
            "630",
        )

    def test_addresses_have_the_scheme_of_the_request(self, client, backend, path):
        metadata = head(client, path, secure=True)
        assert metadata["canonical"] == [f"https://testserver{path}"]
        assert metadata["og:image"].startswith("https://testserver/")


class TestMetadata:
    def test_the_list(self, client, backend):
        metadata = head(client, "/")
        assert metadata["og:title"] == "Cairn"
        assert metadata["og:type"] == "website"

    def test_a_roadmap(self, client, backend):
        metadata = head(client, ROADMAP)
        assert metadata["og:title"] == "Backend Developer Roadmap"
        assert metadata["og:description"] == backend.summary == metadata["description"]
        assert metadata["og:type"] == "article"
        assert metadata["og:image:alt"] == (
            "Backend Developer Roadmap: 23 steps · 9 optional"
        )

    def test_a_step_has_its_roadmaps_picture(self, client, backend):
        metadata = head(client, STEP)
        assert metadata["og:title"] == "Caching · Backend Developer Roadmap"
        assert metadata["og:description"] == backend.steps.get(slug="caching").summary
        assert metadata["og:image"] == head(client, ROADMAP)["og:image"]

    def test_editors_text_is_escaped(self, client, db):
        roadmap = RoadmapFactory(title='"><script>', summary='<b> & "it\'s"')
        metadata = head(client, roadmap.get_absolute_url())
        assert metadata["og:title"] == '"><script>'
        assert metadata["og:description"] == '<b> & "it\'s"'

    def test_an_edit_changes_the_pictures_address(self, client, backend):
        before = head(client, ROADMAP)["og:image"]
        backend.steps.filter(slug="caching").update(is_retired=True)
        after = head(client, ROADMAP)["og:image"]
        assert after != before
        version = Card.for_roadmap(backend, backend.steps.active()).version
        assert after.endswith(f"?v={version}")


class TestNoindex:
    @pytest.mark.parametrize("path", [ROADMAP, STEP])
    def test_a_draft_cannot_be_indexed_or_shared(self, backend, user, path):
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
    def test_published_pages_can_be_indexed(self, client, backend, path):
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
    def test_account_and_error_pages_are_not_indexed(self, client, db, path):
        page = client.get(path).content.decode()
        assert page.count(NOINDEX) == 1
        assert "og:" not in page

    @pytest.mark.parametrize("code", [400, 403, 404, 405, 429, 500, 503])
    def test_error_pages_without_a_request_are_not_indexed(self, code):
        assert NOINDEX in get_template(f"{code}.html").render()

    @pytest.mark.parametrize("name", ACCOUNT_PAGES)
    @pytest.mark.usefixtures("organisation")
    def test_no_account_page_is_indexed(self, rf, db, name):
        request = rf.get("/")
        request.user, request.session = AnonymousUser(), {}
        counts = {"address_count": 1, "step_count": 1, "device_count": 1}
        counts["audit_days"] = 365
        assert NOINDEX in get_template(f"account/{name}").render(counts, request)
