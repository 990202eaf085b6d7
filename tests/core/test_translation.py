"""The errors of texts and addresses can be translated."""

import pytest

from core.forms import LineField, WebAddressField
from core.text import describe_line_fault, describe_text_fault
from core.web_address import describe_url_fault
from tests.core.test_web_address import INTRANET, INVALID
from tests.pseudo_language import find_bare_english, pseudo_language

# Code points, parts of addresses, and the name of a setting.
NAMES = ["U+", "https", "http", "example.org", "INTRANET_LINKS"]


@pytest.fixture(autouse=True)
def translated():
    with pseudo_language():
        yield


def assert_translated(fault, *expected):
    assert fault.startswith("⟦")
    assert find_bare_english(fault, *expected, *NAMES) == []


def test_faults_of_texts():
    for describe in (describe_line_fault, describe_text_fault):
        for character in "\x07\u202e":
            code_point = f"{ord(character):04X}"
            assert_translated(describe(f"Α{character}"), code_point)
    assert_translated(describe_line_fault("Α\nΒ"))


@pytest.mark.parametrize("url", [*INTRANET, *INVALID])
def test_faults_of_addresses(url):
    host = url.partition("//")[2].partition("/")[0].partition(":")[0]
    assert_translated(describe_url_fault(url), host, "U+202E", "U+200B")


@pytest.mark.parametrize("field", [LineField(), WebAddressField()])
def test_messages_of_form_fields(field):
    for message in field.error_messages.values():
        assert_translated(str(message))
