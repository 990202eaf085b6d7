"""Static files, as `collectstatic` stores them for production."""

import json
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

from core.static_storage import (
    CSS_COMMENT_OR_INDENT,
    CSS_LINE_BREAK,
    IMPORT,
    JS_COMMENT_OR_INDENT,
)

BUNDLES = [
    "css/cairn.css",
    "css/step-page.css",
    "editing/admin.css",
    "js/person.js",
    "js/step.js",
]
STATIC = settings.BASE_DIR / "static"


@pytest.fixture
def collect(tmp_path, settings):
    """A function that collects files with these texts, and returns their paths."""
    source, root = tmp_path / "source", tmp_path / "root"
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = [
        "django.contrib.staticfiles.finders.FileSystemFinder"
    ]
    settings.STATIC_ROOT = root
    backend = "core.static_storage.StaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}

    def collect(texts):
        for name, text in texts.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        call_command("collectstatic", interactive=False, verbosity=0)
        return {name: root / staticfiles_storage.stored_name(name) for name in texts}

    return collect


def bundled_files(path):
    """Return the files of a bundle: those it imports, and those that they import."""
    imported = [path.parent / name for name in IMPORT.findall(path.read_text())]
    return [file for child in imported for file in bundled_files(child)] or [path]


def served_text(path):
    text = path.read_text()
    if path.suffix == ".css":
        return CSS_LINE_BREAK.sub("", CSS_COMMENT_OR_INDENT.sub("", text).strip())
    return JS_COMMENT_OR_INDENT.sub("", text)


@pytest.mark.parametrize("name", BUNDLES)
def test_production_serves_a_bundle_as_one_file(installation, name):
    root = installation / "staticfiles"
    stored = json.loads((root / "staticfiles.json").read_text())["paths"][name]
    served = (root / stored).read_text()
    positions = [
        served.index(served_text(file)) for file in bundled_files(STATIC / name)
    ]
    assert positions == sorted(positions)
    assert not re.search(r"^@?import", served, re.MULTILINE)
    assert (root / f"{stored}.br").exists()


def test_a_changed_import_changes_the_bundles_address(collect):
    texts = {"css/all.css": '@import "a.css";\n', "css/a.css": "a { color: red }\n"}
    before = collect(texts)["css/all.css"]
    after = collect(texts | {"css/a.css": "a { color: blue }\n"})["css/all.css"]
    assert after != before
    assert "blue" in after.read_text()


def test_collecting_twice_gives_the_same_names(collect):
    texts = {"js/all.js": 'import "./a.js";\n', "js/a.js": "let a;\n"}
    assert collect(texts) == collect(texts)


def test_an_imported_file_can_import_others(collect):
    stored = collect(
        {
            "js/all.js": '// All.\nimport "./a.js";\n',
            "js/a.js": 'import "./b.js";\nlet a;\n',
            "js/b.js": "let b;\n",
        }
    )
    assert stored["js/all.js"].read_text() == "let b;\n\nlet a;\n\n"


def test_a_style_sheet_is_served_without_comments_and_line_breaks(collect):
    sheet = "/* All. */\n@layer base {\n  a {\n    color: red; /* 1 */\n  }\n}\n"
    stored = collect({"css/all.css": sheet})["css/all.css"]
    assert stored.read_text().strip() == "@layer base {a {color: red; \n}}"


def test_a_script_is_served_without_comments_and_indentation(collect):
    script = '// All.\nif (a) {\n  // Why.\n\n  b = "// c"; // d\n}\n'
    stored = collect({"js/all.js": script})["js/all.js"]
    assert stored.read_text() == 'if (a) {\nb = "// c"; // d\n}\n'


def test_an_imported_file_can_be_in_a_folder(collect):
    texts = {"css/all.css": '@import "all/a.css";\n', "css/all/a.css": "a { top: 0 }\n"}
    assert collect(texts)["css/all.css"].read_text() == "a { top: 0 }"


def test_a_missing_import_is_named(collect):
    with pytest.raises(KeyError, match=r"js/a\.js"):
        collect({"js/all.js": 'import "./a.js";\n'})


def test_files_of_other_packages_are_unchanged(collect):
    texts = {"theirs/all.js": 'import "./a.js";\n', "theirs/a.js": "let a;\n"}
    stored = collect(texts)
    assert stored["theirs/all.js"].read_text() == texts["theirs/all.js"]


@pytest.mark.parametrize("name", ["js/person.js", "js/step.js"])
def test_bundled_scripts_declare_no_global_names(name):
    for file in bundled_files(STATIC / name):
        declared = r"^(export|const|let|var|function|async|class)\b.*"
        assert not re.findall(declared, file.read_text(), re.MULTILINE)
