"""Addresses that editors link to: which are accepted, and what is wrong with others."""

import re
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from core.text import INVISIBLE_CHARACTER, format_code_point

# A name without a dot, or with an underscore. Only the DNS of an intranet has these.
INTRANET_LABEL = r"\w(?:[\w-]{0,61}\w)?"
INTRANET_HOST = re.compile(rf"(?:{INTRANET_LABEL}\.)*{INTRANET_LABEL}\.?")
MAX_HOST_LENGTH = 253  # characters, RFC 1034, section 3.1

is_public = URLValidator(schemes=["https", "http"])


def validate_web_address(url: str) -> None:
    if fault := describe_url_fault(url):
        # A form field would replace the message of an error with the code "invalid".
        raise ValidationError(f"This {fault}.", code="not_an_address")


def describe_url_fault(url: str) -> str:
    """Return what the address should be instead; "" if it is right."""
    if match := INVISIBLE_CHARACTER.search(url):
        code_point = format_code_point(match[0])
        return f"should hold no spaces or invisible characters ({code_point})"
    if not re.match("https?://", url, re.IGNORECASE):
        return "should be an address that begins with https:// or http://"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "should have a valid host and port, such as example.org:8080"
    if not parts.hostname:
        return "should name a host, such as https://example.org"
    try:
        is_public(url)
    except ValidationError:
        return describe_host_fault(parts)
    return ""


def describe_host_fault(parts: SplitResult) -> str:
    host = parts.hostname or ""
    last_label = host.rstrip(".").rpartition(".")[2]
    is_name = INTRANET_HOST.fullmatch(host) and not last_label.isdecimal()
    if not is_name or len(host) > MAX_HOST_LENGTH:
        return f"should have a valid host, such as example.org, not “{host}”"
    if settings.INTRANET_LINKS:
        return ""
    reason = "has no dot"
    if "." in host:
        reason = "has an underscore" if "_" in host else "is not a public name"
    return (
        f"should have the host of a public site; “{host}” {reason} "
        "(the setting INTRANET_LINKS allows hosts of an intranet)"
    )
