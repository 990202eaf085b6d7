"""What of ours a browser is sent stays small."""

import brotli
import pytest
from django.conf import settings

ON_ACCOUNT_PAGES_ALONE = {"account.css", "passkey.js"}


def compressed(kind):
    files = settings.BASE_DIR.glob(f"static/{kind}/*.{kind}")
    return sum(
        len(brotli.compress(path.read_bytes()))
        for path in files
        if path.name not in ON_ACCOUNT_PAGES_ALONE
    )


@pytest.mark.parametrize(("kind", "most"), [("js", 6_000), ("css", 10_000)])
def test_all_of_it_together(kind, most):
    assert 0 < compressed(kind) < most


def test_no_script_is_over_a_hundred_lines():
    scripts = settings.BASE_DIR.glob("static/*/*.js")
    assert max(len(path.read_text().splitlines()) for path in scripts) <= 100
