"""A file that means harm gets a clear error, soon and without filling the memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from editing.yaml_format.parser import MAX_FILE_SIZE, InvalidFileError
from editing.yaml_format.schema import read

MEGABYTES = 1_000_000
HEAD = "slug: a\ntitle: T\ncategory: C\nicon: X\nsummary: S\n"
STEP = "steps:\n  - slug: s\n    title: T\n    summary: S\n"
LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def title(text):
    return HEAD.replace("title: T", f"title: {text}")


FILES = {
    "a billion laughs": (LAUGHS, ":1:4: anchors (&) and aliases (*)"),
    "an alias to nothing": (title("*t"), ":2:8: anchors (&) and aliases (*)"),
    "an anchor on a key": ("&k slug: a\n", ":1:1: anchors (&)"),
    "a merge key": (HEAD + "<<: {title: X}\n", ":6:1: << is not a key"),
    "a title of 2 MB": (
        title("x" * 2 * MEGABYTES),
        ":2:1: title should be at most 120 characters long",
    ),
    "a title of emoji": (title("🧭" * 500_000), ":2:1: title should be at most 120"),
    "a key of 2 MB": (
        "x" * 900 + ": 1\n" + HEAD,
        f":1:1: {'x' * 60}… is not a key of the format",
    ),
    "a key that colours a terminal": (
        HEAD + '"\\e[31mred": 1\n',
        ":6:1: '\\x1b[31mred' is not a key of the format",
    ),
    "a key twice that colours a terminal": (
        HEAD + '"\\e[31m": 1\n"\\e[31m": 1\n',
        ":7:1: '\\x1b[31m' stands here a second time",
    ),
    "an integer of a megabyte": (
        HEAD + f"position: {'9' * MEGABYTES}\n",
        ":6:1: position should be a whole number",
    ),
    "a huge exponent": (HEAD + "position: 1e999999999\n", ":6:1: position should be"),
    "not a number": (HEAD + "position: .nan\n", ":6:1: position should be a whole"),
    "an octal": (HEAD + "position: 0o17\n", ":6:1: position should be a whole"),
    "a tag for Python": (
        title("!!python/object/apply:os.system [true]"),
        ":2:8: tags (!) are not supported",
    ),
    "a tag of one's own": ("%TAG ! x:\n---\nslug: !a b\n", ":3:7: tags (!)"),
    "binary by tag": (title("!!binary aGk="), ":2:8: tags (!)"),
    "a lone surrogate": (title('"\\ud800"'), ":2:11: found invalid Unicode"),
    "surrogates in bytes": (
        title("#").encode().replace(b"#", b"\xed\xa0\x80"),
        ":2:8: not UTF-8",
    ),
    "UTF-16": (HEAD.encode("utf-16"), ":1:1: not UTF-8; save it as UTF-8"),
    "a NUL": (title("a\0b"), ":2:9: a control character (U+0000)"),
    "an escape for a terminal": (
        title("\x1b[31m"),
        ":2:8: a control character (U+001B)",
    ),
    "marks that reorder text": (title("a\u202eb"), "(U+202E)"),
    "a body that reorders text": (
        HEAD + STEP + '    body: "a\\u2066b"\n',
        ":10:5: body should hold no marks that reorder text (U+2066)",
    ),
    "a body with a NUL": (
        HEAD + STEP + '    body: "a\\0b"\n',
        ":10:5: body should hold no control characters (U+0000)",
    ),
    "a body of 2 MB": (
        HEAD + STEP + f"    body: {'x' * 2 * MEGABYTES}\n",
        ":10:5: body should be at most 100,000 characters long",
    ),
    "a tab": ("slug: a\n\ttitle: T\n", ":2:1: "),
    "brackets without end": ("[" * MEGABYTES, ":1:22: nested too deeply"),
    "braces without end": ("{a: " * MEGABYTES, ": nested too deeply"),
    "dashes without end": ("- " * MEGABYTES, ":1:43: nested too deeply"),
    "question marks without end": ("? " * MEGABYTES, ":1:3: a key should be one word"),
    "a million steps": (
        HEAD + "steps:\n" + "- {}\n" * MEGABYTES,
        ": more than 200,000",
    ),
    "steps by the thousand": (
        HEAD + "steps:\n" + "- {}\n" * 20_000,
        ":6:1: steps should have at most 10,000",
    ),
    "keys by the thousand": (
        "".join(f"k{n}: 1\n" for n in range(100_000)),
        ":101:1: more than 100 keys",
    ),
    "a thousand mistakes": (
        HEAD + "steps:\n" + "- 1\n" * 1000,
        "\nand 950 more.",
    ),
    "the same key without end": ("a: 1\n" * 300_000, ": more than 200,000 values"),
    "quotes without end": (title('"' + "a\n" * MEGABYTES), "; close the quotes"),
    "comments only": ("# x\n" * MEGABYTES, ":1:1: the file is empty"),
    "blanks only": (" " * MEGABYTES, ":1:1: the file is empty"),
    "nothing": ("", ":1:1: the file is empty"),
    "a second document": (HEAD + "---\nslug: b\n", ":6:1: a second document"),
    "one word": ("x", ":1:1: the file should be a mapping"),
    "a slug without end": (
        HEAD.replace("slug: a", "slug: " + "a-" * MEGABYTES),
        ":1:1: slug should be at most 80 characters long",
    ),
    "an address without end": (
        HEAD
        + STEP
        + "    resources:\n      - title: T\n        kind: docs\n"
        + f"        url: https://{'a.' * MEGABYTES}\n",
        ":13:9: url should be at most 500 characters long",
    ),
    "larger than is read": (b"#" * (MAX_FILE_SIZE + 1), "larger than 20,000,000 bytes"),
    "bytes at random": (bytes(range(256)) * 1000, ":2:118: not UTF-8"),
}


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "hell.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize("name", FILES)
def test_it_is_told_what_is_wrong_and_where(write, name):
    content, expected = FILES[name]
    path = write(content)
    with pytest.raises(InvalidFileError) as error:
        read(path)
    assert expected in str(error.value)
    assert str(error.value).startswith(str(path))
    assert len(str(error.value)) < 20_000


def test_a_mark_for_the_order_of_bytes_is_no_fault(write):
    path = write(("\ufeff" + HEAD + STEP).encode())
    assert read(path).slug == "a"


def test_a_date_is_a_title_like_any_other(write):
    assert read(write(title("2026-05-03") + STEP)).title == "2026-05-03"


class TestAPathThatIsNoFile:
    def test_a_folder(self, tmp_path):
        with pytest.raises(InvalidFileError, match=f"{tmp_path}: Is a directory"):
            read(tmp_path)

    def test_nothing(self, tmp_path):
        with pytest.raises(InvalidFileError, match="No such file"):
            read(tmp_path / "absent.yaml")

    def test_links_in_a_circle(self, tmp_path):
        path = tmp_path / "loop.yaml"
        path.symlink_to(path)
        with pytest.raises(InvalidFileError, match="Too many levels of symbolic links"):
            read(path)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_one_that_may_not_be_read(self, write):
        path = write(HEAD)
        path.chmod(0)
        with pytest.raises(InvalidFileError, match="Permission denied"):
            read(path)

    def test_one_without_end(self):
        with pytest.raises(InvalidFileError, match="larger than"):
            read(Path("/dev/zero"))


HUNGRIEST = ["a million steps", "the same key without end", "a thousand mistakes"]
MEASURE = """\
import resource, sys
from pathlib import Path
import django
django.setup()
from editing.yaml_format.schema import read
from editing.yaml_format.parser import InvalidFileError

def peak():  # in kB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = peak()
for path in sys.argv[1:]:
    try:
        read(Path(path))
    except InvalidFileError as error:
        print(error)
print(peak() - before)
"""


def test_it_is_told_soon_and_in_little_memory(tmp_path):
    paths = [tmp_path / f"{name}.yaml" for name in HUNGRIEST]
    for path in paths:
        path.write_text(FILES[path.stem][0])
    sparse = tmp_path / "sparse.yaml"
    with sparse.open("wb") as file:
        file.truncate(100 * MEGABYTES)
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, *paths, sparse],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": "postgres://nobody@localhost/nothing",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *errors, grown = result.stdout.splitlines()
    assert (
        errors[-1] == f"{sparse}: larger than 20,000,000 bytes; no roadmap is that long"
    )
    assert int(grown) < 200_000  # kB
