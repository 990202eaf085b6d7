"""DATABASE_URL with sslmode=verify-full, as docs/operations.md describes it."""

import ssl
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from threading import Lock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.db import OperationalError, connection, connections

from core.postgresql import settings as database_settings
from core.postgresql import url as postgresql_url
from core.postgresql.base import DatabaseWrapper
from core.postgresql.connection_errors import explain
from tests.production import Proxy

SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])


class TLSProxy(Proxy):
    """TLS in front of the embedded PostgreSQL, which is built without it.

    A client asks for TLS before the handshake (PostgreSQL's documentation, 54.2.10).
    """

    def __init__(self, folder, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.connecting = Lock()
        super().__init__(folder)

    def connect(self, client):
        with self.connecting, suppress(OSError):  # the client refuses the certificate
            assert client.recv(8) == SSL_REQUEST
            client.sendall(b"S")
            super().connect(self.context.wrap_socket(client, server_side=True))

    def close(self):
        with self.connecting:
            super().close()


def create_certificate(file):
    """Write a key and a certificate for `localhost`, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, SHA256())
    )
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return file


@pytest.fixture
def certificate(tmp_path):
    return create_certificate(tmp_path / "server.pem")


@pytest.fixture
def server(transactional_db, certificate):
    proxy = TLSProxy(connection.settings_dict["OPTIONS"]["host"], certificate)
    yield proxy
    proxy.close()


@pytest.fixture
def connect(server):
    """A function that connects to the server by a host and trusts an authority."""
    default, wrappers = connections["default"], []

    def connect(authority, host="localhost", *, is_web=False):
        name = default.settings_dict["NAME"]
        database = deepcopy(default.settings_dict) | postgresql_url.parse(
            f"postgres://postgres@{host}:{server.port}/{name}"
            f"?sslmode=verify-full&sslrootcert={authority}"
        )
        if is_web:
            database_settings.configure_for_web(database, pool_size=1)
        wrapper = DatabaseWrapper(database, "default")
        connections["default"] = wrapper
        wrappers.append(wrapper)
        wrapper.ensure_connection()
        return wrapper

    yield connect
    connections["default"] = default
    for wrapper in wrappers:
        wrapper.close()
        if wrapper.pool:
            wrapper.close_pool()


@pytest.mark.parametrize("is_web", [False, True])
def test_it_connects_to_a_server_with_the_right_certificate(
    connect, certificate, is_web
):
    wrapper = connect(certificate, is_web=is_web)
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert wrapper.connection.pgconn.ssl_in_use


def test_it_refuses_a_server_with_another_name(connect, certificate):
    with pytest.raises(OperationalError, match="does not match host name"):
        connect(certificate, host="127.0.0.1")


def test_it_refuses_a_certificate_of_an_unknown_authority(connect, tmp_path):
    with pytest.raises(OperationalError) as raised:
        connect(create_certificate(tmp_path / "other.pem"))
    line = explain(raised.value, connection.settings_dict)
    assert "certificate verify failed" in line
    assert "\n" not in line
