"""manage.py import_roadmap FILE…"""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from progress.models import StepProgress
from roadmaps.models import Resource, Roadmap, Step
from tests.factories import StepFactory, StepProgressFactory

BACKEND = settings.BASE_DIR / "fixtures/backend-developer.yaml"
SOURCE = """\
slug: cooking
title: Cooking
category: Household
icon: 🍳
summary: From water to dinner.
published: true
steps:
  - slug: boil-water
    title: Boil Water
    summary: Until it moves.
  - slug: eggs
    title: Eggs
    optional: true
    summary: Soft or hard.
"""


@pytest.fixture
def write(tmp_path):
    def write(text=SOURCE, name="cooking.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def run(*files, **options):
    out = StringIO()
    call_command("import_roadmap", *files, stdout=out, **options)
    return out.getvalue()


def slugs(**filters):
    return list(Step.objects.active().filter(**filters).values_list("slug", flat=True))


pytestmark = pytest.mark.django_db


RESOURCES = """\
    body: |
      ## Why it matters

      Breakfast.
    resources:
      - title: Eggs, a Standard
        url: https://example.org/eggs
        kind: docs
"""


class TestImport:
    def test_it_loads_bodies_and_resources(self, write):
        run(write(SOURCE + RESOURCES))
        step = Step.objects.get(slug="eggs")
        assert "<h2>Why it matters</h2>" in step.html["body"]
        assert step.resources.get().host == "example.org"

    def test_resources_are_replaced(self, write):
        run(write(SOURCE + RESOURCES))
        moved = RESOURCES.replace("org/eggs", "org/more-eggs")
        assert "1 step changed" in run(write(SOURCE + moved))
        assert Resource.objects.get().url == "https://example.org/more-eggs"
        assert "changed" not in run(write(SOURCE + moved)).replace("unchanged", "")

    def test_it_loads_the_roadmap_and_its_steps_in_order(self, write):
        assert run(write()) == "cooking: new roadmap, 2 steps added\n"
        roadmap = Roadmap.objects.get()
        assert (roadmap.title, roadmap.is_published) == ("Cooking", True)
        assert slugs() == ["boil-water", "eggs"]
        assert slugs(is_optional=True) == ["eggs"]

    @pytest.mark.parametrize("visibility", ["public", "signed-in", "groups"])
    def test_it_says_who_can_see_the_roadmap(self, write, visibility):
        run(write(SOURCE.replace("steps:", f"visibility: {visibility}\nsteps:")))
        assert Roadmap.objects.get().visibility == visibility
        run(write())
        assert Roadmap.objects.get().visibility == "public"

    def test_another_visibility_is_an_error(self, write):
        with pytest.raises(CommandError, match="visibility"):
            run(write(SOURCE.replace("steps:", "visibility: friends\nsteps:")))

    def test_a_repeat_changes_nothing(self, write):
        run(write())
        before = list(Step.objects.values())
        assert run(write()) == "cooking: 2 steps unchanged\n"
        assert list(Step.objects.values()) == before

    def test_renaming_and_reordering_leave_progress_as_it_was(self, write, user):
        run(write())
        StepProgressFactory(user=user, step=Step.objects.get(slug="eggs"))
        before = list(StepProgress.objects.values())
        head, boil, eggs = SOURCE.split("  - slug: ")
        swapped = f"{head}  - slug: {eggs}  - slug: {boil}".replace("Eggs", "An Egg")
        assert "1 step reordered, 1 step changed" in run(write(swapped))
        assert slugs() == ["eggs", "boil-water"]
        assert Step.objects.get(slug="eggs").title == "An Egg"
        assert list(StepProgress.objects.values()) == before

    def test_a_missing_step_is_retired_and_can_be_brought_back(self, write):
        run(write())
        without_eggs = SOURCE[: SOURCE.index("  - slug: eggs")]
        assert "1 step retired, 1 step unchanged" in run(write(without_eggs))
        assert slugs() == ["boil-water"]
        assert Step.objects.get(slug="eggs").is_retired
        assert "2 steps unchanged" in run(write(without_eggs))
        assert "1 step brought back" in run(write())
        assert slugs() == ["boil-water", "eggs"]

    def test_the_backend_roadmap_is_imported(self):
        run(BACKEND)
        roadmap = Roadmap.objects.get(slug="backend-developer")
        assert roadmap.steps.count() == 23
        assert roadmap.steps.filter(is_optional=True).count() == 9

    def test_it_can_be_limited_to_a_new_database(self, write):
        assert "cooking" in run(write(), only_if_new=True)
        Roadmap.objects.update(title="Edited")
        out = run(write(), only_if_new=True)
        assert out == "The database already has roadmaps. Nothing was imported.\n"
        assert Roadmap.objects.get().title == "Edited"


STEP = "  - slug: boil-water\n"
BAD = {
    "an invalid address": (
        SOURCE + RESOURCES.replace("https:", "javascript:"),
        ":21:9: url: Use a URL that begins with",
    ),
    "an unknown kind": (
        SOURCE + RESOURCES.replace("kind: docs", "kind: song"),
        ":22:9: kind: Use one of these: docs, article, book, course, video, practice.",
    ),
    "an address twice in a step": (
        SOURCE + RESOURCES + RESOURCES.partition("resources:\n")[2],
        ":24:9: url: This step already has the resource https://example.org/eggs.",
    ),
    "an unknown key": (
        SOURCE.replace("summary: Soft", "sumary: Soft"),
        ":14:5: sumary: There is no such key. Did you mean summary?",
    ),
    "a missing title": (
        SOURCE.replace("    title: Eggs\n", ""),
        ":11:5: title: This key is missing.",
    ),
    "a missing slug of the roadmap": (
        SOURCE.replace("slug: cooking\n", ""),
        ":1:1: slug: This key is missing.",
    ),
    "a duplicate slug": (
        SOURCE.replace("slug: eggs", "slug: boil-water"),
        ":11:5: slug: Step 1 already has the slug boil-water.",
    ),
    "a duplicate key": (
        SOURCE.replace("icon:", "title:"),
        ":4:1: title: This key appears twice.",
    ),
    "a wrong type": (
        SOURCE.replace("optional: true", "optional: perhaps"),
        ":13:5: optional: Write true or false.",
    ),
    "a number for a title": (
        SOURCE.replace("title: Eggs", "title: 7"),
        ":12:5: title: This must be text. Put it in quotes.",
    ),
    "an empty title": (
        SOURCE.replace("title: Eggs", 'title: ""'),
        ":12:5: title: This must not be empty.",
    ),
    "a title without a value": (
        SOURCE.replace("title: Eggs", "title:"),
        ":12:5: title: This has no value. Write one after the colon.",
    ),
    "a title that is too long": (
        SOURCE.replace("title: Eggs", f"title: {'x' * 121}"),
        ":12:5: title: Use at most 120 characters.",
    ),
    "a title of two lines": (
        SOURCE.replace("title: Eggs", "title: |\n      Eggs\n      and more"),
        ":12:5: title: Use one line of plain text.",
    ),
    "a slug with capitals": (
        SOURCE.replace("slug: eggs", "slug: Eggs"),
        ":11:5: slug: Use only a to z, 0 to 9 and single hyphens between them, for "
        "example eggs.",
    ),
    "steps that are not a list": (
        SOURCE[: SOURCE.index("  - slug")].replace("steps:", "steps: many"),
        ":7:1: steps: Write a list",
    ),
    "no steps": (SOURCE[: SOURCE.index("steps:")], ":1:1: steps: This key is missing."),
    "a step that is not a mapping": (
        SOURCE.replace(STEP, "  - boil\n" + STEP),
        ":8:5: steps: Write a mapping",
    ),
    "a list": ("- slug: cooking\n", ":1:1: Write a mapping"),
    "a position beyond the column": (
        SOURCE.replace("published: true", "position: 99999999999999999999999"),
        ":6:1: position: Use a whole number.",
    ),
    "a negative position": (
        SOURCE.replace("published: true", "position: -1"),
        ":6:1: position: Use 0 or more.",
    ),
    "a list that is not closed": (
        SOURCE.replace("title: Eggs", "title: [Eggs"),
        ":12:12: The [ is never closed. Close it, or put the text in quotes.",
    ),
    "a tab": (
        SOURCE.replace("    title: Eggs", "\ttitle: Eggs"),
        ":12:1: There is a tab in the indentation. Use spaces.",
    ),
    "a tab after spaces": (
        SOURCE.replace("    title: Eggs", "  \ttitle: Eggs"),
        ":12:3: There is a tab in the indentation. Use spaces.",
    ),
    "a tab after a hyphen": (
        SOURCE.replace("- slug: eggs", "-\tslug: eggs"),
        ":11:4: There is a tab in the indentation. Use spaces.",
    ),
    "a no-break space": (
        SOURCE.replace("    title: Eggs", "  \u00a0 title: Eggs"),
        ":12:3: There is an unusual kind of space in the indentation.",
    ),
    "a key without a colon": (
        SOURCE.replace("title: Eggs", "title Eggs"),
        ":12:5: There is no colon after the key. Write `key: value`.",
    ),
    "a first key without a colon": (
        SOURCE.replace("slug: eggs", "slug eggs"),
        ":11:3: There is no colon after the key. Write `key: value`.",
    ),
    "a last key without a colon": (
        SOURCE.replace("summary: Soft or hard.", "summary Soft"),
        ":14:5: There is no colon after the key. Write `key: value`.",
    ),
    "a list's key without a colon": (
        SOURCE.replace("steps:", "steps"),
        ":7:1: There is no colon after the key. Write `key: value`.",
    ),
    "a colon without a space": (
        SOURCE.replace("title: Eggs", "title:Eggs"),
        ":12:5: There is no space after the colon. Write `key: value`.",
    ),
    "a first colon without a space": (
        SOURCE.replace("slug: eggs", "slug:eggs"),
        ":11:3: There is no space after the colon. Write `key: value`.",
    ),
    "a colon in a title": (
        SOURCE.replace("title: Eggs", "title: Eggs: a Story"),
        ":12:16: The text has a colon followed by a space.",
    ),
    "a key that is indented too far": (
        SOURCE.replace("    title: Eggs", "     title: Eggs"),
        ":12:6: The indentation doesn’t match any line above.",
    ),
    "a key that is not indented enough": (
        SOURCE.replace("    title: Eggs", "   title: Eggs"),
        ":12:4: The indentation doesn’t match any line above.",
    ),
    "a step that is not indented enough": (
        SOURCE.replace("  - slug: eggs", " - slug: eggs"),
        ":11:2: The indentation doesn’t match any line above.",
    ),
    "a quote that is not closed": (
        SOURCE.replace("title: Eggs", 'title: "Eggs'),
        ':12:12: The " is never closed. Close it, or put the text in quotes.',
    ),
    "an apostrophe in quotes": (
        SOURCE.replace("title: Eggs", "title: 'Cook's Eggs'"),
        ":12:18: There is text after the closing quote.",
    ),
    "a title that begins with a backtick": (
        SOURCE.replace("title: Eggs", "title: `Eggs`"),
        ":12:12: Text can’t begin with `. Put it in quotes.",
    ),
    "a title that begins with an asterisk": (
        SOURCE.replace("title: Eggs", "title: *Eggs* and more"),
        ":12:12: Text can’t begin with *. Put it in quotes.",
    ),
    "a slug with an umlaut": (
        SOURCE.replace("slug: eggs", "slug: rühr-eier"),
        ":11:5: slug: Use only a to z, 0 to 9 and single hyphens between them, for "
        "example ruhr-eier.",
    ),
    "yes instead of true": (
        SOURCE.replace("optional: true", "optional: yes"),
        ":13:5: optional: Write true.",
    ),
    "a kind that is almost right": (
        SOURCE + RESOURCES.replace("kind: docs", "kind: doc"),
        "practice. Did you mean docs?",
    ),
    "a resource's key that is almost right": (
        SOURCE + RESOURCES.replace("kind: docs", "knid: docs"),
        ":22:9: knid: There is no such key. Did you mean kind?",
    ),
    "a word for an icon": (
        SOURCE.replace("icon: 🍳", "icon: Bread"),
        ":4:1: icon: Use an emoji, for example 🧭.",
    ),
    "a NUL byte": (
        SOURCE.replace("Eggs", "Eg\0gs"),
        ":12:14: Remove the control character U+0000.",
    ),
    "a C1 control character": (
        SOURCE.replace("Eggs", "Eg\x80gs"),
        ":12:14: Remove the control character U+0080.",
    ),
    "a noncharacter": (
        SOURCE.replace("Eggs", "Eg\ufffegs"),
        ":12:14: Remove the control character U+FFFE.",
    ),
    "a title of blanks": (
        SOURCE.replace("title: Eggs", 'title: "   "'),
        ":12:5: title: This must not be empty.",
    ),
    "a title of invisible characters": (
        SOURCE.replace("title: Eggs", "title: \u200b\u3164"),
        ":12:5: title: This must not be empty.",
    ),
    "an invisible icon": (
        SOURCE.replace("icon: 🍳", "icon: \ufe0f"),
        ":4:1: icon: This must not be empty.",
    ),
    "a NUL that is escaped": (
        SOURCE.replace("title: Eggs", 'title: "Eg\\0gs"'),
        ":12:5: title: Use one line of plain text.",
    ),
    "bytes that are This is not UTF-8.": (
        SOURCE.replace("Eggs", "#").encode().replace(b"#", b"\xff\xfe"),
        ":12:12: This is not UTF-8.",
    ),
    "an empty file": ("", ":1:1: The file is empty."),
    "a file of comments": ("# nothing yet\n", ":1:1: The file is empty."),
    "two documents": (SOURCE + "---\nslug: x\n", ":15:1: "),
    "an alias": (
        SOURCE.replace("title: Eggs", "title: &t Eggs"),
        ":12:12: Anchors (&) and aliases (*) are not supported",
    ),
    "a tag that runs code": (
        SOURCE.replace("title: Eggs", "title: !!python/object/apply:os.system [ls]"),
        ":12:12: Tags (!) are not supported",
    ),
    "deeply nested brackets": (
        "[" * 9999 + "]" * 9999,
        ":1:22: This is nested too deeply.",
    ),
    "a key that is a list": ("? [a]\n: b\n", ":1:3: Use one word as the key."),
}


def with_same_as(path):
    return SOURCE.replace("title: Eggs", f"title: Eggs\n    same_as: {path}")


class TestMissingStepInSameAs:
    """A same_as may name a step that comes later, so it is a warning, not an error."""

    def warn(self, *files, **options):
        err = StringIO()
        call_command("import_roadmap", *files, stdout=StringIO(), stderr=err, **options)
        return err.getvalue()

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_it_is_named_with_its_line_and_a_suggestion(self, write, dry_run):
        StepFactory(roadmap__slug="baking", slug="boiled-eggs")
        path = write(with_same_as("baking/boiled-egs"))
        assert self.warn(path, dry_run=dry_run) == (
            f"Warning: {path}:13:5: same_as: There is no step "
            "baking/boiled-egs. Did you mean baking/boiled-eggs?\n"
        )
        assert Roadmap.objects.filter(slug="cooking").exists() != dry_run

    def test_a_missing_roadmap_is_named(self, write):
        StepFactory(roadmap__slug="baking", slug="eggs")
        assert "there is no roadmap bakin. Did you mean baking?" in self.warn(
            write(with_same_as("bakin/eggs"))
        )

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_a_step_of_another_file_of_the_import_exists(self, write, dry_run):
        other = write(SOURCE.replace("slug: cooking", "slug: baking"), "baking.yaml")
        path = write(with_same_as("baking/eggs"))
        assert self.warn(path, other, dry_run=dry_run) == ""

    def test_a_step_that_is_stored_exists(self, write):
        StepFactory(roadmap__slug="baking", slug="eggs")
        assert self.warn(write(with_same_as("baking/eggs"))) == ""

    def test_the_old_slug_of_a_step_that_is_renamed_does_not_exist(self, write):
        run(write(SOURCE.replace("slug: cooking", "slug: baking")))
        renamed = SOURCE.replace("slug: cooking", "slug: baking").replace(
            "slug: eggs", "slug: boiled-eggs\n    was: eggs"
        )
        other = write(renamed, "baking.yaml")
        path = write(with_same_as("baking/eggs"))
        assert "same_as: There is no step baking/eggs." in self.warn(
            path, other, dry_run=True
        )

    def test_at_most_twenty_are_listed(self, write):
        steps = "".join(
            f"  - {{slug: s{n}, title: S, summary: S, same_as: a/b{n}}}\n"
            for n in range(30)
        )
        lines = self.warn(write(SOURCE + steps)).splitlines()
        assert len(lines) == 21
        assert lines[-1] == "Warning: and 10 more"


class TestBadInput:
    @pytest.mark.parametrize("case", BAD)
    def test_it_names_file_and_line_and_changes_nothing(self, write, case):
        text, expected = BAD[case]
        path = write(text)
        with pytest.raises(CommandError) as error:
            run(path)
        line = f"{path}{expected}" if expected.startswith(":") else expected
        assert line in str(error.value)
        assert error.value.returncode == 1
        assert not Roadmap.objects.exists()

    def test_it_names_everything_that_is_wrong_at_once(self, write):
        path = write(SOURCE.replace("title", "titel"))
        with pytest.raises(CommandError) as error:
            run(path)
        assert str(error.value).count("title: This key is missing.") == 3
        assert str(error.value).count("titel: There is no such key.") == 3

    def test_one_bad_file_stops_the_whole_import(self, write):
        bad = write("", name="bad.yaml")
        with pytest.raises(CommandError, match=r"Nothing was imported"):
            run(write(), bad)
        assert not Roadmap.objects.exists()

    def test_two_files_of_one_roadmap_are_refused(self, write):
        other = write(SOURCE, name="other.yaml")
        with pytest.raises(CommandError, match="another file has the slug cooking"):
            run(write(), other)
        assert not Roadmap.objects.exists()

    @pytest.mark.parametrize("name", ["absent.yaml", "."])
    def test_a_file_that_cannot_be_read_is_named(self, tmp_path, name):
        with pytest.raises(CommandError, match=str(tmp_path)):
            run(tmp_path / name)

    def test_a_file_that_is_too_large_is_not_read(self, write):
        path = write("# " + "x" * 20_000_000)
        with pytest.raises(CommandError, match="larger than 20,000,000 bytes"):
            run(path)

    def test_it_refuses_to_run_without_a_file(self):
        with pytest.raises(CommandError, match="Name a YAML file"):
            call_command("import_roadmap")
