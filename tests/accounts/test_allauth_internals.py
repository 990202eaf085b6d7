"""allauth's internal modules are imported in one place only."""

import re

from django.conf import settings

ROOMS = ("accounts", "config", "core", "data_export", "editing", "progress")
INTERNAL_IMPORT = re.compile(r"^\s*(from|import) allauth\.\S*internal", re.MULTILINE)


def test_only_one_module_imports_them():
    importing = {
        str(path.relative_to(settings.BASE_DIR))
        for room in (*ROOMS, "roadmaps", "search")
        for path in (settings.BASE_DIR / room).rglob("*.py")
        if INTERNAL_IMPORT.search(path.read_text())
    }
    assert importing == {"accounts/allauth_internals.py"}
