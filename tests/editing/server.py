"""Servers that misbehave, on this machine, and the names by which they are found."""

import socket
import ssl
import threading
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from socketserver import StreamRequestHandler, ThreadingTCPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3.util import connection

PUBLIC = (
    "93.184.215.14"  # of nobody's: what the internet here has for it is this machine
)
LOOPBACK = "127.0.0.1"


class Handler(StreamRequestHandler):
    """Answers a request with what the server's `pages` have for its path."""

    def handle(self):
        with suppress(OSError):  # whoever asks may leave when they have heard enough
            words = self.rfile.readline().decode("latin-1").split()
            if len(words) != 3:
                return
            self.method, self.path, _ = words
            headers = {}
            while line := self.rfile.readline().strip():
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            with ExitStack() as self.work:
                work = self.server.counting(self.method, self.path, headers)
                self.work.enter_context(work)
                answer = self.server.pages.get(self.path, (404,))
                if callable(answer):
                    answer(self)
                else:
                    self.say(*answer)

    def say(self, status, headers=(), body=b""):
        self.work.close()  # whoever hears the answer may ask on before this is over
        lines = [f"HTTP/1.1 {status} .", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        self.write("\r\n".join([*lines, "", ""]).encode())
        if self.method != "HEAD":
            self.write(body)

    def write(self, data):
        self.wfile.write(data)
        self.wfile.flush()

    def reset(self):
        linger = b"\1\0\0\0\0\0\0\0"
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def wait(self):
        """Until the test is over."""
        self.server.is_over.wait()


class Server(ThreadingTCPServer):
    """What it was asked is in `requests`, as (method, path, headers), and how many of
    them it was working at for one of its host names in `most_at_a_time`.
    """

    daemon_threads = True

    def __init__(self, certificate=None):
        super().__init__((LOOPBACK, 0), Handler)
        self.pages = {}
        self.requests = []
        self.is_over = threading.Event()
        self.most_at_a_time = 0
        self._at_a_time = Counter()
        self._lock = threading.Lock()
        self._tls = certificate and server_side(certificate)

    @property
    def port(self):
        return self.server_address[1]

    @property
    def asked(self):
        return [(method, path) for method, path, _ in self.requests]

    def get_request(self):
        request, address = super().get_request()
        if self._tls:
            # The handshake is left to the thread that will read.
            request = self._tls.wrap_socket(
                request, server_side=True, do_handshake_on_connect=False
            )
        return request, address

    def handle_error(self, request, client_address):
        pass

    @contextmanager
    def counting(self, method, path, headers):
        host = headers.get("host")
        with self._lock:
            self.requests.append((method, path, headers))
            self._at_a_time[host] += 1
            self.most_at_a_time = max(self.most_at_a_time, self._at_a_time[host])
        try:
            yield
        finally:
            with self._lock:
                self._at_a_time[host] -= 1


@contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield server
    finally:
        server.is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Internet:
    """Host names and where they lead: to the IP addresses that everybody is told, and
    from there to a server on this machine. `called` are the addresses that were.
    """

    def __init__(self, monkeypatch):
        self.ips = {}  # by name; an exception is raised
        self.ips_later = {}  # once the name has been looked up
        self.servers = {}  # by IP address
        self.called = []
        self._look_up, self._call = socket.getaddrinfo, connection.create_connection
        monkeypatch.setattr(socket, "getaddrinfo", self.look_up)
        monkeypatch.setattr(connection, "create_connection", self.call)

    def add(self, host, server, *ips):
        self.ips[host] = ips or [PUBLIC]
        self.servers |= dict.fromkeys(self.ips[host], server)

    def look_up(self, host, port, *args, **kwargs):
        ips = self.ips.get(host)
        self.ips |= {host: self.ips_later[host]} if host in self.ips_later else {}
        if isinstance(ips, Exception):
            raise ips
        if ips is None:
            kwargs["flags"] = socket.AI_NUMERICHOST
            return self._look_up(host, port, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    def call(self, address, *args, **kwargs):
        ip, _port = address
        self.called.append(ip)
        if ip in self.servers:
            address = self.servers[ip].server_address
        return self._call(address, *args, **kwargs)


def certificate_for(host, folder, *, days=1):
    """A certificate that signed itself: the path of a PEM file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=7))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def server_side(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
