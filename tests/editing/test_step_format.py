"""Sections, and the parts of a step, in a roadmap's file."""

import re
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from editing.yaml_format.columns import to_topic_entry
from editing.yaml_format.exporter import export
from editing.yaml_format.schema import StepEntry
from roadmaps.models import Roadmap, Step, Topic
from tests.factories import RoadmapFactory, StepFactory

pytestmark = pytest.mark.django_db

# The keys that the complete step in the documents does not have.
UNUSUAL = {"was", "retired", "new_meaning", "same_as", "body"}
HEAD = """\
# yaml-language-server: $schema=../docs/roadmap.schema.json
slug: cooking
title: Cooking
category: Household
icon: 🍳
summary: From water to dinner.
position: 1

sections:
  - slug: heat
    title: Heat
  - slug: cold
    title: Cold

steps:
"""
FULL = """\
  - slug: boil
    title: Boil
    section: heat
    optional: true
    summary: Boil it.
    hours: 0.5-6
    needs:
      - cooking/water
      - shopping/pans
    same_as: breakfast/eggs
    checked_on: 2026-11-29
    checked_with: "a pan of 24 cm: induction"
    skip_if: |
      You can boil an egg.
    why: |
      Raw eggs *run*.
    primer: |
      ## Heat

          t = 100
    topics:
      - slug: salt
        title: Salt
        text: "`NaCl`, at the end."
        url: https://example.org/salt
        publisher: RFC 9111
      - slug: lid
        title: Lid
        retired: true
    exercise: |
      Boil two eggs.
    stretch: |
      Boil three.
    hints:
      - Use a timer.
      - "`watch` it: closely"
    questions:
      - question: Why cold water?
        answer: |
          So that the shell does not crack.

          It is slower.
    mistakes: |
      **No lid.** It takes longer.
    done_when:
      - boil an egg
      - "say why: in a sentence"
    resources:
      - title: Eggs
        url: https://example.org/eggs
        publisher: "Eggs: a guide"
        kind: article
        role: start
        minutes: 15
"""
FULL = FULL.replace(
    '        text: "`NaCl`, at the end."\n',
    "        text: |\n          `NaCl`, at the end.\n",
)


def step(slug, *more):
    lines = [f"- slug: {slug}", f"  title: {slug.title()}", "  summary: Do it."]
    return "".join(f"  {line}\n" for line in [*lines, *(f"  {line}" for line in more)])


def topics(*slugs):
    lines = ["topics:"]
    for slug in slugs:
        slug, _, was = slug.partition("<")
        lines += [f"  - slug: {slug}", f"    title: {slug.title()}"]
        lines += [f"    was: {was}"] if was else []
    return lines


@pytest.fixture
def import_file(tmp_path):
    def import_file(*steps, head=HEAD):
        path = tmp_path / "cooking.yaml"
        path.write_text(head + "\n".join(steps))
        out = StringIO()
        call_command("import_roadmap", path, dry_run=True, stdout=out, stderr=out)
        call_command("import_roadmap", path, stdout=out, stderr=out)
        return out.getvalue()

    return import_file


@pytest.fixture
def find_error(import_file):
    def find_error(*steps, head=HEAD):
        with pytest.raises(CommandError) as error:
            import_file(*steps, head=head)
        return str(error.value).partition("cooking.yaml:")[2]

    return find_error


class TestRoundTrip:
    def test_a_file_with_everything_is_exported_as_it_was(self, import_file):
        steps = FULL, step("water")
        import_file(*steps)
        assert export(Roadmap.objects.get()) == HEAD + "\n".join(steps)
        versions = Step.history.count(), Roadmap.history.count()
        assert "2 steps unchanged" in import_file(*steps)
        assert (Step.history.count(), Roadmap.history.count()) == versions

    def test_everything_is_stored_with_its_html(self, import_file):
        import_file(FULL, step("water"))
        boil = Step.objects.get(slug="boil")
        assert (boil.hours_min, boil.hours_max) == (0.5, 6)
        assert boil.section.title == "Heat"
        assert boil.html["why"] == "<p>Raw eggs <em>run</em>.</p>\n"
        assert boil.html["hints"][0] == "<p>Use a timer.</p>\n"
        salt, lid = boil.topics.all()
        assert (salt.title, salt.is_retired, lid.is_retired) == ("Salt", False, True)
        assert "<code>NaCl</code>" in salt.text_html
        assert "crack" in boil.questions.get().answer_html
        assert boil.done_when.first().text_html == "<p>boil an egg</p>\n"
        assert boil.resources.get().minutes == 15

    def test_what_the_admin_stores_is_exported_and_imported(self, import_file):
        roadmap = RoadmapFactory(slug="cooking")
        step = StepFactory(roadmap=roadmap, slug="fry", hints=["yes", "- a"])
        step.topics.create(slug="a", title="A", text="\n\n  Two\r\n\r\nlines: \n")
        step.questions.create(question="# One\n", answer=" \tcode\n")
        text = export(roadmap)
        versions = Step.history.count()
        import_file(text, head="")
        assert export(roadmap) == text
        assert Step.history.count() == versions

    @pytest.mark.parametrize(
        ("written", "exported"),
        [("4", "4"), ("0.5", "0.5"), ("4 - 6", "4-6"), ("4-4", "4"), ("7.0", "7")],
    )
    def test_hours(self, import_file, written, exported):
        import_file(step("boil", f"hours: {written}"))
        assert f"\n    hours: {exported}\n" in export(Roadmap.objects.get())


class TestTopics:
    @pytest.fixture(autouse=True)
    def stored(self, import_file):
        import_file(step("boil", *topics("salt", "lid")))
        self.ids = dict(Topic.objects.values_list("slug", "pk"))

    def read(self):
        rows = Topic.objects.values_list("slug", "pk", "is_retired")
        return [
            (slug, {v: k for k, v in self.ids.items()}.get(pk), is_retired)
            for slug, pk, is_retired in rows
        ]

    def test_a_missing_one_is_retired_and_can_be_brought_back(self, import_file):
        out = import_file(step("boil", *topics("lid")))
        assert "changed      boil: topics (1 retired)" in out
        assert self.read() == [("lid", "lid", False), ("salt", "salt", True)]
        out = import_file(step("boil", *topics("lid", "salt")))
        assert "boil: topics (1 brought back)" in out
        assert self.read() == [("lid", "lid", False), ("salt", "salt", False)]

    def test_one_is_renamed_and_another_added(self, import_file):
        steps = step("boil", *topics("pot", "salting<salt", "lid"))
        out = import_file(steps)
        assert "boil: topics (1 added, 1 renamed)" in out
        assert [row[:2] for row in self.read()] == [
            ("pot", None),
            ("salting", "salt"),
            ("lid", "lid"),
        ]
        assert "1 step unchanged" in import_file(steps)

    def test_other_fields_are_kept_when_it_is_retired(self, import_file):
        Topic.objects.filter(slug="salt").update(
            text="*Salty*", url="https://x.example/"
        )
        import_file(step("boil"))
        salt = Topic.objects.get(slug="salt")
        assert (salt.text, salt.url) == ("*Salty*", "https://x.example/")

    def test_those_of_a_retired_step_stay(self, import_file):
        import_file(step("fry"))
        assert not Topic.objects.filter(is_retired=True).exists()

    def test_a_former_slug_is_not_given_to_another(self, import_file, find_error):
        import_file(step("boil", *topics("salting<salt", "lid")))
        assert find_error(step("boil", *topics("salting", "lid", "salt"))).startswith(
            "24:9: slug: salt used to be the slug of salting, and old links still "
            "use it."
        )

    @pytest.mark.parametrize(
        ("slugs", "error"),
        [
            (
                ["lid", "lid"],
                "22:9: slug: Topic 1 of this step already has the slug",
            ),
            (
                ["a<salt", "b<salt"],
                "25:9: was: Topic 1 already says that it was salt.",
            ),
            (
                ["a<salt", "salt"],
                "22:9: was: salt is still the slug of a topic of",
            ),
            (["lid<salt"], "22:9: was: salt can’t be renamed to lid, because another"),
            (
                ["a<sald"],
                "22:9: was: boil has no topic sald. Remove this line if a is a new "
                "topic; otherwise correct the spelling. Did you mean salt?",
            ),
        ],
    )
    def test_an_error_names_the_line(self, find_error, slugs, error):
        found = find_error(step("boil", *topics(*slugs)))
        assert found.startswith(error), found

    def test_a_new_meaning(self, import_file):
        before = timezone.now()
        lines = [*topics("salt", "lid", "pan"), "new_meaning: true"]
        import_file(step("boil", *lines))
        assert Step.objects.get().revised_at > before

    @pytest.mark.parametrize(
        ("change", "is_new"),
        [
            (["done_when:", "  - boil it"], True),
            (["optional: true"], True),
            (["exercise: |", "  Boil."], True),
            ([], True),
            (["topics:", "  - slug: salt", "    title: Table salt"], False),
            (["hints:", "  - Wait."], False),
        ],
    )
    def test_what_can_be_a_new_meaning(self, import_file, change, is_new):
        import_file(step("boil", *topics("salt")))
        Step.objects.update(revised_at=None)
        has_topics = not change or change[0] == "topics:"
        lines = change if has_topics else [*change, *topics("salt")]
        import_file(step("boil", *lines, "new_meaning: true"))
        assert (Step.objects.get().revised_at is not None) == is_new

    def test_an_entry_is_the_stored_topic(self):
        row = Topic.objects.filter(slug="lid").values(*Topic.SNAPSHOT_FIELDS).get()
        assert to_topic_entry(row).title == "Lid"


class TestSections:
    def test_a_change_is_recorded_in_the_roadmap(self, import_file):
        import_file(step("boil", "section: heat"), step("ice", "section: cold"))
        head = HEAD.replace("title: Cold", "title: Frozen")
        out = import_file(step("boil"), step("ice", "section: cold"), head=head)
        assert "sections: Heat, Cold → Heat, Frozen" in out
        assert "boil: section" in out
        newest = Roadmap.history.first()
        assert newest.order == ["boil", "#cold", "ice"]
        assert newest.sections[1] == {"slug": "cold", "title": "Frozen"}

    def test_a_section_that_is_gone_leaves_its_steps(self, import_file):
        import_file(step("boil", "section: heat"), step("ice", "section: cold"))
        head = HEAD.replace("  - slug: cold\n    title: Cold\n", "")
        import_file(step("boil", "section: heat"), head=head)
        assert Step.objects.get(slug="ice").section is None
        assert "cold" not in export(Roadmap.objects.get())

    def test_a_retired_step_interrupts_none(self, import_file):
        heat = "section: heat"
        import_file(step("boil", heat), step("ice", "retired: true"), step("fry", heat))

    def test_an_interrupted_section_is_refused(self, find_error):
        heat = "section: heat"
        steps = step("boil", heat), step("ice", "section: cold"), step("fry", heat)
        assert find_error(*steps).startswith(
            "29:5: section: Section heat already ended with step 1. Move this step "
            "directly below that one, or put it in another section."
        )

    def test_an_unknown_one_is_refused(self, find_error):
        assert find_error(step("boil", "section: head")) == (
            "19:5: section: There is no section head in `sections`. Did you mean heat?"
        )

    def test_a_repeated_one_is_refused(self, find_error):
        error = find_error(step("boil"), head=HEAD.replace("slug: cold", "slug: heat"))
        assert error == "12:5: slug: Section 1 already has the slug heat."


class TestNeeds:
    def test_a_circle_is_refused_with_its_path(self, import_file, find_error):
        other = StepFactory(roadmap=RoadmapFactory(slug="shopping"), slug="pans")
        Step.objects.filter(pk=other.pk).update(needs=["cooking/fry"])
        steps = (
            step("boil", "needs: [shopping/pans]"),
            step("fry", "needs: [cooking/boil]"),
        )
        assert find_error(*steps).startswith(
            "19:13: needs: The steps would need each other in a circle: cooking/boil → "
            "shopping/pans → cooking/fry → cooking/boil. Remove one of these needs."
        )
        assert find_error(step("ice", "needs: [cooking/ice]")).startswith(
            "19:13: needs: A step cannot need itself. Remove cooking/ice."
        )

    def test_a_step_that_does_not_exist_is_a_warning(self, import_file):
        out = import_file(step("boil"), step("fry", "needs: [cooking/boyl]"))
        assert "needs: There is no step cooking/boyl. Did you mean cooking/boil?" in out

    def test_renaming_a_step_updates_those_that_need_it(self, import_file):
        import_file(step("boil"))
        other = StepFactory(needs=["cooking/boil"])
        out = import_file(step("boiling", "was: boil"))
        other.refresh_from_db()
        assert other.needs == ["cooking/boiling"]
        assert f"updated      {other.roadmap.slug}/{other.slug}: needs" in out
        assert other.history.first().needs == ["cooking/boiling"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("hours: 0.4", "hours: Use hours between 0.5 and 400."),
        ("hours: 2-401", "hours: Use hours between 0.5 and 400."),
        ("hours: 6-4", "hours: Write the smaller number of hours first."),
        ("hours: long", "hours: Write a number of hours or a range, such as 4, 0.5 or"),
        ("hours: true", "hours: Write a number of hours or a range, such as 4, 0.5 or"),
        ("hours: .inf", "hours: Write a number of hours or a range, such as 4, 0.5 or"),
        ("checked_on: 29/11/26", "checked_on: Write a date as year-month-day, such as"),
        ("checked_on: 20261129", "checked_on: This must be text."),
        ("needs: [boil]", "needs: Use the slugs of a roadmap and one of its steps"),
        ("needs: boil", "needs: Write a list, each entry after a hyphen."),
        ('hints: ["a\\nb"]', "hints: Use one line of plain text."),
        ("topics: [{slug: a}]", "title: This key is missing."),
        ("topics: [{slug: a, title: A, text: ''}]", "text: This must not be empty."),
        ("topics: [{slug: a, title: A, txt: b}]", "txt: There is no such key. Did you"),
        ("questions: [{question: Why}]", "answer: This key is missing."),
        (
            "questions: [{question: Why, answer: '  '}]",
            "answer: This must not be empty.",
        ),
        ("done_when: ['']", "done_when: This must not be empty."),
    ],
)
def test_an_error_says_what_to_write(find_error, line, error):
    found = find_error(step("boil", line))
    assert found.startswith("19:"), found
    assert error in found


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("role: startt", "role: Use one of these: start, practise, reference, deeper."),
        ("minutes: 0", "minutes: Use 1 or more."),
        ("minutes: 1.5", "minutes: Use a whole number."),
        ("minutes:", "minutes: This has no value."),
    ],
)
def test_an_error_in_a_resource_says_what_to_write(find_error, line, error):
    resource = [
        "- title: A",
        "  url: https://example.org/",
        "  kind: docs",
        f"  {line}",
    ]
    lines = ["resources:", *(f"  {each}" for each in resource)]
    assert error in find_error(step("boil", *lines))


def test_the_complete_step_in_the_documents_is_in_the_form_of_an_export(import_file):
    document = (settings.BASE_DIR / "docs/writing-roadmaps.md").read_text()
    (text,) = re.findall(r"A complete step:\n\n```yaml\n(.*?)```", document, re.DOTALL)
    head = HEAD.replace("slug: cold", "slug: data-and-apis")
    import_file(text, head=head)
    assert export(Roadmap.objects.get()) == head + text
    keys = set(re.findall(r"^    (\w+):", text, re.MULTILINE)) | {"slug"}
    assert keys == {*StepEntry.model_fields} - UNUSUAL


def test_errors_are_listed_in_the_order_of_the_file(import_file, find_error):
    errors = find_error(
        step("boil", "skip_it: x", "questions:", "- question: Why?", "hours: 6-4")
    )
    lines = ["cooking.yaml:" + line for line in errors.split("cooking.yaml:")]
    names = [line.split(": ")[1] for line in lines]
    assert names == ["skip_it", "answer", "hours"]
