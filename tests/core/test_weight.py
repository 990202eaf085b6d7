"""The size of our scripts and style sheets."""

import json

import pytest
from django.conf import settings

from core.static_storage import IMPORT

ON_ACCOUNT_PAGES_ALONE = {"account.css", "passkey.js"}


@pytest.mark.parametrize(("kind", "most"), [("js", 6_000), ("css", 10_000)])
def test_the_files_together_stay_within_the_budget(installation, kind, most):
    root = installation / "staticfiles"
    stored = json.loads((root / "staticfiles.json").read_text())["paths"]
    folder = settings.BASE_DIR / "static" / kind
    files = list(folder.glob(f"*.{kind}"))
    imported = {name for file in files for name in IMPORT.findall(file.read_text())}
    served = {file.name for file in files} - imported - ON_ACCOUNT_PAGES_ALONE
    sizes = [
        (root / f"{stored[f'{kind}/{name}']}.br").stat().st_size for name in served
    ]
    assert 0 < sum(sizes) < most


def test_no_script_has_more_than_a_hundred_lines():
    scripts = settings.BASE_DIR.glob("static/*/*.js")
    assert max(len(path.read_text().splitlines()) for path in scripts) <= 100
