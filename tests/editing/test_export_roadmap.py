"""manage.py export_roadmap SLUG"""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from roadmaps.models import Resource, Roadmap, Section, Step
from roadmaps.step_parts import STEP_PARTS
from tests.factories import RoadmapFactory, StepFactory

FIXTURES = sorted(settings.BASE_DIR.glob("fixtures/*.yaml"))

pytestmark = pytest.mark.django_db


def export(slug, **options):
    out = StringIO()
    call_command("export_roadmap", slug, stdout=out, **options)
    return out.getvalue()


def import_file(path):
    out = StringIO()
    call_command("import_roadmap", path, stdout=out)
    return out.getvalue()


def stored():
    tables = (
        Roadmap.objects.order_by("pk"),
        Step.objects.order_by("pk"),
        Section.objects.order_by("pk"),
        *(part.objects.order_by("pk") for part in STEP_PARTS.values()),
        Roadmap.history.order_by("pk"),
        Step.history.order_by("pk"),
    )
    return [list(rows.values()) for rows in tables]


@pytest.fixture
def export_and_import(tmp_path):
    """Export the roadmap, import the file, and check that nothing changes."""

    def check(roadmap):
        text = export(roadmap.slug)
        path = tmp_path / "exported.yaml"
        path.write_bytes(text.encode())
        before = stored()
        assert "unchanged" in import_file(path) or not roadmap.steps.exists()
        assert stored() == before
        assert export(roadmap.slug) == text
        roadmap.steps.all().delete()
        roadmap.delete()
        import_file(path)
        assert export(roadmap.slug) == text
        return text

    return check


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_each_fixture_is_in_the_form_of_an_export(path):
    import_file(path)
    assert export(path.stem).encode() == path.read_bytes()


class TestRoundTrip:
    def test_a_roadmap_with_everything(self, export_and_import):
        roadmap = RoadmapFactory(slug="cooking", title="Cooking: the yes and no")
        step = StepFactory(
            roadmap=roadmap,
            slug="boil",
            title="true",
            summary='"Quoted" # and not a comment',
            same_as="breakfast/eggs",
            body="## Why it matters\n\nTwo spaces  \nmake a break.\n\n\tTabbed\n",
            is_optional=True,
        )
        StepFactory(roadmap=roadmap, slug="fry", title="Fry", is_retired=True)
        Resource.objects.create(
            step=step, title="7", url="https://example.org/a#b", kind="docs"
        )
        assert export_and_import(roadmap) == (
            "# yaml-language-server: $schema=../docs/roadmap.schema.json\n"
            "slug: cooking\n"
            'title: "Cooking: the yes and no"\n'
            "category: Things to know\n"
            "icon: 🧭\n"
            "summary: All there is to know.\n"
            "position: 0\n"
            "published: true\n"
            "\n"
            "steps:\n"
            "  - slug: boil\n"
            '    title: "true"\n'
            "    optional: true\n"
            '    summary: "\\"Quoted\\" # and not a comment"\n'
            "    same_as: breakfast/eggs\n"
            "    body: |\n"
            "      ## Why it matters\n"
            "\n"
            "      Two spaces  \n"
            "      make a break.\n"
            "\n"
            "      \tTabbed\n"
            "    resources:\n"
            '      - title: "7"\n'
            "        url: https://example.org/a#b\n"
            "        kind: docs\n"
            "\n"
            "  - slug: fry\n"
            "    title: Fry\n"
            "    retired: true\n"
            "    summary: What it is about.\n"
        )

    @pytest.mark.parametrize(
        "title",
        [
            *(
                "Yes",
                "null",
                "~",
                "1e3",
                "0x1F",
                "12:30",
                "2026-05-03",
                ".inf",
                "-",
                "?",
            ),
            *("[a]", "{a}", "&a", "*a", "!a", "%a", "@a", "`a`", "> a", "| a", "'a'"),
            *("a: b", "a:", "a #b", "a#b", "a  b", "C++ & C#", "a, b", "Übung", "数据"),
            *(
                "back\\slash",
                "nb\u00a0sp",
                "next\u0085line",
                "line\u2028end",
                "\ufeffx",
            ),
            *("é́", "🧭", "🏳️‍🌈 flag", "--- a", "... a", "<<", "=", "a\tb"),
        ],
    )
    def test_a_title_of_any_kind(self, export_and_import, title):
        roadmap = RoadmapFactory(title=title, icon="🧭")
        StepFactory(roadmap=roadmap, title=title, summary=title)
        if len(title.splitlines()) > 1:
            with pytest.raises(CommandError, match="Use one line"):
                export(roadmap.slug)
        else:
            export_and_import(roadmap)

    @pytest.mark.parametrize(
        "body",
        [
            *("x", "x\n\n\n", "\n\nx", "    code\n", "\tcode\n", "a\r\nb\r\n", "a\rb"),
            *(
                "# no comment",
                "- a\n- b",
                "a: b",
                "|",
                "---\n",
                "...\n",
                "a \nb",
                "  \n",
            ),
            *(
                "line\u2028end",
                "next\u0085line",
                "\ufeffx",
                "'\"\\",
                "🧭\n\n  🧭",
                " a\n  b\n",
            ),
        ],
    )
    def test_a_body_of_any_kind(self, export_and_import, body):
        roadmap = RoadmapFactory()
        StepFactory(roadmap=roadmap, body=body)
        export_and_import(roadmap)

    def test_ties_and_gaps_between_positions(self, export_and_import):
        roadmap = RoadmapFactory()
        for slug, position in [("c", 9), ("a", 0), ("b", 9), ("d", 40)]:
            StepFactory(roadmap=roadmap, slug=slug, position=position)
        text = export_and_import(roadmap)
        assert [text.index(f"slug: {slug}\n") for slug in "acbd"] == sorted(
            text.index(f"slug: {slug}\n") for slug in "acbd"
        )

    def test_a_roadmap_without_steps(self, export_and_import):
        assert export_and_import(RoadmapFactory()).endswith("\nsteps: []\n")


class TestCommand:
    def test_it_writes_a_file(self, tmp_path):
        roadmap = RoadmapFactory()
        assert export(roadmap.slug, output=tmp_path / "a.yaml") == ""
        assert (tmp_path / "a.yaml").read_text() == export(roadmap.slug)

    def test_it_asks_the_same_number_of_queries_for_many_steps(
        self, assert_max_queries
    ):
        roadmap = RoadmapFactory()
        StepFactory.create_batch(20, roadmap=roadmap)
        with assert_max_queries(4):
            export(roadmap.slug)

    def test_an_unknown_slug_is_reported_with_the_known_ones(self):
        RoadmapFactory(slug="cooking")
        with pytest.raises(
            CommandError, match=r"No roadmap has the slug x. Existing slugs: cooking"
        ):
            export("x")

    def test_a_file_that_cannot_be_written_is_named(self, tmp_path):
        RoadmapFactory(slug="cooking")
        with pytest.raises(CommandError, match=str(tmp_path)):
            export("cooking", output=tmp_path)

    def test_text_that_no_file_may_contain_is_reported_with_its_step(self):
        roadmap = RoadmapFactory(slug="cooking", title="a\u202eb")
        StepFactory(roadmap=roadmap, slug="boil", title="a\x01b")
        with pytest.raises(CommandError) as error:
            export("cooking")
        assert (
            "cooking: title: Remove the character U+202E, which reorders text."
            in str(error.value)
        )
        assert "cooking/boil: title: Use one line of plain text. Correct it" in str(
            error.value
        )
