"""Suggest what somebody may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from django.utils.translation import gettext as _

MAX_WORD_LENGTH = 100  # longer words are not compared: that would take long
MAX_CANDIDATES = 1_000


def suggest(word: str, candidates: Iterable[str]) -> str:
    """Return " Did you mean x?" for the candidate most like the word, or ""."""
    candidates = list(islice(candidates, MAX_CANDIDATES))
    matches = get_close_matches(word[:MAX_WORD_LENGTH], candidates, n=1)
    if not matches:
        return ""
    return " " + _("Did you mean %(candidate)s?") % {"candidate": matches[0]}
