"""manage.py import_roadmap --from-markdown FOLDER"""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from editing.markdown_folder import folder as folder_reader
from progress.models import TopicCheck
from roadmaps.models import Roadmap, Step
from roadmaps.step_parts import Resource, Topic
from tests.factories import StepProgressFactory

pytestmark = pytest.mark.django_db

HTTP = """\
---
title: HTTP
order: 3
---
# The protocol

A browser asks. A server answers. See the [specification](https://example.org/spec).

![A picture](diagram.png)

Learn more from these:

- [@official@The standard](https://example.org/http)
- [@video@Watch it](https://example.org/video)
- [A talk](https://www.youtube.com/watch?v=1): forty minutes
- [A guide](/guides/http)
"""
COOKING = {
    "README.md": "# Cooking for one\n\nFrom water to dinner.\n",
    "01-basics/README.md": "# First things\n",
    "01-basics/02-eggs/index.md": "# Eggs\n\nSoft or hard.\n\nMind the shell.\n",
    "01-basics/02-eggs/soft.md": "# Soft eggs\n\nSix minutes.\n",
    "01-basics/02-eggs/10-hard.md": "Ten minutes. Not more. Or they turn green.\n",
    "01-basics/01-water.md": "# Water\n\nUntil it moves.\n",
    "02-feasts/roast.md": "# Roast\n\nLow and slow.\n",
}


@pytest.fixture
def write(tmp_path):
    """Returns a function that writes files into a folder `cooking`."""

    def write(files, root="cooking"):
        for name, content in files.items():
            path = tmp_path / root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            is_bytes = isinstance(content, bytes)
            path.write_bytes(content if is_bytes else content.encode())
        return tmp_path / root

    return write


def run(folder, **options):
    out = StringIO()
    call_command("import_roadmap", from_markdown=folder, stdout=out, **options)
    return out.getvalue()


def find_error(folder, **options):
    with pytest.raises(CommandError) as error:
        run(folder, **options)
    assert not Roadmap.objects.exists()
    first, *lines = str(error.value).replace(f"{folder}", "FOLDER").splitlines()
    assert first == "Nothing was imported."
    return "\n".join(lines)


def outline(slug="cooking"):
    """Return the slugs of a roadmap, as "section/step: topics"."""
    return [
        f"{step.section.slug if step.section else ''}/{step.slug}: "
        + " ".join(step.topics.filter(is_retired=False).values_list("slug", flat=True))
        for step in Step.objects.filter(roadmap__slug=slug, is_retired=False)
        .select_related("section")
        .order_by("position")
    ]


class TestFolders:
    def test_three_levels_are_sections_steps_and_topics(self, write):
        out = run(write(COOKING))
        assert "Found 2 sections, 3 steps and 2 topics." in out
        assert "cooking: new roadmap, 3 steps added" in out
        assert outline() == [
            "basics/water: ",
            "basics/eggs: hard soft",
            "feasts/roast: ",
        ]
        roadmap = Roadmap.objects.get()
        assert not roadmap.is_published
        assert roadmap.title == "Cooking for one"
        assert roadmap.summary == "From water to dinner."
        assert [s.title for s in roadmap.sections.all()] == ["First things", "Feasts"]
        eggs = Step.objects.get(slug="eggs")
        assert (eggs.title, eggs.summary) == ("Eggs", "Soft or hard.")
        assert eggs.primer == "Soft or hard.\n\nMind the shell.\n"
        assert Step.objects.get(slug="water").primer == ""  # it is the summary

    def test_two_levels_are_steps_and_topics(self, write):
        run(write({"eggs/soft.md": "# Soft", "eggs/hard.md": "", "water.md": ""}))
        assert outline() == ["/eggs: hard soft", "/water: "]
        assert Step.objects.get(slug="eggs").summary == "Learn about Eggs."

    def test_one_level_is_steps(self, write):
        out = run(write({"2-eggs.md": "", "10-fry.md": "", "1-water.md": ""}))
        assert "Found 0 sections, 3 steps and 0 topics." in out
        assert outline() == ["/water: ", "/eggs: ", "/fry: "]
        assert "  2-eggs.md: no text\n" in out

    def test_deeper_files_become_topics(self, write):
        out = run(write({"a/b/c/d.md": "", "a/b/e.md": ""}))
        assert outline() == ["a/b: c d e"]
        assert "a/b/c/d.md: nested too deeply; placed as a topic of a/b" in out

    def test_a_file_next_to_a_folder_of_its_name_is_about_it(self, write):
        run(write({"eggs.md": "# All eggs", "eggs/soft.md": ""}))
        assert outline() == ["/eggs: soft"]
        assert Step.objects.get().title == "All eggs"

    def test_sections_can_be_left_out(self, write):
        run(write(COOKING), no_sections=True)
        assert outline() == ["/basics: water eggs hard soft", "/feasts: roast"]

    def test_a_folder_content_has_the_topics(self, write):
        files = {
            "content/water.md": "",
            "cooking.md": "---\ntitle: Cook\ncategory: Home\nicon: 🍳\n---\n",
            "LICENSE.txt": "",
            "notes.md": "",
        }
        out = run(write(files))
        assert outline() == ["/water: "]
        roadmap = Roadmap.objects.get()
        assert (roadmap.title, roadmap.category, roadmap.icon) == ("Cook", "Home", "🍳")
        assert "  *.txt: 1 file, not Markdown\n" in out
        assert "  notes.md: outside the folder content\n" in out

    def test_equal_names_get_the_name_of_their_folder(self, write):
        files = {"a/more.md": "", "b/more.md": "", "b/c/d.md": "", "b/c/e/d.md": ""}
        run(write(files))
        assert outline() == ["a/a-more: ", "b/c: c-d e e-d", "b/b-more: "]

    def test_a_name_without_latin_letters_has_a_stable_slug(self, write):
        run(write({"鸡蛋.md": "", "水.md": ""}))
        before = outline()
        assert all(line.startswith("/topic-") for line in before)
        assert set(Step.objects.values_list("title", flat=True)) == {"鸡蛋", "水"}
        run(write({"油.md": ""}))
        assert set(before) < set(outline())

    def test_symbolic_links_are_not_followed(self, write, tmp_path):
        folder = write({"water.md": ""})
        (tmp_path / "secret.md").write_text("# Secret")
        (folder / "secret.md").symlink_to(tmp_path / "secret.md")
        (folder / "loop").symlink_to(folder)
        out = run(folder)
        assert outline() == ["/water: "]
        assert "secret.md: a symbolic link, which is not followed" in out
        assert "loop: a symbolic link, which is not followed" in out

    def test_the_folder_may_be_named_by_a_path_with_dots(self, write):
        folder = write({"water.md": "", "eggs/soft.md": ""})
        run(folder / "eggs" / "..")
        assert outline() == ["/eggs: soft", "/water: "]


class TestTexts:
    def test_links_and_pictures_leave_the_text(self, write):
        out = run(write({"http.md": HTTP}), slug="web")
        step = Step.objects.get()
        assert step.title == "HTTP"
        assert step.primer == (
            "A browser asks. A server answers. See the specification.\n\nA picture\n"
        )
        assert "Turned into plain text: 1 image and 1 link." in out
        assert "http.md: the link to /guides/http was left out: Use a URL" in out
        assert list(Resource.objects.values_list("title", "kind", "url")) == [
            ("specification", "article", "https://example.org/spec"),
            ("The standard", "docs", "https://example.org/http"),
            ("Watch it", "video", "https://example.org/video"),
            ("A talk", "video", "https://www.youtube.com/watch?v=1"),
        ]

    def test_a_topic_has_two_sentences_and_a_link(self, write):
        out = run(write({"web/http.md": HTTP, "web/index.md": "Look."}))
        topic = Topic.objects.get()
        assert topic.text == "A browser asks. A server answers."
        assert topic.url == "https://example.org/spec"
        assert Resource.objects.count() == 3  # the others are the step's
        assert "web/http.md: only its first sentences were used" in out

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("E.g. *one*, i.e. `a. B`. Two! Three.", "E.g. *one*, i.e. `a. B`. Two!"),
            ("One.\nTwo.\nThree.", "One.\nTwo."),
            ("First, vs. Second. Two... three? Four.", None),
            ("x" * 2_000, "x" * 499 + "…"),
            ("One \\* two_three \\_four_ 5 < 6 &amp;lt; ok", None),
            ("**One. Two.** Three. Four. Five.", "**One. Two.** Three. Four."),
        ],
    )
    def test_the_sentences_of_a_topic(self, write, text, expected):
        run(write({"a/b.md": text}))
        if expected is not None:
            assert Topic.objects.get().text == expected

    def test_markdown_stays_what_it_was(self, write):
        text = """\
# Title

Some *text* with `code`, **bold** and ~~old~~ \\*stars\\*.\\
1\\. Not a list

## Part

- one
  - [ ] two

    more
- three

3. third
4. fourth

> # Quoted
> text

```python
print("*")
```

| a | b |
| --- | --- |
| `x \\| y` | 2 |

---

Last.
"""
        run(write({"a.md": text}))
        expected = text.removeprefix("# Title\n\n")
        expected = expected.replace("> # Quoted", "> ## Quoted\n>")
        assert Step.objects.get().primer == expected

    def test_html_becomes_text(self, write):
        text = (
            "One <b>bold</b> word<br>and &lt;more&gt;.\n\n"
            '<p align="center">A <i>picture</i></p>\n\n<script>alert(1)</script>\n\n'
            "<!-- hidden -->\n\nTwo.\n"
        )
        out = run(write({"a.md": text}))
        assert Step.objects.get().primer == (
            "One bold word and \\<more>.\n\nA picture\n\nTwo.\n"
        )
        assert "Turned into plain text: 3 HTML blocks and 3 HTML tags." in out

    def test_a_long_title_is_cut(self, write):
        out = run(write({"a.md": f"# {'long ' * 50}"}))
        assert Step.objects.get().title == "long " * 22 + "long…"
        assert "a.md: the title was cut at 120 characters" in out


NODES = [
    {"id": "t", "type": "title", "data": {"label": "The kitchen"}},
    {"id": "h1", "type": "label", "data": {"label": "Basics"}},
    {"id": "w", "type": "topic", "position": {"x": 9, "y": 1}, "label": "Water"},
    {"id": "e", "type": "topic", "position": {"x": 9, "y": 2}, "label": "Eggs"},
    {"id": "s", "type": "subtopic", "position": {"x": 0, "y": 9}, "label": "Soft"},
    {"id": "h", "type": "subtopic", "position": {"x": 0, "y": 8}, "label": "Hard"},
    {"id": "h2", "type": "paragraph", "data": {"label": "Feasts"}},
    {"id": "r", "type": "topic", "position": {"x": 0, "y": 0}, "label": "Roast"},
    {"id": "b", "type": "subtopic", "position": {"x": 0, "y": 0}, "label": "Bread"},
    {"id": "o", "type": "subtopic", "position": {"x": 0, "y": 0}, "label": "Oven"},
    {"id": "line", "type": "vertical", "data": {"label": "vertical node"}},
]
EDGES = ["h1-w", "w-e", "e-s", "e-h", "e-h2", "h2-r", "h2-b"]


def graph(nodes=NODES, edges=EDGES, **changes):
    pairs = [dict(zip(("source", "target"), e.split("-"), strict=True)) for e in edges]
    return json.dumps({"nodes": nodes, "edges": pairs} | changes)


class TestGraph:
    def test_nodes_and_edges_give_the_nesting(self, write):
        files = {
            "kitchen.json": graph(),
            "package.json": "{}",
            "content/water@w.md": "# Hot water\n\nUntil it moves.\n",
            "content/soft-eggs@s.md": "Six minutes.",
            "content/roast.md": "Low and slow.",
            "content/lost@x.md": "",
            "content/line@line.md": "",
        }
        out = run(write(files))
        assert "Found 2 sections, 4 steps and 2 topics." in out
        assert outline() == [
            "basics/water: ",
            "basics/eggs: hard soft-eggs",
            "feasts/roast: ",
            "feasts/bread: ",
        ]
        assert Roadmap.objects.get().title == "The kitchen"
        assert Step.objects.get(slug="water").title == "Hot water"
        assert Topic.objects.get(slug="soft-eggs").title == "Soft"
        for line in [
            "content/lost@x.md: no node of the graph fits, or several do",
            "content/line@line.md: its node has the type vertical, which is neither a "
            "step nor a topic",
            "the node Oven: no edge leads to it from a step",
            "the node Eggs: no text",
        ]:
            assert f"\n  {line}\n" in out

    def test_a_topic_of_two_steps_is_placed_once(self, write):
        out = run(write({"a.json": graph(edges=[*EDGES, "w-s"]), "water.md": ""}))
        assert outline()[:2] == ["basics/water: ", "basics/eggs: hard soft"]
        assert "the node Soft: not placed in water.md as well" in out

    def test_ids_are_no_part_of_slugs(self, write):
        run(write({"a.json": graph(), "water@w.md": ""}))
        before = outline()
        nodes = [node | {"id": f"new{node['id']}"} for node in NODES]
        edges = [f"new{edge.replace('-', '-new')}" for edge in EDGES]
        folder = write({"a.json": graph(nodes, edges), "water@neww.md": ""})
        (folder / "water@w.md").unlink()
        assert "4 steps unchanged" in run(folder)
        assert outline() == before

    def test_boxes_join_topics_and_steps(self, write):
        def node(id_, kind, x, y, **more):
            place = {"x": x, "y": y}
            return {"id": id_, "type": kind, "position": place, "label": id_} | more

        nodes = [
            node("box", "section", 0, 0, width=100, height=100, label=""),
            node("one", "subtopic", 10, 10),
            node("two", "subtopic", 10, 20),
            node("group", "group", 0, 200, width=100, height=100, label="Later"),
            node("first", "topic", 500, 0),
            node("second", "topic", 10, 210),
            node("third", "topic", 500, 220),
            node("deep", "subtopic", 500, 230, parentId="third"),
        ]
        run(write({"a.json": graph(nodes, ["first-one"]), "one.md": ""}))
        assert outline() == ["/first: one two", "later/second: ", "/third: deep"]

    def test_edges_may_lead_through_boxes(self, write):
        """As in drawings where a heading, a box with topics and the next heading hang
        on one line.
        """

        def node(id_, kind, y, label="", **more):
            return {"id": id_, "type": kind, "x": 0, "y": y, "label": label} | more

        nodes = [
            node("h1", "paragraph", 900, "First"),
            node("box1", "section", 300, width=100, height=100),
            node("a", "subtopic", 350, "A"),
            node("box2", "section", 500, width=100, height=100),
            node("b", "subtopic", 550, "B"),
            node("h2", "paragraph", 100, "Second"),
            node("t", "topic", 120, "Topic"),
            node("box3", "section", 700, width=100, height=100),
            node("c", "subtopic", 750, "C"),
        ]
        edges = ["h1-box1", "box1-box2", "box2-h2", "h2-t", "t-box3"]
        run(write({"a.json": graph(nodes, edges), "a.md": ""}))
        assert outline() == ["first/a: ", "first/b: ", "second/topic: c"]

    def test_labels_without_edges_are_headings_by_their_place(self, write):
        nodes = [
            {"id": 1, "type": "label", "label": "Start", "y": 0},
            {"id": 2, "label": "b", "y": 1},
            {"id": 3, "type": "label", "label": "End", "y": 2},
            {"id": 4, "label": "a", "y": 3},
            {"id": 5, "type": "label", "label": "Empty", "y": 4},
        ]
        out = run(write({"a.json": graph(nodes, []), "a.md": "", "b.md": ""}))
        assert outline() == ["start/b: ", "end/a: "]
        assert "the node Empty: a heading without a step below it" in out

    def test_it_can_be_named(self, write, tmp_path):
        folder = write({"water.md": "", "a.json": graph(), "b.json": graph()})
        assert find_error(folder) == (
            "FOLDER: Several files have nodes and edges: FOLDER/a.json, FOLDER/b.json. "
            "Name one with --graph."
        )
        run(folder, graph=folder / "b.json")
        assert len(outline()) == 4

    @pytest.mark.parametrize(
        ("content", "error"),
        [
            ('{"nodes": [],\n "edges": x}', ":2:11: This is not valid JSON: Expecting"),
            (b"\xff", ":1:1: This is not UTF-8. Save the file as UTF-8."),
            ("[" * 100_000, ": This is nested too deeply, or has a number that is too"),
            ("1" * 5_000, ": This is nested too deeply, or has a number that is too"),
            ("[]", ": Write a mapping with two lists, nodes and edges."),
            (graph([]), ": There is nothing here that could be a step."),
            (graph([{}]), ": Node 1 has no id."),
            (graph(["a"]), ": Node 1 has no id."),
            (graph([{"id": 1}, {"id": "1"}]), ": Two nodes have the id 1."),
            (
                graph(edges=[*EDGES, "r-e"]),
                ": The edges lead in a circle: Eggs → Feasts → Roast → Eggs. Remove",
            ),
            (graph(edges=["w-w"]), ": The edges lead in a circle: Water → Water."),
            (graph([{"id": n} for n in range(5_001)]), ": There are more than 5,000"),
        ],
    )
    def test_an_error_says_where_it_is(self, write, content, error):
        folder = write({"water.md": "", "graph.json": content})
        found = find_error(folder, graph=folder / "graph.json")
        assert found.startswith(f"FOLDER/graph.json{error}"), found

    def test_a_broken_one_is_reported_if_it_is_the_only_one(self, write):
        folder = write({"water.md": "", "graph.json": '{"nodes": ['})
        assert "FOLDER/graph.json:1:12: This is not valid JSON" in find_error(folder)
        assert "4 steps" in run(write({"good.json": graph()}))


class TestErrors:
    @pytest.mark.parametrize(
        ("files", "error"),
        [
            (
                {"a.txt": ""},
                "FOLDER: There are no Markdown files (.md) in this folder.",
            ),
            (
                {"README.md": "# A"},
                "FOLDER: There is nothing here that could be a step.",
            ),
            ({"a.md": b"x\n\xff"}, "FOLDER/a.md:2:1: This is not UTF-8."),
            ({"a.md": "a\0"}, "FOLDER/a.md:1:2: Remove the control character U+0000."),
            ({"a.md": "a\u202e"}, "FOLDER/a.md: Remove the character U+202E, which"),
            ({"a.md": "x" * 200_001}, "FOLDER/a.md: The file is larger than 200,000"),
            ({"a.md": "x" * 40_001}, "FOLDER/a.md: The text is longer than 40,000"),
            ({"a.md": "- a\n" * 5_000}, "FOLDER/a.md: The text is too complex."),
            ({"a.md": "---\na: [b\nc: d\n---"}, "FOLDER/a.md:2:4: The [ is never"),
            ({"a.md": "---\nb: 1\na: !x y\n---\n"}, "FOLDER/a.md:3:4: Tags (!) are"),
            ({"/".join("abcdefghijkl") + ".md": ""}, "FOLDER/a/b/c/d/e/f/g/h/i/j/k:"),
        ],
    )
    def test_it_names_the_file(self, write, files, error):
        found = find_error(write(files))
        assert found.startswith(error), found

    def test_all_problems_are_listed(self, write):
        files = {"good.md": "", "a.md": b"\xff", "b/c.md": "x" * 40_001}
        assert len(find_error(write(files)).splitlines()) == 2

    def test_a_missing_folder(self, tmp_path):
        assert find_error(tmp_path / "none") == "FOLDER: No such file or directory"

    def test_a_file_instead_of_a_folder(self, write):
        folder = write({"a.md": ""})
        assert find_error(folder / "a.md") == "FOLDER: Not a directory"

    def test_the_number_of_files_is_limited(self, write, monkeypatch):
        monkeypatch.setattr(folder_reader, "MAX_FILES", 2)
        error = find_error(write({"a.md": "", "b.md": "", "c.md": ""}))
        assert error == "FOLDER: A folder can have at most 2 files."

    def test_a_name_without_a_slug(self, write):
        folder = write({"a.md": ""}, root="厨房")
        assert "Give one with --slug." in find_error(folder)
        assert "kitchen: new roadmap" in run(folder, slug="kitchen")

    def test_a_value_that_is_not_valid(self, write):
        error = find_error(write({"a.md": ""}), slug="No Slug", icon="no")
        assert "FOLDER, as YAML:2:1: slug: Use only a to z, 0 to 9" in error
        assert "icon: " in error

    def test_options_that_do_not_fit(self, write):
        folder = write({"a.md": ""})
        for arguments, error in [
            (
                [],
                "Name a YAML file, or name a folder of Markdown with --from-markdown.",
            ),
            (
                ["a.yaml", f"--from-markdown={folder}"],
                "Name either YAML files or a folder, not both.",
            ),
            (["a.yaml", "--no-sections"], "--no-sections needs --from-markdown."),
        ]:
            with pytest.raises(CommandError, match=error):
                call_command("import_roadmap", *arguments)


def test_the_documents_show_the_output(write):
    soft = """\
# Soft eggs

They take six minutes. Put them into cold water afterwards. They keep for two days.

Learn more from these:

- [@video@Eggs without stress](https://example.org/eggs)
- [Eggs, a standard](https://example.org/standard)
"""
    files = {
        "README.md": "# Cooking for one\n\nFrom water to dinner.\n",
        "01-basics/01-water.md": "# Water\n\nUntil it moves.\n",
        "01-basics/02-eggs/index.md": "# Eggs\n\nSoft or hard.\n",
        "01-basics/02-eggs/01-soft.md": soft,
        "01-basics/02-eggs/02-hard.md": "",
        "02-feasts/roast.md": "# Roast\n\nLow and slow.\n",
    }
    out = run(write(files), category="Household", dry_run=True)
    documents = (settings.BASE_DIR / "docs/writing-roadmaps.md").read_text()
    assert f"--dry-run\n{out}```" in documents
    assert f"```markdown\n{soft}```" in documents


class TestImport:
    def test_it_says_that_the_licence_is_not_checked(self, write):
        assert "Make sure that the licence of these texts lets you publish" in run(
            write({"a.md": ""})
        )

    def test_a_dry_run_changes_nothing(self, write):
        out = run(write(COOKING), dry_run=True)
        assert "1. Water (water)" in out
        assert out.endswith("Nothing was changed.\n")
        assert not Roadmap.objects.exists()

    def test_it_can_be_written_as_yaml(self, write, tmp_path):
        path = tmp_path / "cooking.yaml"
        out = run(write(COOKING), to_yaml=path)
        assert out.endswith(f"Wrote {path}. Nothing was imported.\n")
        assert not Roadmap.objects.exists()
        call_command("import_roadmap", path, stdout=StringIO())
        assert "3 steps unchanged" in run(write({}))

    def test_a_file_that_cannot_be_written(self, write, tmp_path):
        with pytest.raises(CommandError, match="Is a directory"):
            run(write(COOKING), to_yaml=tmp_path)

    def test_a_repeat_changes_nothing(self, write):
        run(write(COOKING))
        before = list(Step.objects.values())
        assert "cooking: 3 steps unchanged\n" in run(write({}))
        assert list(Step.objects.values()) == before

    def test_a_changed_folder_keeps_progress_and_what_editors_added(self, write, user):
        folder = write(COOKING)
        run(folder)
        roadmap = Roadmap.objects.get()
        roadmap.is_published, roadmap.category = True, "Household"
        roadmap.visibility = "groups"
        roadmap.save()
        eggs = Step.objects.get(slug="eggs")
        eggs.exercise = "Boil six.\n"
        eggs.save()
        Step.objects.filter(slug="roast").update(primer="Choose a piece.\n")
        progress = StepProgressFactory(user=user, step=eggs)
        check = TopicCheck.objects.create(user=user, topic=eggs.topics.get(slug="soft"))
        (folder / "01-basics/02-eggs").rename(folder / "01-basics/00-eggs")
        (folder / "01-basics/01-water.md").unlink()
        write({"01-basics/00-eggs/soft.md": "# Very soft eggs\n\nFive minutes.\n"})
        assert "1 step changed, 1 step retired" in run(folder)
        eggs.refresh_from_db()
        progress.refresh_from_db()
        assert eggs.exercise == "Boil six.\n"
        assert Step.objects.get(slug="roast").primer == "Choose a piece.\n"
        assert check.topic.slug == "soft"
        assert Topic.objects.get(pk=check.topic_id).title == "Very soft eggs"
        roadmap.refresh_from_db()
        assert (roadmap.is_published, roadmap.category) == (True, "Household")
        assert roadmap.visibility == "groups"

    def test_links_keep_their_role_and_time(self, write):
        folder = write({"http.md": HTTP})
        run(folder)
        Resource.objects.update(role="start", minutes=5)
        assert "1 step unchanged" in run(folder)

    def test_the_values_can_be_given(self, write):
        values = {
            "slug": "kitchen",
            "title": "A kitchen",
            "category": "House",
            "icon": "🍳",
            "summary": "Cook.",
        }
        run(write(COOKING), **values)
        assert Roadmap.objects.values(*values).get() == values
