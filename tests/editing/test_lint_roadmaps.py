"""manage.py lint_roadmaps"""

from io import StringIO
from textwrap import indent

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from editing.code_blocks import find_code_faults

FIXTURE = settings.BASE_DIR / "fixtures/backend-developer.yaml"


@pytest.fixture
def find_problems(tmp_path):
    """Returns a function that lints the backend roadmap with one text replaced."""

    def find_problems(old, new, count=1):
        text = FIXTURE.read_text()
        assert old in text
        path = tmp_path / "backend-developer.yaml"
        path.write_text(text.replace(old, new, count))
        with pytest.raises(CommandError) as error:
            call_command("lint_roadmaps", path)
        return str(error.value).replace(f"{tmp_path}/", "")

    return find_problems


def test_the_fixtures_follow_the_rules():
    out = StringIO()
    call_command("lint_roadmaps", stdout=out)
    assert out.getvalue().startswith("4 roadmaps with ")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("published: true", "published: false", ":2:1: published should be true"),
        (
            "and HTTP work.",
            "and HTTP work",
            ":13:5: summary should end with a full stop",
        ),
        (
            "and HTTP work.",
            f"and HTTP work{' very well' * 10}.",
            ":13:5: summary should be at most 120 characters long",
        ),
        (
            "## Exercise",
            "## Task",
            ":14:5: body should have the headings Why it matters, What to learn, Mark "
            "it done when you can, Exercise, Common mistakes, in this order",
        ),
        (
            "      - type an HTTP request by hand into `nc` or `openssl s_client` and "
            "read the answer\n"
            "      - say from a status code whether to look first at the client, the "
            "server or between them\n",
            "",
            ":14:5: body has 2 bullets under Mark it done when you can; it should have "
            "3 to 5",
        ),
        (
            "Waiting for DNS",
            "[Waiting](https://example.org) for DNS",
            ":14:5: body should have no links, images or HTML",
        ),
        (
            "Waiting for DNS",
            "Waiting" + " and waiting" * 300,
            ":14:5: body has ",
        ),
        (
            "url: https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Overview",
            "url: http://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Overview",
            ": url should begin with https://",
        ),
        (
            '"MDN: Overview of HTTP"',
            "Click here",
            ": title should say what the page is",
        ),
        (
            "  - slug: internet-fundamentals\n",
            "  - slug: internet-fundamentals\n    same_as: backend-developer/nowhere\n",
            ":12:5: same_as backend-developer/nowhere is no step of these files",
        ),
    ],
)
def test_a_broken_rule_is_reported_with_its_line(find_problems, old, new, expected):
    problems = find_problems(old, new)
    assert "backend-developer.yaml:" in problems
    assert expected in problems
    assert len(problems.splitlines()) == 1


def test_the_number_of_steps_and_optional_ones_is_checked(find_problems):
    problems = find_problems("    optional: true\n", "", -1)
    assert "0 of 23 steps are optional; some should be, and fewer than half" in problems


def test_an_address_may_be_used_once(find_problems):
    overview = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Overview"
    problems = find_problems(
        "https://missing.csail.mit.edu/2026/course-shell/", overview
    )
    assert problems.count(f"url {overview} is in this roadmap more than once") == 2


def test_two_roadmaps_with_the_same_position_are_reported(tmp_path):
    text = FIXTURE.read_text()
    for slug in ("backend-developer", "other"):
        path = tmp_path / f"{slug}.yaml"
        path.write_text(text.replace("slug: backend-developer", f"slug: {slug}", 1))
    with pytest.raises(CommandError, match="position 1 is also another roadmap's"):
        call_command("lint_roadmaps", *tmp_path.glob("*.yaml"))


def test_roadmaps_that_share_an_address_name_it_alike(tmp_path):
    text = FIXTURE.read_text()
    other = text.replace("MDN: Overview of HTTP", "Overview of HTTP", 1)
    for slug, content in {"backend-developer": text, "other": other}.items():
        path = tmp_path / f"{slug}.yaml"
        path.write_text(content.replace("slug: backend-developer", f"slug: {slug}", 1))
    with pytest.raises(CommandError, match="is elsewhere “MDN: Overview of HTTP”"):
        call_command("lint_roadmaps", *sorted(tmp_path.glob("*.yaml")))


def test_a_file_that_cannot_be_parsed_is_reported(find_problems):
    assert "titel: There is no such key." in find_problems("title:", "titel:")


def test_a_file_is_named_after_its_roadmap(find_problems):
    problems = find_problems("slug: backend-developer", "slug: backend")
    assert "backend-developer.yaml: should be named backend.yaml" in problems


def test_the_numbers_of_steps_and_resources_are_checked(find_problems):
    text = FIXTURE.read_text()
    first_step = text.index("  - slug: ")
    second_step = text.index("  - slug: ", first_step + 1)
    without_others = find_problems(text[second_step:], "")
    assert "1 steps; there should be 15 to 25" in without_others
    first_resource = text.index("      - title: ")
    second_resource = text.index("      - title: ", first_resource + 1)
    one_resource = find_problems(text[second_resource:second_step], "\n")
    assert ":54:5: 1 resources; there should be 4 to 7" in one_resource


def test_same_as_names_the_step_that_has_none_itself(find_problems):
    problems = find_problems(
        "  - slug: internet-fundamentals\n",
        "  - slug: internet-fundamentals\n"
        "    same_as: backend-developer/internet-fundamentals\n",
    )
    assert "should be backend-developer/internet-fundamentals" in problems


WORDS = "Some words that explain it. " * 25
TOPIC = """\
      - slug: topic-{0}
        title: Topic {0}
        text: It is one of five.
        url: https://example.org/topic-{0}
"""
QUESTION = """\
      - question: Why {0}?
        answer: Because.
"""
RESOURCE = """\
      - title: Page {0}
        url: https://example.org/page-{0}
        kind: docs
        role: {1}
"""
ROLES = enumerate(["start", "practise", "reference", "deeper"])
STEP_WITH_PARTS = f"""\
  - slug: internet-fundamentals
    title: Internet Fundamentals
    summary: Understand how the internet works.
    hours: 4-6
    checked_on: 2026-11-29
    checked_with: curl 8
    why: |
      It breaks.
    primer: |
      ## Layers

      {WORDS}

      ```python
      print("one")
      ```
    topics:
{"".join(TOPIC.format(number) for number in range(5))}\
    exercise: |
      Build it.

      ```bash
      curl https://example.org | head
      ```
    stretch: |
      Build more.
    hints:
      - Begin.
      - Go on.
      - Stop.
    questions:
{"".join(QUESTION.format(number) for number in range(3))}\
    mistakes: |
      **None.** All is well.
    done_when:
      - do one
      - do two
      - do three
    resources:
{"".join(RESOURCE.format(number, role) for number, role in ROLES)}
"""


class TestParts:
    @pytest.fixture
    def lint(self, tmp_path):
        """Returns a function that lints the backend roadmap with a first step that has
        every part, with one text replaced.
        """

        def lint(old="", new="", step=STEP_WITH_PARTS):
            text = FIXTURE.read_text()
            first = text.index("  - slug: ")
            second = text.index("  - slug: ", first + 1)
            assert old in step
            step = step.replace(old, new, 1)
            path = tmp_path / "backend-developer.yaml"
            path.write_text(text[:first] + step + text[second:])
            out = StringIO()
            try:
                call_command("lint_roadmaps", path, stdout=out)
            except CommandError as error:
                return str(error).replace(f"{path}:", "")
            return out.getvalue()

        return lint

    def test_a_step_with_every_part_follows_the_rules(self, lint):
        assert lint() == "1 roadmaps with 23 steps follow the rules.\n"

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("    hours: 4-6\n", "", "hours is missing"),
            (WORDS, "Short.", "primer has 3 words outside code blocks; it should have"),
            (WORDS, WORDS * 5, "primer has 627 words outside code blocks; it should"),
            (TOPIC.format(4), "", "topics has 4 entries; it should have 5 to 12"),
            (QUESTION.format(2), "", "questions has 2 entries; it should have 3 to 6"),
            ("      - do two\n", "", "done_when has 2 entries; it should have 3 to 5"),
            (
                "        url: https://example.org/topic-3\n",
                "",
                "url of the topic topic-3 is missing",
            ),
            (
                "        text: It is one of five.\n",
                "",
                "text of the topic topic-0 is missing",
            ),
            (
                "https://example.org/topic-3",
                "http://example.org/topic-3",
                "url should begin with https://",
            ),
            (
                "      - Stop.\n",
                "",
                "hints has 2 entries; an exercise with a stretch should have 3 or more",
            ),
            (
                "    checked_with: curl 8\n",
                "",
                "checked_on needs checked_with beside it",
            ),
            (
                "    checked_on: 2026-11-29\n",
                "",
                "checked_with needs checked_on beside it",
            ),
            ("2026-11-29", "2999-01-01", "checked_on is in the future"),
            (
                "role: reference",
                "role: start",
                "resources has 2 with the role start; there should be one",
            ),
            (
                "role: start",
                "role: deeper",
                "resources has 0 with the role start; there should be one",
            ),
            (
                "role: practise",
                "role: deeper",
                "resources has none with the role practise",
            ),
            (
                'print("one")',
                "print(",
                "primer has python code that cannot be parsed: '(' was never closed",
            ),
            (
                "| head",
                "| | head",
                "exercise has bash code that cannot be parsed: line 1: syntax error",
            ),
            (
                "It breaks.",
                "It breaks, as of May 2024.",
                "why says “as of May 2024”; write what stays true",
            ),
            (
                "Because.",
                "At the time of writing.",
                "questions says “At the time of writing”; write what stays true",
            ),
        ],
    )
    def test_a_broken_rule_is_reported(self, lint, old, new, expected):
        problems = lint(old, new)
        assert expected in problems
        assert len(problems.splitlines()) == 1

    def test_the_address_of_a_topic_is_used_once(self, lint):
        problems = lint("example.org/page-2", "example.org/topic-3")
        message = "url https://example.org/topic-3 is in this roadmap more than once"
        assert problems.count(message) == 2

    def test_resources_need_no_roles(self, lint):
        lines = STEP_WITH_PARTS.splitlines(keepends=True)
        step = "".join(line for line in lines if "role: " not in line)
        assert "follow the rules" in lint(step=step)


@pytest.mark.parametrize(
    ("language", "code", "fault"),
    [
        ("python", "async def f():\n    await g()", ""),
        ("python", "a = '\\d'", "invalid escape sequence"),
        ("py", "if x:\n", "expected an indented block"),
        ("python", "-" * 30_000 + "1", "too"),
        ("pycon", ">>> 1 +", ""),
        ("json", '{"a": 1}', ""),
        ("json title=x", '{"a": 1,}', "line 1"),
        ("yaml", "a: !Ref b\n---\nc: d", ""),
        ("YAML", "a: [\nb: c", "line "),
        ("toml", "[a]\nb = 1", ""),
        ("toml", "a =", "Invalid value"),
        ("sh", "for f in *; do\n  echo $f\ndone", ""),
        ("bash", "echo 'one", "unexpected EOF"),
        ("bash", "cat <<END\none", "here-document"),
        ("", "if x:", ""),
    ],
)
def test_code_blocks_are_parsed_in_their_language(language, code, fault):
    found = list(find_code_faults(f"Text.\n\n- ```{language}\n{indent(code, '  ')}\n"))
    assert (fault in found[0]) if fault else not found


def test_shell_code_is_not_checked_without_a_bash(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert not list(find_code_faults("```bash\necho 'one\n```\n"))


def test_shell_code_is_not_run(tmp_path):
    assert not list(find_code_faults(f"```bash\ntouch {tmp_path}/file\n```\n"))
    assert not list(tmp_path.iterdir())
