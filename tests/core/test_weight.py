"""What of ours a browser is sent stays small."""

import json

import pytest
from django.conf import settings

ON_ACCOUNT_PAGES_ALONE = {"css/account.css", "js/passkey.js"}


@pytest.mark.parametrize(("kind", "most"), [("js", 6_000), ("css", 10_000)])
def test_all_of_it_together(installation, kind, most):
    root = installation / "staticfiles"
    paths = json.loads((root / "staticfiles.json").read_text())["paths"]
    served = {
        name: (root / f"{stored}.br").stat().st_size
        for name, stored in paths.items()
        if name.count("/") == 1 and name.startswith(f"{kind}/")
    }
    on_other_pages = served.keys() - ON_ACCOUNT_PAGES_ALONE
    assert 0 < sum(served[name] for name in on_other_pages) < most


def test_no_script_is_over_a_hundred_lines():
    scripts = settings.BASE_DIR.glob("static/*/*.js")
    assert max(len(path.read_text().splitlines()) for path in scripts) <= 100
