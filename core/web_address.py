"""Addresses that editors link to: which are accepted, and what is wrong with others."""

import re
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from core.text import INVISIBLE_CHARACTER, format_code_point

# A name without a dot, or with an underscore. Only the DNS of an intranet has these.
INTRANET_LABEL = r"\w(?:[\w-]{0,61}\w)?"
INTRANET_HOST = re.compile(rf"(?:{INTRANET_LABEL}\.)*{INTRANET_LABEL}\.?")
MAX_HOST_LENGTH = 253  # characters, RFC 1034, section 3.1

is_public = URLValidator(schemes=["https", "http"])


def validate_web_address(url: str) -> None:
    if fault := describe_url_fault(url):
        # A form field would replace the message of an error with the code "invalid".
        raise ValidationError(fault, code="not_an_address")


def describe_url_fault(url: str) -> str:
    """Return a sentence on what to change in the address, or ""."""
    if match := INVISIBLE_CHARACTER.search(url):
        message = _("Remove the space or invisible character %(code_point)s.")
        return message % {"code_point": format_code_point(match[0])}
    if not re.match("https?://", url, re.IGNORECASE):
        return _("Use a URL that begins with https:// or http://.")
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return _("Use a valid host and port, such as example.org:8080.")
    if not parts.hostname:
        return _("Add a host, as in https://example.org.")
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
        message = _("Use a valid host, such as example.org. “%(host)s” is not valid.")
    elif settings.INTRANET_LINKS:
        return ""
    elif "." not in host:
        message = _(
            "Use a public host: “%(host)s” has no dot. The setting INTRANET_LINKS "
            "allows intranet hosts."
        )
    elif "_" in host:
        message = _(
            "Use a public host: “%(host)s” has an underscore. The setting "
            "INTRANET_LINKS allows intranet hosts."
        )
    else:
        message = _(
            "Use a public host: “%(host)s” is not a public name. The setting "
            "INTRANET_LINKS allows intranet hosts."
        )
    return message % {"host": host}
