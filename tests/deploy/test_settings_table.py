"""docs/settings.py, which writes docs/settings.md"""

import subprocess
import sys

from django.conf import settings

ROOT = settings.BASE_DIR


def run(*arguments):
    return subprocess.run(
        [sys.executable, ROOT / "docs/settings.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_table_is_up_to_date():
    result = run()
    assert result.returncode == 0, result.stderr
    assert (ROOT / "docs/settings.md").read_text() == result.stdout, "run `make docs`"


def test_variables_that_are_missing_or_unknown_in_the_example_are_named(tmp_path):
    example = tmp_path / "env.example"
    text = (ROOT / "deploy/env.example").read_text()
    example.write_text(text.replace("EMAIL_PORT", "MAIL_PORT"))
    assert run(example).stderr.endswith("differ in ['EMAIL_PORT', 'MAIL_PORT']\n")
