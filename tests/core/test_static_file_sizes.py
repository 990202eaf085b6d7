"""The compressed size of our scripts and style sheets."""

import json

import pytest
from django.conf import settings

from core.static_storage import IMPORT

MAX_STYLES = 7_500  # bytes, of all style sheets that one page loads
MAX_SCRIPTS = 7_000  # bytes, of all our scripts that one page loads
PERSON = "person.js"  # on every page of a person, with at most one other
EVERY_PAGE = "cairn.css"
INSTEAD = "step-page.css", "group-progress.css"  # which some pages load instead
ADMIN_PAGES = "admin.css"


@pytest.fixture
def get_sizes(installation):
    """A function that returns the size of each file that production serves."""

    def get_sizes(kind):
        root = installation / "staticfiles"
        stored = json.loads((root / "staticfiles.json").read_text())["paths"]
        folder = settings.BASE_DIR / "static" / kind
        files = list(folder.glob(f"*.{kind}"))
        imported = {name for file in files for name in IMPORT.findall(file.read_text())}
        return {
            file.name: (root / f"{stored[f'{kind}/{file.name}']}.br").stat().st_size
            for file in files
            if file.name not in imported
        }

    return get_sizes


def test_the_styles_that_a_page_loads_are_within_the_budget(get_sizes):
    sizes = get_sizes("css")
    shared = sizes.pop(EVERY_PAGE)
    alone = [sizes.pop(name) for name in (*INSTEAD, ADMIN_PAGES)]
    assert sizes
    assert shared + max(sizes.values()) <= MAX_STYLES, sizes | {EVERY_PAGE: shared}
    assert 0 < min(alone) < max(alone) <= MAX_STYLES


def test_the_scripts_that_a_page_loads_are_within_the_budget(get_sizes):
    sizes = get_sizes("js")
    person = sizes.pop(PERSON)
    assert sizes
    assert person + max(sizes.values()) <= MAX_SCRIPTS, sizes | {PERSON: person}


def test_no_script_has_more_than_a_hundred_lines():
    scripts = settings.BASE_DIR.glob("static/*/*.js")
    assert max(len(path.read_text().splitlines()) for path in scripts) <= 100
