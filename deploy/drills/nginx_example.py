"""nginx with deploy/nginx/nginx.conf, changed for this machine."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from shutil import which

from benchmarks.server import ROOT

LOG = "log_format cache '$upstream_cache_status $request';"
EXAMPLE = ROOT / "deploy/nginx/nginx.conf"
PROGRAM = which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


def make_certificate(folder: Path, host: str = "localhost") -> Path:
    """A certificate for `host`, with its key beside it as .key"""
    certificate = folder / "localhost.pem"
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    name = f"-subj /CN={host} -addext subjectAltName=DNS:{host}"
    files = f"-out {certificate} -keyout {certificate}.key"
    command = f"openssl req -x509 {key} {name} {files}"
    subprocess.run(command.split(), check=True, capture_output=True)
    return certificate


def write(
    folder: Path,
    port: int,
    upstream_ports: Sequence[int],
    certificate: Path | None = None,  # .pem with its key beside it as .key
) -> Path:
    """The example configuration for this machine: with TLS if there is a certificate,
    and with the status of the cache in `folder`/cache.log.
    """
    text = EXAMPLE.read_text()
    for pattern, replacement in (
        *(
            (rf"server {name}:8000 resolve", f"server 127.0.0.1:{upstream_port}")
            for name, upstream_port in zip(("web", "web2"), upstream_ports, strict=True)
        ),
        (r"resolver [^\n]*", ""),
        (r"worker_processes auto", "daemon off; worker_processes 1"),
        (r"/dev/stderr", f"{folder}/nginx.log"),
        (r"/tmp/nginx\.pid", f"{folder}/nginx.pid"),
        (r"/tmp/nginx-cache", f"{folder}/cache"),
        (r"(?s)    server \{\n        listen 80;.*?\n    \}\n", ""),
        (r"listen 443 ssl http2", f"listen {port}{' ssl http2' * bool(certificate)}"),
        (r"example\.org", "localhost"),
        (r"/etc/nginx/tls/fullchain\.pem", str(certificate)),
        (r"/etc/nginx/tls/privkey\.pem", f"{certificate}.key"),
        *(() if certificate else ((r"ssl_\w+ [^\n]*\n", "\n"),)),
        *(
            ((r"access_log off;.*", f"{LOG} access_log {folder}/cache.log cache;"),)
            if certificate
            else ()
        ),
    ):
        text, count = re.subn(pattern, replacement, text)
        assert count, f"{EXAMPLE} holds no {pattern}"
    file = folder / "example.conf"
    file.write_text(text)
    return file
