"""Addresses of web pages that editors enter"""

import pytest

from core.web_address import describe_url_fault

PUBLIC = [
    "https://example.org",
    "http://example.org:8080/a?b=c#d",
    "https://münchen.example/straße",
    "https://192.0.2.1/",
    "https://[2001:db8::1]:8080/",
    "http://localhost:8000/",
]
INTRANET = {
    "http://wiki/page": "“wiki” has no dot",
    "http://wiki:8080/": "“wiki” has no dot",
    "https://my_wiki.example.org/": "“my_wiki.example.org” has an underscore",
    "https://my_wiki/": "“my_wiki” has no dot",
    "https://wiki.lan1/": "“wiki.lan1” is not a public name",
}
INVALID = {
    "wiki/page": "begins with https:// or http://",
    "ftp://example.org/": "begins with https:// or http://",
    "javascript:alert(1)": "begins with https:// or http://",
    "https:///page": "Add a host",
    "https://example.org:port/": "valid host and port",
    "https://[::1/": "valid host and port",
    "https://exa..mple/": "“exa..mple” is not valid",
    "https://-wiki/": "“-wiki” is not valid",
    "https://999.1.1.1/": "“999.1.1.1” is not valid",
    f"https://{'a.' * 127}b/": "valid host",
    "https://example.org/a b": "space or invisible character U+0020",
    "https://exa\u202emple.org/": "space or invisible character U+202E",
    "https://example.org/\u200b": "space or invisible character U+200B",
}


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_address_is_accepted(url):
    assert describe_url_fault(url) == ""


@pytest.mark.parametrize(("url", "reason"), INTRANET.items())
def test_a_host_of_an_intranet_is_refused_with_the_reason(url, reason):
    assert reason in describe_url_fault(url)


@pytest.mark.parametrize("url", [*PUBLIC, *INTRANET])
def test_a_host_of_an_intranet_is_accepted_with_the_setting(url, settings):
    settings.INTRANET_LINKS = True
    assert describe_url_fault(url) == ""


@pytest.mark.parametrize("is_allowed", [False, True])
@pytest.mark.parametrize(("url", "reason"), INVALID.items())
def test_an_invalid_address_is_refused_with_the_reason(
    url, reason, is_allowed, settings
):
    settings.INTRANET_LINKS = is_allowed
    assert reason in describe_url_fault(url)
