"""docs/licences.py, which writes docs/licences.md, and the lock files that it reads"""

import re
import subprocess
import sys

from django.conf import settings

ROOT = settings.BASE_DIR


def test_the_list_is_up_to_date_and_complete():
    result = subprocess.run(
        [sys.executable, ROOT / "docs/licences.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ROOT / "docs/licences.md").read_text() == result.stdout, "run `make docs`"
    assert "not said" not in result.stdout


def test_the_tests_run_the_versions_that_the_image_contains():
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
    for lock_file in ROOT.glob("requirements*.txt"):
        _, *packages = re.split(r"^(?=[\w.-]+==)", lock_file.read_text(), flags=re.M)
        for package in packages:
            assert "--hash=sha256:" in package
