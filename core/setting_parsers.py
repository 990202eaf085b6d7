"""Parse and normalise the texts of environment variables.

Each function returns the value, or raises ValueError with advice and an example.
"""

import re
from collections.abc import Callable
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.text import is_line, shows_nothing

BOOLEANS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(
    ("false", "no", "off", "0"), False
)
DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST_NAME = re.compile(rf"{LABEL}(\.{LABEL})*")
PATH = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")


def boolean(text: str) -> bool:
    try:
        return BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def integer(minimum: int, maximum: int, example: int) -> Callable[[str], int]:
    advice = f"must be a whole number from {minimum} to {maximum}, such as {example}"

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text):
            raise ValueError(advice)
        if not minimum <= int(text) <= maximum:
            raise ValueError(advice)
        return int(text)

    return parse


port = integer(1, 65_535, example=587)


def line(text: str) -> str:
    """One line of text that can stand in a header."""
    if shows_nothing(text) or not is_line(text):
        raise ValueError("must be one line of text, such as Cairn")
    return text


def choice(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"must be {', '.join(choices[:-1])} or {choices[-1]}")
        return text.lower()

    return parse


def list_of[T](parse_item: Callable[[str], T]) -> Callable[[str], list[T]]:
    """Values separated by commas. Spaces, empty values and repetitions are dropped."""

    def parse(text: str) -> list[T]:
        items = [item.strip() for item in text.split(",")]
        return list(dict.fromkeys(parse_item(item) for item in items if item))

    return parse


def host(text: str) -> str:
    """A host name in lower case, an IDN in punycode, or an IP address."""
    name = text.lower().removesuffix(".")
    if name.startswith("[") and name.endswith("]"):
        return f"[{ip_address(name[1:-1])}]"
    if not name.isascii():
        name = idna.encode(name, uts46=True).decode()  # raises a ValueError
    if not HOST_NAME.fullmatch(name):
        raise ValueError("is not a host name")
    return name


def allowed_host(text: str) -> str:
    """A host name; with a dot before it, also its subdomains."""
    is_wildcard = text.startswith(".")
    try:
        name = host(text.removeprefix("."))
    except ValueError:
        raise ValueError(
            "must be host names without a scheme, port, path or *, separated by "
            "commas, such as www.cairn.example,10.0.0.5"
        ) from None
    return f".{name}" if is_wildcard else name


def email_domain(text: str) -> str:
    try:
        return host(text.removeprefix("@"))
    except ValueError:
        raise ValueError(
            "must be email domains separated by commas, such as example.org,example.com"
        ) from None


def split_url(text: str) -> SplitResult:
    """Raise ValueError if the text is not a URL with a host and a valid port."""
    parts = urlsplit(text)
    if not parts.hostname or parts.port == 0:  # `port` raises ValueError
        raise ValueError("is not a URL with a host")
    return parts


def origin(text: str) -> str:
    """A scheme, a host and a port, unless it is the scheme's own port."""
    example = "must be like https://cairn.example"
    try:
        parts = split_url(text)
        name = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
        name = host(str(name))
    except ValueError:
        raise ValueError(
            f"{example}, with a scheme, a host and optionally a port"
        ) from None
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"{example}, and begin with https://")
    if parts.path not in ("", "/"):
        raise ValueError(
            f"{example}, without a path, because Cairn needs its own host name"
        )
    if parts.query or parts.fragment or parts.username:
        raise ValueError(f"{example}, without a query or user name")
    is_default = parts.port in (None, DEFAULT_PORTS[parts.scheme])
    return f"{parts.scheme}://{name}" + ("" if is_default else f":{parts.port}")


def secure_origin(text: str) -> str:
    """An origin with HTTPS, or on this machine."""
    url = origin(text)
    if url.startswith("http:") and not is_loopback(url):
        raise ValueError(
            "must begin with https://, such as https://cairn.example. Otherwise nobody "
            "can sign in, because browsers send Cairn's cookies only over HTTPS. "
            "docs/proxies.md shows three ways to get HTTPS in a local network. If you "
            "trust everybody on the network, set INSECURE_HTTP=true"
        )
    return url


def get_host(url: str) -> str:
    """Return the host of an origin, without the port."""
    return re.sub(r":\d+$", "", urlsplit(url).netloc)


def is_loopback(url: str) -> bool:
    return get_host(url) in LOOPBACK_HOSTS


def web_url(text: str) -> str:
    try:
        is_valid = split_url(text).scheme in DEFAULT_PORTS and " " not in text
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError("must be a web address, such as https://example.org/privacy")
    return text


def email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError("must be one address, such as cairn@example.org") from None
    return text


def sender(text: str) -> str:
    """An address, or a name and an address in angle brackets (RFC 5322, 3.4)."""
    name, address = parseaddr(text)
    try:
        return str(Address(name, addr_spec=email(address))) if name else email(address)
    except ValueError:
        raise ValueError(
            "must be an address with or without a name, such as "
            'cairn@example.org or "Smith, Jones & Co" <cairn@example.org>'
        ) from None


def mail_host(text: str) -> str:
    try:
        return host(text)
    except ValueError:
        raise ValueError(
            "must be a host name without a scheme or port, such as smtp.example.org"
        ) from None


def redis_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_valid = (
            bool(parts.path)
            if parts.scheme == "unix"
            else parts.scheme in ("redis", "rediss")
            and bool(split_url(text))
            and bool(re.fullmatch(r"/?\d*", parts.path))
            and not parts.fragment
        )
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError(
            "must be a URL, such as redis://:password@cache.example.org:6379/0; "
            "write special characters in the password as %XX"
        )
    return text


def listen_address(text: str) -> str:
    try:
        parts = split_url(f"//{text}")
        is_valid = (
            parts.port is not None and parts.netloc == text and not parts.username
        )
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError("must be an address and a port, such as 127.0.0.1:9100")
    return text


def secret_key(text: str) -> str:
    # The rule of Django's check security.W009: a key copied from an example is shorter.
    if len(text) < 50 or len(set(text)) < 5:
        raise ValueError(
            "is too easy to guess; generate a key with: openssl rand -hex 32"
        )
    return text


def url_path(reserved: frozenset[str]) -> Callable[[str], str]:
    """A path that ends with a slash and does not begin with a `reserved` part."""

    def parse(text: str) -> str:
        path = text.strip("/")
        if not PATH.fullmatch(path):
            raise ValueError("must be a path of letters and digits, such as office")
        if path.split("/")[0].lower() in reserved:
            raise ValueError("is used by another page; choose another, such as office")
        return f"{path}/"

    return parse
