"""The editors' pages in Django's admin."""

from editing.admin import roadmaps as roadmaps
