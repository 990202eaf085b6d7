"""Imports of allauth's internal modules."""

import re

from django.conf import settings

PACKAGES = [
    *("accounts", "config", "core", "data_export"),
    *("editing", "groups", "progress", "roadmaps", "search"),
]
INTERNAL_IMPORT = re.compile(r"^\s*(from|import) allauth\.\S*internal", re.MULTILINE)


def test_only_accounts_allauth_internals_imports_them():
    importing = {
        str(path.relative_to(settings.BASE_DIR))
        for package in PACKAGES
        for path in (settings.BASE_DIR / package).rglob("*.py")
        if INTERNAL_IMPORT.search(path.read_text())
    }
    assert importing == {"accounts/allauth_internals.py"}
