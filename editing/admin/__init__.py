"""The editors' pages in Django's admin."""

from editing.admin import roadmaps as roadmaps
from editing.admin import steps as steps
from editing.admin import synonyms as synonyms
