"""Markdown to HTML that is safe to show."""

import re
import tracemalloc

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from progress.notes import MAX_NOTE_LENGTH
from roadmaps.markdown import MAX_LENGTH, to_html, validate_markdown
from roadmaps.markdown_rules import MAX_STEPS
from roadmaps.models import Step


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## Why", "<h2>Why</h2>"),
        ("- one\n- two", "<li>one</li>"),
        ("```sh\nls\n```", '<code class="language-sh">ls'),
        ("|a|b|\n|-|-|\n|1|2|", "<td>1</td>"),
        ("**much** and *some*", "<strong>much</strong> and <em>some</em>"),
        ("~~no~~", "<s>no</s>"),
    ],
)
def test_common_markdown_is_converted(text, html):
    assert html in to_html(text)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# One\n## Two\n### Three\n# One", [4, 5, 6, 4]),
        ("### Three\n# One\n#### Four", [4, 4, 5]),
        ("One\n===\n> ## Quoted", [4, 5]),
        ("# 1\n## 2\n### 3\n#### 4\n##### 5", [4, 5, 6, 6, 6]),
        ("#not a heading", []),
    ],
)
def test_headings_below_another_skip_no_level(text, levels):
    html = to_html(text, below=3)
    assert [int(level) for level in re.findall(r"<h(\d)>", html)] == levels
    assert [int(level) for level in re.findall(r"</h(\d)>", html)] == levels


def test_links_send_no_referrer():
    html = to_html("[RFC](https://www.rfc-editor.org/rfc/rfc9110)")
    assert 'rel="nofollow noopener noreferrer"' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![track](https://evil.example/pixel.png)",
        "[press](javascript:alert(1))",
        "[press](data:text/html,hi)",
        '<a href="https://x" onclick="alert(1)">x</a>',
        "<style>*{display:none}</style>",
        '<iframe src="https://evil.example"></iframe>',
    ],
)
def test_the_html_loads_and_runs_nothing(text):
    html = to_html(text).replace("&lt;", "").replace("&quot;", "")
    for forbidden in (
        "<script",
        "<img",
        "<style",
        "<iframe",
        'href="javascript',
        'href="data',
    ):
        assert forbidden not in html


def test_table_columns_have_no_style_attribute():
    assert "style" not in to_html("|a|\n|-:|\n|1|")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("see https://example.org/a_b", ">https://example.org/a_b</a>"),
        ("(http://example.org).", '(<a href="http://example.org"'),
        ("https://example.org/a_(b).", ">https://example.org/a_(b)</a>."),
        ("**https://example.org**", ">https://example.org</a></strong>"),
        ("见https://example.org/a。好", ">https://example.org/a</a>。好"),
        ("HTTPS://EXAMPLE.ORG", ">HTTPS://EXAMPLE.ORG</a>"),
        ("https://é.example/ü", 'href="https://xn--9ca.example/%C3%BC"'),
        ("`https://example.org`", ">https://example.org</code>"),
        ("[a https://b.example](https://c.example)", ">a https://b.example</a>"),
        ("xhttps://example.org", "<p>xhttps://example.org</p>"),
        ("https://", "<p>https://</p>"),
        ("https://e.example/" + "a" * 3000, "<p>https"),
    ],
)
def test_a_bare_address_is_a_link(text, html):
    assert html in to_html(text)


def test_a_link_that_shows_its_address_can_be_told_from_others():
    assert 'class="bare-url"' in to_html("https://example.org")
    assert "class" not in to_html("[RFC](https://example.org)")


@pytest.mark.parametrize("text", ["```\nls\n```", "~~~sh\nls\n~~~", "    ls"])
def test_the_keyboard_can_scroll_a_code_block(text):
    assert to_html(text).startswith('<pre tabindex="0"><code')


@pytest.mark.parametrize("code", ["```\na\n```\n", "    a\n\n", "```\na\n```\n\n"])
def test_a_paragraph_in_italics_after_code_is_its_caption(code):
    code_html = '<pre tabindex="0"><code>a\n</code></pre>\n'
    assert to_html(f"{code}*The `a` of **b***\n\nMore.") == (
        f"<figure>\n{code_html}"
        "<figcaption>The <code>a</code> of <strong>b</strong></figcaption>\n"
        "</figure>\n<p>More.</p>\n"
    )
    assert "<figcaption>b</figcaption>" in to_html("- ```\n  a\n  ```\n  *b*")


@pytest.mark.parametrize(
    "text",
    ["```\na\n```\n*A* or *b*", "```\na\n```\n**A**", "Text.\n\n*A*", "```\na\n```"],
)
def test_other_paragraphs_are_no_captions(text):
    assert "fig" not in to_html(text)


def test_the_keyboard_can_scroll_a_table():
    html = to_html("|a|\n|-|\n|1|")
    assert html.startswith('<div class="wide" tabindex="0"><table>')
    assert html.endswith("</table></div>\n")


@pytest.mark.parametrize(
    ("code", "is_unbroken"),
    [
        ("If-None-Match", True),
        ("304", False),
        ("max-age=60, private", False),
        ("git merge --abort", True),
        ("curl -v http://example.org/", False),
        ("/a/path/that/is/wider/than/a/phone", False),
    ],
)
def test_short_code_and_commands_stay_on_one_line(code, is_unbroken):
    assert ('class="unbroken"' in to_html(f"`{code}`")) is is_unbroken


def test_an_address_in_brackets_is_one_link():
    html = to_html("[https://a.example](https://a.example)")
    assert html.count("<a ") == 1


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("- [ ] a", '<li><span role="img" aria-label="To do">☐</span> a</li>'),
        ("1. [X] *a*", 'aria-label="Done">☑</span> <em>a</em></li>'),
        ("- a\n\n- [x] b", '<p><span role="img" aria-label="Done">☑</span> b</p>'),
        ("- [x](https://a.example)", ">x</a></li>"),
        ("[ ] a", "<p>[ ] a</p>"),
        ("- a [ ] b", "<li>a [ ] b</li>"),
    ],
)
def test_a_task_list_has_check_boxes(text, html):
    assert html in to_html(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![A *map*](https://a.example/m.png)", "A map"),
        ("![](https://a.example/m.png)", "https://a.example/m.png"),
        ("![<b>](m.png)", "&lt;b&gt;"),
        ("[![A map](m.png)](https://a.example)", "A map</a>"),
        ("[![](m.png)](https://a.example)", "m.png</a>"),
        ("[](https://a.example)", ">https://a.example</a>"),
        ("[ ](https://a.example)", "https://a.example</a>"),
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("<!-- why -->", "&lt;!-- why --&gt;"),
        ("[1]: https://a.example", "[1]: <a"),
        ("> " * 30 + "deep", "deep"),
        ("- " * 30 + "deep", "deep"),
    ],
)
def test_what_cannot_be_shown_is_shown_as_text(text, shown):
    assert shown in to_html(text)


def test_line_breaks_are_kept_on_request():
    assert to_html("one\ntwo", line_breaks=True) == "<p>one<br>\ntwo</p>\n"
    assert to_html("one\ntwo") == "<p>one\ntwo</p>\n"


# For each construct of Markdown, what costs most when it is repeated. Beside them are
# texts that grow in each line.
REPEATED = [
    *("a\n", "a\n\n", "a  \n", "\n", " ", "\t", "é\n", "\u00a0", "😀", '"'),
    *("- ", "- a\n", "-\n", "- a\n* a\n", "- a\nb\n", "- [ ] a\n", "1. ", "1. a\n"),
    *("- a\n\n  b\n\n", "-\ta\n\t-\tb\n", "> - ", ">", "> a\nb\n"),
    *(
        "> " * 9 + "- a\n",
        ">" * 18 + "a\n",
        "# a\n",
        "#\n",
        "a\n-\n",
        "***\n",
        "a\n***\n",
    ),
    *(
        "```\n",
        "```\na\n```\n",
        "~~~\n",
        "    a\n\n",
        "a|\n-|\n\n",
        "- a|b\n  -|-\n  a\n",
    ),
    *("[", "]", "[]", "[a\n", "[a](", "[a](b)", "[a](<b", "[a](b 'c' ", "[a]: b\n"),
    *("[a](" + "b" * 40, "![a](" + "b" * 40, "![", "![a](b)", "[![](b)](c)"),
    *(
        "[a]: b 'c\n",
        "[a](http://é.é) ",
        "<http://a>",
        "<a@b.c>",
        "<http://é>",
        "<http:",
    ),
    *("http://a.b ", "http://", ":", "https:", "<a>", "<", "<a\n", "<!--", "<![CDATA["),
    *("*", "*a", "*a ", "a*", "**a ", "*a_ ", "*a* ", "_a ", "~", "~~a ", "~~a~~ "),
    *("`", "`a`", "`a ``b ", "&", "&amp;", "&#1;", "\\", "\\*", "\\<"),
]


def table(columns, rows, row="a"):
    return f"{'a|' * columns}\n{'-|' * columns}\n" + f"{row}\n" * rows


GROWING = [
    table(255, 255) * 20,
    table(5_000, 1),
    table(10, 2_000, "|" * 11),
    table(1, 9_000),
    "".join(table(n, n) + "\n" for n in range(1, 80)),
    "\n".join("  " * n + "- a" for n in range(200)),
    "".join("`" * n + "a" for n in range(1, 200)),
    "[" * 2_500 + "a" + "](b)" * 2_500,
    "*a " * 3_000 + "a*" * 4_000,
    "> " * 18 + "a\n" + "a\n" * 9_000,
    "[a]: " + "b" * 9_000 + "\n\n" + "[a]" * 3_000,
    "[a](http://" + "é." * 9_000 + ")",
    "http://a/" + "😀" * 9_000,
]
WORST = [
    *((text * MAX_NOTE_LENGTH)[:MAX_NOTE_LENGTH] for text in REPEATED),
    *(text[:MAX_NOTE_LENGTH] for text in GROWING),
]


class TestCost:
    """The parser limits its own steps. Here the output and the memory are bounded."""

    @pytest.mark.parametrize("text", WORST, ids=lambda text: repr(text[:12]))
    def test_the_worst_text_of_its_length_is_cheap(self, text):
        assert len(to_html(text, below=3, line_breaks=True)) <= 10 * len(text)

    @settings(max_examples=20, deadline=None, derandomize=True)
    @given(st.lists(st.sampled_from(REPEATED), min_size=1, max_size=4))
    def test_any_mixture_is_cheap(self, parts):
        text = ("".join(parts) * 1_000)[:2_000]
        assert len(to_html(text, below=3, line_breaks=True)) <= 20 * len(text)

    @pytest.mark.parametrize("text", GROWING[:4], ids=lambda text: repr(text[:12]))
    def test_a_table_takes_little_memory(self, text):
        tracemalloc.start()
        try:
            to_html(text[:MAX_NOTE_LENGTH], below=3, line_breaks=True)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 20_000_000

    @pytest.mark.parametrize(
        "text", [table(255, 255), "\n- a" * 2_000, "[a](b) " * 500, "\n" + "> " * 30]
    )
    def test_a_text_that_is_too_complex_is_shown_as_it_was_typed(self, text):
        html = to_html(f"**{text}**\nend", below=3)
        assert html.startswith("<p>**")
        assert html.count("<br>") == text.count("\n") + 1
        assert set(re.findall(r"<(\w+)", html)) == {"p", "br"}

    def test_a_text_that_is_too_long_is_shown_as_it_was_typed(self):
        assert to_html("*a*" + "a" * MAX_LENGTH).startswith("<p>*a*")

    def test_an_ordinary_long_text_is_converted(self):
        lines = [
            "## Caching\n",
            "- [ ] read [chapter 3](https://example.org/3) and `Cache-Control`",
            "- [x] look at https://example.org/a\n",
            "An answer may be kept, *if* it says so, and everybody gets the same one. "
            * 5,
            "That is why it says **how long**.\n",
            table(4, 4, "a|b|c|d"),
            "```sh\ncurl https://example.org\n```\n",
        ]
        text = "\n".join(lines)
        text *= MAX_NOTE_LENGTH // len(text)
        assert len(text) > 0.9 * MAX_NOTE_LENGTH
        assert to_html(text).startswith("<h2>")

    @pytest.mark.parametrize(
        "text",
        [
            table(255, 255),
            table(101, 1),
            "a\n" * MAX_STEPS,
            "- a\n" * (MAX_STEPS // 4),
            "*a" * MAX_STEPS,
            "[" * MAX_STEPS,
            "![a](" * (MAX_STEPS // 20),
            "<a@b.c>" * (MAX_STEPS // 20 + 1),
            "https://a.b " * (MAX_STEPS // 20),
            "> " * 22 + "a",
        ],
        ids=lambda text: repr(text[:12]),
    )
    def test_a_text_that_takes_too_many_steps_is_refused(self, text):
        with pytest.raises(ValidationError, match="Use fewer list items"):
            validate_markdown(text)

    def test_a_step_with_such_a_body_can_be_saved(self, db):
        step = Step(body=table(255, 255))
        step.render_texts()
        assert step.html["body"].startswith("<p>a|a|")
