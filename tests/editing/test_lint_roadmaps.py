"""manage.py lint_roadmaps"""

from io import StringIO
from textwrap import indent

import pytest
from django.core.management import CommandError, call_command

from editing.code_blocks import find_code_faults

# A roadmap of fifteen steps that follows the rules. Each step has a body.
PAGE = "https://example.org/guide/1"
BODY = """\
      ## Why it matters

      Stoves differ.{words}

      ## What to learn

      - one
      - two
      - three
      - four
      - five

      ## Mark it done when you can

      - boil water
      - fry an egg
      - bake bread

      ## Exercise

      Cook for a friend.

      ## Common mistakes

      - Too much salt. You cannot take it out: taste first.
      - A cold pan. The egg sticks: wait for a minute.
""".format(words=" Learn the stove" * 60)


def write_resources(number):
    return "    resources:\n" + "".join(
        f"      - title: Guide {each}\n        url: https://example.org/guide/{each}\n"
        "        kind: article\n"
        for each in range(4 * number - 3, 4 * number + 1)
    )


def write_step(number):
    text = f"  - slug: step-{number}\n    title: Step {number}\n"
    text += "    optional: true\n" if number == 2 else ""
    text += f"    summary: Cook dish {number}.\n"
    return text + "    body: |\n" + BODY + write_resources(number) + "\n"


ROADMAP = """\
slug: cooking
title: Cooking Roadmap
category: Cooking
icon: 🍳
summary: Cook.
position: 1
published: true

steps:
""" + "".join(map(write_step, range(1, 16)))


@pytest.fixture
def find_problems(tmp_path):
    """Returns a function that lints the roadmap with one text replaced."""

    def find_problems(old, new, count=1):
        assert old in ROADMAP
        path = tmp_path / "cooking.yaml"
        path.write_text(ROADMAP.replace(old, new, count))
        with pytest.raises(CommandError) as error:
            call_command("lint_roadmaps", path)
        return str(error.value).replace(f"{tmp_path}/", "")

    return find_problems


def test_a_roadmap_that_follows_the_rules_has_no_problems(tmp_path):
    path = tmp_path / "cooking.yaml"
    path.write_text(ROADMAP)
    out = StringIO()
    call_command("lint_roadmaps", path, stdout=out)
    assert "1 roadmaps with 15 steps follow the rules." in out.getvalue()


def test_the_fixtures_follow_the_rules():
    out = StringIO()
    call_command("lint_roadmaps", stdout=out)
    assert out.getvalue().startswith("4 roadmaps with ")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("published: true", "published: false", ":1:1: published should be true"),
        ("dish 1.", "dish 1", ":12:5: summary should end with a full stop"),
        (
            "dish 1.",
            f"dish 1{' very well' * 15}.",
            ":12:5: summary should be at most 120 characters long",
        ),
        (
            "## Exercise",
            "## Task",
            ":13:5: body should have the headings Why it matters, What to learn, Mark "
            "it done when you can, Exercise, Common mistakes, in this order",
        ),
        (
            "      - boil water\n      - fry an egg\n",
            "",
            ":13:5: body has 1 bullets under Mark it done when you can; it should have "
            "3 to 5",
        ),
        (
            "      - five\n",
            "      - five\n            - six\n",
            ":13:5: body has a list item that is indented too far to be one",
        ),
        (
            "Stoves differ",
            "[Stoves](https://example.org) differ",
            ":13:5: body should have no links to other sites, images or HTML",
        ),
        ("Stoves differ", "Stoves" + " differ" * 600, ":13:5: body has "),
        (
            f"url: {PAGE}",
            "url: http://example.org/guide/1",
            ": url should begin with https://",
        ),
        ("title: Guide 1\n", "title: Click here\n", ": title should say what the page"),
        (
            "  - slug: step-1\n",
            "  - slug: step-1\n    same_as: cooking/nowhere\n",
            ":11:5: same_as cooking/nowhere is no step of these files",
        ),
    ],
)
def test_a_broken_rule_is_reported_with_its_line(find_problems, old, new, expected):
    problems = find_problems(old, new)
    assert "cooking.yaml:" in problems
    assert expected in problems
    assert len(problems.splitlines()) == 1


def test_the_number_of_optional_steps_is_checked(find_problems):
    problems = find_problems("    optional: true\n", "")
    assert "0 of 15 steps are optional; some should be, and fewer than half" in problems


def test_an_address_may_be_used_once(find_problems):
    problems = find_problems("https://example.org/guide/5\n", f"{PAGE}\n")
    assert problems.count(f"url {PAGE} is in this roadmap more than once") == 2


@pytest.fixture
def lint_two(tmp_path):
    """Returns a function that lints the roadmap and a second one of other texts."""

    def lint_two(old="", new=""):
        other = ROADMAP.replace("slug: cooking", "slug: other")
        other = other.replace("position: 1", "position: 2").replace(old, new, 1)
        for slug, text in {"cooking": ROADMAP, "other": other}.items():
            (tmp_path / f"{slug}.yaml").write_text(text)
        call_command("lint_roadmaps", *sorted(tmp_path.glob("*.yaml")))

    return lint_two


def test_two_roadmaps_with_the_same_position_are_reported(lint_two):
    with pytest.raises(CommandError, match="position 1 is also another roadmap's"):
        lint_two("position: 2", "position: 1")


def test_roadmaps_that_share_an_address_name_it_alike(lint_two):
    with pytest.raises(CommandError, match="is elsewhere “Guide 1”"):
        lint_two("title: Guide 1\n", "title: Manual 1\n")


def test_an_address_may_have_another_role_in_another_roadmap(lint_two):
    roles = ["start", "practise", "reference", "deeper"]
    first, *rest = write_resources(1).split("kind: article\n")
    with_roles = (
        f"kind: article\n        role: {role}\n{text}"
        for role, text in zip(roles, rest, strict=True)
    )
    lint_two(write_resources(1), first + "".join(with_roles))


def test_a_file_that_cannot_be_parsed_is_reported(find_problems):
    assert "titel: There is no such key." in find_problems("title:", "titel:")


def test_a_file_is_named_after_its_roadmap(find_problems):
    problems = find_problems("slug: cooking", "slug: baking")
    assert "cooking.yaml: should be named baking.yaml" in problems


def test_the_number_of_steps_is_checked(find_problems):
    problems = find_problems(write_step(15), "")
    assert "14 steps; there should be 15 to 25" in problems


def test_the_number_of_resources_is_checked(find_problems):
    first, *_ = write_resources(1).partition("      - title: Guide 2")
    problems = find_problems(write_resources(1), first)
    assert "1 resources; there should be 4 to 7" in problems


def test_same_as_names_the_step_that_has_none_itself(find_problems):
    problems = find_problems(
        "  - slug: step-1\n", "  - slug: step-1\n    same_as: cooking/step-1\n"
    )
    assert "should be cooking/step-1" in problems


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
  - slug: frying
    title: Frying
    summary: Fry an egg.
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
        """Returns a function that lints the roadmap with a first step that has every
        part, with one text replaced.
        """

        def lint(old="", new="", step=STEP_WITH_PARTS):
            head, _, rest = ROADMAP.partition("  - slug: step-1\n")
            rest = "  - slug: step-2\n" + rest.partition("  - slug: step-2\n")[2]
            assert old in step
            step = step.replace(old, new, 1)
            path = tmp_path / "cooking.yaml"
            path.write_text(head + step + rest)
            out = StringIO()
            try:
                call_command("lint_roadmaps", path, stdout=out)
            except CommandError as error:
                return str(error).replace(f"{path}:", "")
            return out.getvalue()

        return lint

    def test_a_step_with_every_part_follows_the_rules(self, lint):
        assert lint() == "1 roadmaps with 15 steps follow the rules.\n"

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("    hours: 4-6\n", "", "hours is missing"),
            ("    why: |\n      It breaks.\n", "", "why is missing"),
            (
                "It breaks.",
                "1. It breaks.\n\n             - It burns.",
                "why has a list item that is indented too far to be one",
            ),
            ("It breaks.", "It breaks. " * 1_000, "words; it should be at most"),
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
                "      - Go on.\n      - Stop.\n",
                "",
                "hints has 1 entry; an exercise with a stretch should have 3 or more",
            ),
            (
                "    checked_with: curl 8\n",
                "",
                "checked_with is missing",
            ),
            (
                "    checked_on: 2026-11-29\n",
                "",
                "checked_on is missing",
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

    @pytest.mark.parametrize(("old", "count"), [("page-2", 1), ("topic-2", 2)])
    def test_a_topic_has_an_address_of_its_own(self, lint, old, count):
        problems = lint(f"example.org/{old}", "example.org/topic-3")
        message = "url https://example.org/topic-3 is in this step more than once"
        assert problems.count(message) == count

    def test_topics_of_two_steps_may_share_an_address(self, lint):
        assert "follow the rules" in lint("example.org/topic-3", "example.org/guide/5")

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
