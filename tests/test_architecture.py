"""Imports point one way, as the contracts in pyproject.toml say."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings


def test_no_import_contract_is_broken():
    lint_imports = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [lint_imports],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout
