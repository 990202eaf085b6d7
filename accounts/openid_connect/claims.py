"""The claim of the organisation that says which groups or roles somebody has.

docs/single-sign-on.md shows the shapes that providers send.
"""

from __future__ import annotations

import re
from typing import Any

import structlog

from core.text import is_line

log = structlog.get_logger("cairn.accounts")

MAX_VALUE_LENGTH = 200  # characters; longer ones are never compared with anything


def read_values(claims: dict[str, Any], path: str) -> list[str] | None:
    """Return the values of the claim at `path`. Without the claim, there are none.

    Return None if it does not say what they are: then nothing is to change.
    """
    found = find_claim(claims, path)
    if found is None:
        # Core 1.0, 5.6.2. Entra does this for people with more than 200 groups.
        elsewhere = claims.get("_claim_names")
        if isinstance(elsewhere, dict) and path in elsewhere:
            log.warning("claim_ignored", claim=path, reason="is kept elsewhere")
            return None
        return []
    values = [found] if isinstance(found, str) else found
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        log.warning("claim_ignored", claim=path, reason="is no list of texts")
        return None
    usable = (v for v in values if 0 < len(v) <= MAX_VALUE_LENGTH and is_line(v))
    return sorted(set(usable))


def find_claim(claims: Any, path: str) -> Any:
    """Return the claim at a path such as realm_access.roles, or None.

    The names in the path may contain dots, as clients of Keycloak may.
    """
    if not isinstance(claims, dict):
        return None
    if path in claims:
        return claims[path]
    for dot in re.finditer(r"\.", path):
        found = find_claim(claims.get(path[: dot.start()]), path[dot.end() :])
        if found is not None:
            return found
    return None
