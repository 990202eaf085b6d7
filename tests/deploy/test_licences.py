"""docs/licences.py, which makes docs/licences.md, and the locks that it reads"""

import re
import subprocess
import sys

from django.conf import settings

ROOT = settings.BASE_DIR


def test_the_list_holds_what_is_locked():
    result = subprocess.run(
        [sys.executable, ROOT / "docs/licences.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ROOT / "docs/licences.md").read_text() == result.stdout, "run `make docs`"
    assert "not said" not in result.stdout


def test_the_locks_agree_so_that_the_tests_run_what_the_image_holds():
    image, telemetry, development = (
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.M))
        for name in (
            "requirements.txt",
            "requirements-telemetry.txt",
            "requirements-dev.txt",
        )
    )
    assert image.items() <= telemetry.items() <= development.items()


def test_every_locked_package_has_hashes():
    for lock in ROOT.glob("requirements*.txt"):
        for package in re.split(r"^(?=[\w.-]+==)", lock.read_text(), flags=re.M)[1:]:
            assert "--hash=sha256:" in package
