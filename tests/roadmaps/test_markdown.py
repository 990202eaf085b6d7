"""Markdown to HTML that is safe to show."""

import re

import pytest

from roadmaps.markdown import to_html


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
