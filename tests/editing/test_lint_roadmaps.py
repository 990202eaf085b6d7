"""manage.py lint_roadmaps"""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

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
