"""The size of our scripts and style sheets."""

import json

import pytest
from django.conf import settings

from core.static_storage import IMPORT

ONLY_ON_ACCOUNT_PAGES = {"account.css", "passkey.js"}


@pytest.mark.parametrize(("kind", "max_bytes"), [("js", 6_000), ("css", 10_000)])
def test_all_files_together_are_within_the_budget(installation, kind, max_bytes):
    root = installation / "staticfiles"
    stored = json.loads((root / "staticfiles.json").read_text())["paths"]
    folder = settings.BASE_DIR / "static" / kind
    files = list(folder.glob(f"*.{kind}"))
    imported = {name for file in files for name in IMPORT.findall(file.read_text())}
    served = {file.name for file in files} - imported - ONLY_ON_ACCOUNT_PAGES
    sizes = [
        (root / f"{stored[f'{kind}/{name}']}.br").stat().st_size for name in served
    ]
    assert 0 < sum(sizes) < max_bytes


def test_no_script_has_more_than_a_hundred_lines():
    scripts = settings.BASE_DIR.glob("static/*/*.js")
    assert max(len(path.read_text().splitlines()) for path in scripts) <= 100
