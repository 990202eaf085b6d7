"""Malformed and malicious files get a clear error that names the line."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from editing.yaml_format import parser
from editing.yaml_format.parser import InvalidFileError
from editing.yaml_format.schema import read
from tests.memory import assert_max_memory

LONG = 250_000  # characters or values, more than any limit
HEAD = "slug: a\ntitle: T\ncategory: C\nicon: 🧭\nsummary: S\n"
STEP = "steps:\n  - slug: s\n    title: T\n    summary: S\n"
LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def title(text):
    return HEAD.replace("title: T", f"title: {text}")


FILES = {
    "a billion laughs": (LAUGHS, ":1:4: Anchors (&) and aliases (*)"),
    "an alias to nothing": (title("*t"), ":2:8: Anchors (&) and aliases (*)"),
    "an anchor on a key": ("&k slug: a\n", ":1:1: Anchors (&)"),
    "a merge key": (HEAD + "<<: {title: X}\n", ":6:1: <<: There is no such key."),
    "a long title": (
        title("x" * LONG),
        ":2:1: title: Use at most 120 characters.",
    ),
    "a title of emoji": (
        title("🧭" * LONG),
        ":2:1: title: Use at most 120 characters.",
    ),
    "a long key": (
        "x" * 900 + ": 1\n" + HEAD,
        f":1:1: {'x' * 60}…: There is no such key.",
    ),
    "a key with an escape sequence": (
        HEAD + '"\\e[31mred": 1\n',
        ":6:1: '\\x1b[31mred': There is no such key.",
    ),
    "a repeated key with an escape sequence": (
        HEAD + '"\\e[31m": 1\n"\\e[31m": 1\n',
        ":7:1: '\\x1b[31m': This key appears twice.",
    ),
    "a long integer": (
        HEAD + f"position: {'9' * LONG}\n",
        ":6:1: position: Use a whole number.",
    ),
    "a huge exponent": (
        HEAD + "position: 1e999999999\n",
        ":6:1: position: Use a whole number.",
    ),
    "not a number": (HEAD + "position: .nan\n", ":6:1: position: Use a whole number."),
    "an octal": (HEAD + "position: 0o17\n", ":6:1: position: Use a whole number."),
    "a tag for Python": (
        title("!!python/object/apply:os.system [true]"),
        ":2:8: Tags (!) are not supported",
    ),
    "a custom tag": ("%TAG ! x:\n---\nslug: !a b\n", ":3:7: Tags (!)"),
    "binary by tag": (title("!!binary aGk="), ":2:8: Tags (!)"),
    "a lone surrogate": (
        title('"\\ud800"'),
        ":2:11: This escape is not a valid character.",
    ),
    "surrogates in bytes": (
        title("#").encode().replace(b"#", b"\xed\xa0\x80"),
        ":2:8: This is not UTF-8.",
    ),
    "UTF-16": (
        HEAD.encode("utf-16"),
        ":1:1: This is not UTF-8. Save the file as UTF-8.",
    ),
    "a NUL": (title("a\0b"), ":2:9: Remove the control character U+0000."),
    "an escape for a terminal": (
        title("\x1b[31m"),
        ":2:8: Remove the control character U+001B.",
    ),
    "marks that reorder text": (
        title("a\u202eb"),
        "Remove the character U+202E, which reorders text.",
    ),
    "a body that reorders text": (
        HEAD + STEP + '    body: "a\\u2066b"\n',
        ":10:5: body: Remove the character U+2066, which reorders text.",
    ),
    "a body with a NUL": (
        HEAD + STEP + '    body: "a\\0b"\n',
        ":10:5: body: Remove the control character U+0000.",
    ),
    "a long body": (
        HEAD + STEP + f"    body: {'x' * LONG}\n",
        ":10:5: body: Use at most 40,000 characters.",
    ),
    "a body that is too complex": (
        HEAD + STEP + '    body: "' + "- a\\n" * 5_000 + '"\n',
        ":10:5: body: This text is too complex to display. Use fewer list",
    ),
    "a tab": (
        "slug: a\n\ttitle: T\n",
        ":2:1: There is a tab in the indentation. Use spaces.",
    ),
    "endless brackets": ("[" * LONG, ":1:22: This is nested too deeply."),
    "endless braces": ("{a: " * LONG, ": This is nested too deeply."),
    "endless dashes": ("- " * LONG, ":1:43: This is nested too deeply."),
    "endless question marks": ("? " * LONG, ":1:3: Use one word as the key."),
    "too many steps": (
        HEAD + "steps:\n" + f"- {{}} # {'x' * 25}\n" * 20_000,
        ":7:3: slug: This key is missing.",
    ),
    "too many keys": (
        "".join(f"k{n}: 1\n" for n in range(100_000)),
        ":101:1: There are more than 100 keys here.",
    ),
    "many mistakes": (
        HEAD + "steps:\n" + "- 1\n" * 1000,
        "\nThese are the first 20 problems. There may be more.",
    ),
    "quotes that are never closed": (
        title('"' + "a\n" * LONG),
        ':2:8: The " is never closed. Close it',
    ),
    "comments only": ("# x\n" * LONG, ":1:1: The file is empty."),
    "blanks only": (" " * LONG, ":1:1: The file is empty."),
    "nothing": ("", ":1:1: The file is empty."),
    "Put each roadmap into a file of its own.": (
        HEAD + "---\nslug: b\n",
        ":6:1: Put each roadmap into a file of its own.",
    ),
    "one word": ("x", ":1:1: Write a mapping"),
    "a long slug": (
        HEAD.replace("slug: a", "slug: " + "a-" * LONG),
        ":1:1: slug: Use at most 80 characters.",
    ),
    "a long address": (
        HEAD
        + STEP
        + "    resources:\n      - title: T\n        kind: docs\n"
        + f"        url: https://{'a.' * LONG}\n",
        ":13:9: url: Use at most 500 characters.",
    ),
    "random bytes": (bytes(range(256)) * 1000, ":2:118: This is not UTF-8."),
}


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "bad.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize("name", FILES)
def test_the_error_says_what_is_wrong_and_where(write, name):
    content, expected = FILES[name]
    path = write(content)
    with pytest.raises(InvalidFileError) as error:
        read(path)
    assert expected in str(error.value)
    assert str(error.value).startswith(str(path))
    assert len(str(error.value)) < 20_000


@pytest.mark.parametrize("values", ["- {}\n", "- [x]\n", "- a\n", "- {a: 1}\n"])
def test_the_number_of_values_is_limited(write, monkeypatch, values):
    monkeypatch.setattr(parser, "MAX_VALUES", 1_000)
    with pytest.raises(InvalidFileError, match="at most 1,000 values"):
        read(write("steps:\n" + values * 2_000))


def test_repeated_keys_are_reported_up_to_the_limit(write):
    with pytest.raises(InvalidFileError) as error:
        read(write(HEAD + "a: 1\n" * 2_000))
    assert str(error.value).count("This key appears twice.") == 20


SIZE = 1_900_000  # bytes; an upload may have 2 MB
WORST_FILES = {
    "empty steps as sparse as is accepted": "steps:\n" + f"- {{}}{' ' * 21}\n" * 73_000,
    "small mappings as sparse as is accepted": (
        "x:\n" + f"- {{ab: 1}}{' ' * 41}\n" * 36_000
    ),
    "deep nesting": "x: [" + ("[" * 15 + "]" * 15 + ",") * (SIZE // 31) + "]",
    "unknown keys": (
        "steps:\n" + f"- {{{', '.join(f'k{n}: 1' for n in range(90))}}}\n" * 2_700
    ),
    "repeated keys": "a: 1\n" * (SIZE // 5),
    "resources without their keys": (
        HEAD + "steps:\n" + f"- {{slug: s, resources: [{'{},' * 190}]}}\n" * 3_100
    ),
    "quotes that are never closed": "x: '" + "a\n " * (SIZE // 3),
    "long bodies with an emoji": HEAD
    + "steps:\n"
    + "".join(
        f"- slug: s{n}\n  title: T\n  summary: S\n  body: |\n    😀{'x' * 90_000}\n"
        for n in range(21)
    ),
    "many resources": HEAD
    + "steps:\n"
    + "".join(
        f"- {{slug: s{n}, title: T, summary: S, resources: ["
        + "".join(
            f"{{title: {'t' * 55}, url: 'http://example.org/{number}', kind: docs}},"
            for number in range(100)
        )
        + "]}\n"
        for n in range(170)
    ),
}


@pytest.mark.parametrize("name", WORST_FILES)
def test_reading_takes_at_most_ten_times_the_memory_of_the_file(write, name):
    path = write(WORST_FILES[name])
    limit = 10 * path.stat().st_size
    with assert_max_memory(limit), suppress(InvalidFileError):
        read(path)


def test_a_byte_order_mark_is_accepted(write):
    path = write(("\ufeff" + HEAD + STEP).encode())
    assert read(path).slug == "a"


def test_a_date_is_accepted_as_a_title(write):
    assert read(write(title("2026-05-03") + STEP)).title == "2026-05-03"


class TestUnreadablePaths:
    def test_a_folder(self, tmp_path):
        with pytest.raises(InvalidFileError, match=f"{tmp_path}: Is a directory"):
            read(tmp_path)

    def test_a_missing_file(self, tmp_path):
        with pytest.raises(InvalidFileError, match="No such file"):
            read(tmp_path / "absent.yaml")

    def test_a_circle_of_symbolic_links(self, tmp_path):
        path = tmp_path / "loop.yaml"
        path.symlink_to(path)
        with pytest.raises(InvalidFileError, match="Too many levels of symbolic links"):
            read(path)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_without_read_permission(self, write):
        path = write(HEAD)
        path.chmod(0)
        with pytest.raises(InvalidFileError, match="Permission denied"):
            read(path)

    def test_an_endless_file(self):
        with pytest.raises(InvalidFileError, match="larger than"):
            read(Path("/dev/zero"))
