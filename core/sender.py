"""The sender of mails, for the settings."""

from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry

from django.core.exceptions import ImproperlyConfigured


def format_sender(name: str, address: str) -> str:
    """Return `name <address>`, with the name in quotes where it needs them (RFC 5322).

    A comma in a name would otherwise begin a second address.
    """
    return str(Address(name, addr_spec=address))


def validate_sender(sender: str) -> None:
    """Raise ImproperlyConfigured unless a mail can be sent from this one address."""
    try:
        header = HeaderRegistry()("From", sender)
        is_valid = not header.defects and len(header.addresses) == 1
    except (ValueError, HeaderParseError):  # a line break
        is_valid = False
    if not is_valid:
        raise ImproperlyConfigured(
            f"DEFAULT_FROM_EMAIL is {sender!r}; set it to one address, such as "
            '"Smith, Jones & Co" <cairn@example.org>, with quotes around the name.'
        )
