"""No folder makes `import_roadmap --from-markdown` fail without a message, and a second
import changes nothing.

By default, this runs the same few examples each time. To run more and random ones:
MAX_EXAMPLES=2000 .venv/bin/python -m pytest tests/editing/FILE
"""

import json
import os
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from editing.markdown_folder.page import read_page
from roadmaps.markdown import to_html

MAX_EXAMPLES = os.environ.get("MAX_EXAMPLES")


def limit(examples):
    return settings(
        max_examples=int(MAX_EXAMPLES or examples),
        derandomize=not MAX_EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


PIECES = [
    *("a", "b c", "é", "。", "A. B! C? D", " ", "  ", "    ", "\n", "\n\n", "\t", "\\"),
    *("*", "**", "_", "`", "``", "```", "~~", "~~~", "|", "[ ] ", "&amp;", "&lt;", "&"),
    *("[", "]", "(", ")", "](", "](https://x.example/a_b)", "![i](x.png)", "@video@"),
    *("- ", "+ ", "* ", "1. ", "2) ", "# ", "## ", "> ", "---", "===", ":", "!", "<"),
    *("<b>", "</b>", "<br>", "<!-- x -->", "<div>\nx\n</div>\n", "<https://y.example>"),
    *("- [T](https://x.example/1)\n", "- [@book@T](/x)\n", "| a | b |\n| - | - |\n"),
    *("---\ntitle: T\n---\n", "---\n", "title: [", "\0", "\u202e", "\ud800", "x" * 999),
]
markdown = st.lists(st.sampled_from(PIECES), max_size=15).map("".join)
names = st.sampled_from(
    [
        "a",
        "b",
        "01-a",
        "2. b",
        "index",
        "README",
        "content",
        "-",
        "水",
        "a@1",
        "b@x",
        "x",
    ]
)
contents = markdown.map(lambda text: text.encode(errors="surrogatepass"))
ids = st.sampled_from([*"12345", 1, 2, None, {}, 1.5])
numbers = st.sampled_from([0, 1, 2, 50, -1, 1e300, float("nan"), 10**400, "1", None])
kinds = st.sampled_from(
    ["topic", "subtopic", "label", "section", "group", "title", "button", "", None, 5]
)
labels = st.sampled_from(["a", "b", "", "x" * 300, "\0", 7, None])
nodes = st.fixed_dictionaries(
    {"id": ids, "type": kinds, "data": st.fixed_dictionaries({"label": labels})},
    optional={
        "position": st.fixed_dictionaries({"x": numbers, "y": numbers}),
        "width": numbers,
        "height": numbers,
        "parentId": ids,
    },
)
distinct_nodes = st.lists(nodes, max_size=8, unique_by=lambda node: str(node["id"]))
edges = st.fixed_dictionaries({"source": ids, "target": ids})
graphs = st.fixed_dictionaries(
    {"nodes": distinct_nodes | st.lists(nodes), "edges": st.lists(edges, max_size=8)}
).map(json.dumps)
json_files = (graphs | st.sampled_from(["{}", "[", "\ud800"])).map(
    lambda text: text.encode(errors="surrogatepass")
)
paths = st.lists(names, min_size=1, max_size=5).map("/".join)
folders = (
    st.dictionaries(paths.map("{}.md".format), contents, min_size=1, max_size=8),
    st.dictionaries(paths.map("{}.json".format), json_files, max_size=1),
)


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def run(folder):
    out = StringIO()
    call_command("import_roadmap", from_markdown=folder, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.django_db
@limit(30)
@given(*folders)
def test_any_folder_is_imported_or_refused(pages, graph):
    with TemporaryDirectory() as path, transaction.atomic():
        folder = Path(path) / "folder"
        write(folder, pages | graph)
        try:
            run(folder)
        except CommandError as error:
            assert str(error).startswith("Nothing was imported.\n")  # noqa: PT017
        else:
            *_, summary = run(folder).splitlines()
            assert summary.startswith("folder: ")
            assert summary.endswith(("step unchanged", "steps unchanged"))
            assert "," not in summary
        transaction.set_rollback(True)


@limit(150)
@given(markdown)
@example("`\n`~~~[a](b)")
@example("## [a](b)\n- ")
@example("<b>1.</b> a\n<br>- b")
@example("a&<b>amp;</b> <<i>i</i>> ]<b>(b)</b> *a\\* b*")
def test_a_text_that_is_read_again_looks_the_same(source):
    source = source.replace("\0", "").replace("\u202e", "").replace("\ud800", "")
    source = source.replace("title: [", "")
    text = read_page("a.md", source).text
    again = read_page("a.md", f"# Title\n\n{text}").text
    if "://" not in text:  # an address becomes a link, and loses its scheme
        assert to_html(again) == to_html(text)
