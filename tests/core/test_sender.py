"""The sender of mails."""

from email.headerregistry import HeaderRegistry

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.sender import format_sender, validate_sender


@pytest.mark.parametrize("name", ["Smith, Jones & Co", 'The "Best" <School>', "Grüße"])
def test_any_site_name_makes_one_valid_sender(name):
    sender = format_sender(name, "cairn@example.org")
    validate_sender(sender)
    [address] = HeaderRegistry()("From", sender).addresses
    assert (address.display_name, address.addr_spec) == (name, "cairn@example.org")


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "Cairn",
        "Smith, Jones <cairn@example.org>",
        "cairn@",
        "a@example.org, b@example.org",
        "a@example.org\nBcc: b@example.org",
    ],
)
def test_a_sender_that_no_mail_can_have_is_refused(sender):
    with pytest.raises(ImproperlyConfigured, match="DEFAULT_FROM_EMAIL"):
        validate_sender(sender)
