"""Imports point one way; the contracts stand in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings


def test_the_contracts_are_kept():
    lint_imports = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [lint_imports],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "0 broken" in result.stdout, result.stdout
    assert result.returncode == 0
