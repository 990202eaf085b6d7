"""One request to an address that somebody typed, and that leads to no private network.

The host name is looked up once, each IP address that it has is judged, and one of those
is connected to, so that a name server cannot give another one in between (OWASP, Server
Side Request Forgery Prevention). Proxies that the environment names are not used, since
they would look the name up themselves.
"""

import logging
import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import quote, urljoin

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    LocationParseError,
    NewConnectionError,
)
from urllib3.util import Retry, Url, parse_url

# It logs each header that it cannot read, with a traceback.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)

PORTS = {"http": 80, "https": 443}
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the end is an IPv4 address
MOST_IPS = 3  # of a host, tried one after the other


class NotAskedError(Exception):
    """The address is none of the web, or not one that a stranger may have us ask."""


class NoAnswerError(Exception):
    """There was no answer. One that `may_come` is worth another try."""

    def __init__(self, reason: str, *, may_come: bool = False) -> None:
        super().__init__(reason)
        self.may_come = may_come


class UnknownHostError(NoAnswerError):
    """The host has no address; where one `may_come`, nobody could be asked for it."""


class Patience(NamedTuple):
    """In seconds."""

    connect: float = 10  # to one IP address, TLS included
    read: float = 10  # until the next byte
    total: float = 30  # once connected


class Answer(NamedTuple):
    """The head of one; the body is never read, however long it may be."""

    status: int
    location: str  # where a redirect leads, in full
    retry_after: float | None  # seconds


def ask(
    method: str, url: str, agent: str, patience: Patience, *, allow_private: bool
) -> Answer:
    """What the server at `url` says. Raises NotAskedError and NoAnswerError."""
    address = web_address(url)
    ips = resolve(address, allow_private=allow_private)
    try:
        return talk(method, address, ips, agent, patience)
    except (OSError, HTTPException, HTTPError, ValueError) as error:
        raise no_answer(error) from error


def web_address(url: str) -> Url:
    """The address as it is sent, in ASCII. Raises NotAskedError."""
    try:
        address = parse_url(url)
    except LocationParseError as error:
        raise NotAskedError("it is no web address") from error
    if address.scheme not in PORTS or not address.host:
        raise NotAskedError("it is no web address")
    return address


def resolve(address: Url, *, allow_private: bool) -> list[str]:
    """The host's IP addresses. Raises NotAskedError when one of them is not public."""
    host, port = host_of(address), port_of(address)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            what = "its host could not be looked up"
            raise UnknownHostError(what, may_come=True) from error
        raise UnknownHostError("its host does not exist") from error
    except UnicodeError as error:  # a label that is too long
        raise UnknownHostError("its host does not exist") from error
    ips = list(dict.fromkeys(str(info[4][0]) for info in found))
    for ip in ips:
        if not (allow_private or is_public(ip)):
            raise NotAskedError(f"{host} is at {ip}, which is no public address")
    return ips


def is_public(ip: str) -> bool:
    """Whether it is a host's on the public internet, by IANA's registries of special
    addresses; one that wraps an IPv4 address is judged by that.
    """
    address: IPv4Address | IPv6Address = ip_address(ip)
    if isinstance(address, IPv6Address):
        if address in NAT64:
            address = IPv4Address(int(address) & 0xFFFFFFFF)
        elif address.ipv4_mapped:
            address = address.ipv4_mapped
        elif address.is_site_local or address.sixtofour or address.teredo:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def host_of(address: Url) -> str:
    return (address.host or "").strip("[]")


def port_of(address: Url) -> int:
    return address.port or PORTS[address.scheme or "http"]


def talk(
    method: str, address: Url, ips: list[str], agent: str, patience: Patience
) -> Answer:
    connection = connect(address, ips, patience)
    connection.timeout = patience.read
    wire = connection.sock
    is_over = threading.Event()

    def cut_off() -> None:
        is_over.set()
        with suppress(OSError):
            # TLS has its own, which pulls the rug from under the thread that reads.
            socket.socket.shutdown(wire, socket.SHUT_RDWR)

    # A byte now and then keeps the time-out for reading from ever being reached.
    timer = threading.Timer(patience.total, cut_off)
    timer.start()
    try:
        headers = {"Host": address.netloc or "", "User-Agent": agent, "Accept": "*/*"}
        target = address.request_uri
        connection.request(method, target, headers=headers, preload_content=False)
        response = connection.getresponse()
        answer = Answer(
            response.status,
            redirect_of(address, response.headers.get("Location")),
            seconds(response.headers.get("Retry-After")),
        )
        response.close()
    except (OSError, HTTPException):
        if is_over.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
        connection.close()
    if is_over.is_set():  # what was cut off can look like a whole answer
        raise TimeoutError
    return answer


def connect(address: Url, ips: list[str], patience: Patience) -> HTTPConnection:
    """A connection to the first of the host's IP addresses that takes one."""
    refusal: Exception = OSError("no address")
    for ip in ips[:MOST_IPS]:
        connection: HTTPConnection
        if address.scheme == "https":
            connection = HTTPSConnection(
                ip,
                port_of(address),
                timeout=patience.connect,
                server_hostname=host_of(address),
            )
        else:
            connection = HTTPConnection(ip, port_of(address), timeout=patience.connect)
        try:
            connection.connect()
        except (OSError, HTTPError) as error:
            connection.close()
            refusal = error
        else:
            return connection
    raise refusal


def redirect_of(address: Url, location: str | None) -> str:
    """What a Location means, seen from `address`: with its fragment, unless it has one
    of its own (RFC 9110, section 10.2.2).
    """
    if not location:
        return ""
    with suppress(UnicodeError):  # headers are read as Latin-1, and written as UTF-8
        location = location.encode("latin-1").decode()
    target = urljoin(address.url, location.strip())
    if address.fragment and "#" not in target:
        target += f"#{address.fragment}"
    # No escape sequence gets from a server to a terminal.
    return "".join(c if c.isprintable() else quote(c) for c in target)


def seconds(retry_after: str | None) -> float | None:
    """How long a Retry-After asks to wait, be it a number or a date."""
    if retry_after is None:
        return None
    try:
        return Retry(retry_after_max=10**9).parse_retry_after(retry_after)
    except (InvalidHeader, ValueError, OverflowError):
        return None


def no_answer(error: Exception) -> NoAnswerError:
    match error:
        case ssl.SSLCertVerificationError():
            return NoAnswerError(
                f"its certificate is not valid: {error.verify_message}"
            )
        case ssl.SSLError():
            return NoAnswerError(f"TLS fails: {error.reason or 'no answer in TLS'}")
        case NewConnectionError():
            return NoAnswerError("it takes no connection", may_come=True)
        case TimeoutError() | ConnectTimeoutError():
            return NoAnswerError("it does not answer in time", may_come=True)
        case OSError():
            return NoAnswerError("it breaks the connection off", may_come=True)
        case _:
            return NoAnswerError("what it answers is not HTTP")
