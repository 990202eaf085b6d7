"""GET /roadmaps/<roadmap>/card.png"""

import re
import time
from io import BytesIO

import pytest
from django.conf import settings
from PIL import Image, ImageChops

from roadmaps import card_image
from roadmaps.card import Card
from roadmaps.card_image import replace_missing_characters
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
)

PATH = "/roadmaps/backend-developer/card.png"
MAX_SIZE = 60_000  # bytes
MAX_TIME = 0.2  # seconds


def open_png(png):
    return Image.open(BytesIO(png))


def find_content_box(picture):
    """Return the box around everything that is not background."""
    rgb = picture.convert("RGB")
    background = Image.new("RGB", rgb.size, rgb.getpixel((0, 0)))
    return ImageChops.difference(rgb, background).getbbox()


class TestCardResponse:
    def test_it_is_a_png_of_the_size_for_open_graph(self, client, backend):
        response = client.get(PATH)
        assert response["Content-Type"] == "image/png"
        picture = open_png(response.content)
        assert picture.format == "PNG"
        assert picture.size == (1200, 630)

    def test_it_is_cacheable_and_sets_no_cookie(self, client, backend):
        response = client.get(PATH)
        assert response["Cache-Control"] == "public, max-age=86400"
        assert "Cookie" not in response.get("Vary", "")
        assert not response.cookies

    def test_it_has_an_etag(self, client, backend):
        again = {"If-None-Match": client.get(PATH)["ETag"]}
        assert client.get(PATH, headers=again).status_code == 304
        backend.steps.filter(slug="caching").update(is_optional=False)
        assert client.get(PATH, headers=again).status_code == 200

    @pytest.mark.parametrize("steps", [3, 30])
    def test_it_takes_two_queries(self, client, signed_in, assert_max_queries, steps):
        roadmap = RoadmapFactory()
        StepFactory.create_batch(steps, roadmap=roadmap)
        for reader in (client, signed_in):
            with assert_max_queries(2):
                reader.get(f"{roadmap.get_absolute_url()}card.png")


class TestUnavailableCards:
    def test_a_draft_is_404_except_for_staff(self, client, signed_in, user, backend):
        backend.is_published = False
        backend.save()
        assert client.get(PATH).status_code == 404
        assert signed_in.get(PATH).status_code == 404
        user.is_staff = True
        user.save()
        response = signed_in.get(PATH)
        assert response["Content-Type"] == "image/png"
        assert response["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("visibility", ["signed-in", "groups"])
    def test_one_that_is_not_for_everybody_is_private(
        self, client, signed_in, user, backend, visibility
    ):
        backend.visibility = visibility
        backend.save()
        group = AssignmentFactory(roadmap=backend).group
        MembershipFactory(user=user, group=group)
        assert client.get(PATH).status_code == 404
        response = signed_in.get(PATH)
        assert response["Content-Type"] == "image/png"
        assert response["Cache-Control"] == "no-store"
        assert "Cookie" in response["Vary"]

    @pytest.mark.parametrize("slug", ["nope", "Backend-Developer", "a" * 3000])
    def test_an_unknown_roadmap_is_404(self, client, backend, slug):
        assert client.get(f"/roadmaps/{slug}/card.png").status_code == 404

    def test_a_post_is_405(self, client, backend):
        assert client.post(PATH).status_code == 405


class TestVersion:
    def test_it_stays_the_same_with_the_picture(self, backend):
        steps = list(backend.steps.all())
        before = Card.for_roadmap(backend, steps).version
        backend.summary = steps[0].title = "It is not in the picture."
        assert Card.for_roadmap(backend, steps).version == before

    def test_it_changes_with_the_picture(self, backend):
        steps = list(backend.steps.all())
        before = Card.for_roadmap(backend, steps)
        steps[0].is_optional = True
        assert Card.for_roadmap(backend, steps).version != before.version
        backend.title = "Backend"
        assert Card.for_roadmap(backend, steps).version != before.version


TITLES = [
    "Everything that somebody who keeps databases, queues, caches and networks alive"
    " ought to know before the first night on",
    "W" * 120,
    "W " * 60,
    "i" * 120,
    "a",
]


class TestDrawing:
    @pytest.mark.parametrize("steps", [0, 1, 23, 60, 61, 230])
    @pytest.mark.parametrize("title", TITLES)
    def test_it_stays_within_its_margins(self, title, steps):
        optional = tuple(number % 3 == 1 for number in range(steps))
        left, top, right, bottom = find_content_box(
            open_png(Card(title, "W" * 80, optional).png)
        )
        assert left >= card_image.MARGIN - 8  # a letter's overhang
        assert top >= card_image.LOGO_TOP - 2
        assert right <= 1200 - card_image.MARGIN + 8
        assert bottom <= 630 - 30

    @pytest.mark.parametrize("title", TITLES)
    def test_the_title_does_not_overlap_the_bar(self, title):
        picture = open_png(Card(title, "Category", (False,) * 23).png).convert("RGB")
        background = picture.getpixel((0, 0))
        gap = picture.crop((0, 452, 1200, 478))
        assert gap.getcolors() == [(1200 * 26, background)]

    @pytest.mark.parametrize("title", TITLES)
    def test_it_is_small_and_drawn_quickly(self, title):
        card = Card(title, "W" * 80, (False, True) * 115)
        card.png  # noqa: B018, loads the font
        before = time.thread_time()
        png = card.png
        assert time.thread_time() - before < MAX_TIME
        assert len(png) < MAX_SIZE

    def test_required_steps_are_tall_and_optional_ones_short(self):
        picture = open_png(Card("A", "B", (False, True)).png).convert("RGB")
        top, height = card_image.BAR_TOP, card_image.BAR_HEIGHT
        pitch = card_image.MAX_SEGMENT_WIDTH + 6
        middles = [card_image.MARGIN + 22, card_image.MARGIN + 22 + pitch]
        background = picture.getpixel((0, 0))
        upper = [picture.getpixel((x, top + 8)) == background for x in middles]
        lower = [picture.getpixel((x, top + height - 8)) == background for x in middles]
        assert upper == [False, True]
        assert lower == [False, False]

    def test_a_title_is_wrapped_into_lines_of_similar_length(self):
        font = card_image.get_font(96)
        words = [f"n{number}" for number in range(16)]
        lines = card_image.wrap_evenly(words, font)
        assert " ".join(lines).split() == words
        lengths = [font.getlength(line) for line in lines]
        assert max(lengths) <= card_image.WIDTH
        assert min(lengths) > 0.7 * max(lengths)

    def test_letters_that_the_font_lacks_are_not_drawn_as_boxes(self):
        assert Card("日本語", "料理").png == Card("", "").png

    def test_it_has_the_colours_of_the_site(self):
        css = (settings.BASE_DIR / "static/css/site/tokens.css").read_text()
        light_colours = dict(re.findall(r"--(\w+): light-dark\((#\w+),", css))
        names = ["background", "text", "muted", "done"]
        assert [light_colours[name] for name in names] == [
            card_image.BACKGROUND,
            card_image.TEXT,
            card_image.MUTED,
            card_image.DONE,
        ]


@pytest.mark.parametrize(
    ("title", "drawable"),
    [
        ("Backend & “DevOps”", "Backend & “DevOps”"),
        ("Développeur — le chemin", "Developpeur - le chemin"),
        ("🧭 Way   finding", "Way finding"),
        ("Путь", ""),
        ("Kochen für 料理", ""),
        ("🧭", ""),
        ("", ""),
    ],
)
def test_characters_that_the_font_lacks_are_replaced(title, drawable):
    assert replace_missing_characters(title) == drawable


@pytest.mark.parametrize(
    ("optional", "alt"),
    [
        ((), "Cooking"),
        ((False,), "Cooking: 1 step"),
        ((False, True, False), "Cooking: 3 steps · 1 optional"),
    ],
)
def test_the_alternative_text_describes_the_picture(optional, alt):
    assert Card("Cooking", "Household", optional).alt == alt
