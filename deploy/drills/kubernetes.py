"""Replace web processes as Kubernetes does, behind the Caddy of its manifests, while
people use the site, and count what fails.

There is no cluster. In a network namespace, iptables does what kube-proxy does: each
connection to the address of the Service leads to a random pod. A pod that is about to
stop stays in the Service for a few seconds, as on a node that does not know it yet.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import urllib3
import yaml

from benchmarks.server import ROOT, free_port, wait_for
from deploy.drills.proxied_site import Process, ProxiedSite
from deploy.drills.rolling import PEOPLE, measure

MANIFESTS = ROOT / "deploy/kubernetes/base"
SERVICE = "10.96.0.1"
PROPAGATION = 5  # seconds until all nodes know that a pod is about to stop


def read_setting(name: str) -> str:
    lines = (MANIFESTS / "settings.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)[name]


def missing() -> str:
    """Return what is missing, or ""."""
    if os.geteuid():
        return "it needs root, to make a network namespace"
    for program in ("ip", "iptables-restore"):
        if not which(program):
            return f"{program} is missing (apt-get install iproute2 iptables)"
    return ""


class Pods(ProxiedSite):
    """Two web pods, the Service in front of them, and Caddy in front of that."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, DRAIN_SECONDS=read_setting("DRAIN_SECONDS"))
        self.update_service(self.ports)

    def update_service(self, ports: list[int]) -> None:
        rule = f"-A OUTPUT -d {SERVICE} -p tcp --dport 8000"
        lines = [
            f"{rule} -m statistic --mode random --probability {1 / (len(ports) - i)}"
            f" -j DNAT --to-destination 127.0.0.1:{port}"
            for i, port in enumerate(ports)
        ]
        table = "\n".join(["*nat", *lines, "COMMIT", ""])
        subprocess.run(["iptables-restore"], input=table, text=True, check=True)

    @contextmanager
    def behind_caddy(self) -> Iterator[None]:
        text = (MANIFESTS / "Caddyfile").read_text()
        text = text.replace("web:8000", f"{SERVICE}:8000")
        text = text.replace("\n:8080 {", f"\nhttp://localhost:{self.port} {{")
        file = self.folder / "Caddyfile"
        file.write_text(text)
        process = self.run("caddy", "run", "--config", str(file))
        try:
            wait_for(self.port)
            yield
        finally:
            process.terminate()
            process.wait()

    def replace(self, number: int) -> None:
        """Start a new pod, wait until it is ready, and stop the old one."""
        old, old_port = self.webs[number], self.ports[number]
        self.ports[number] = free_port()
        self.webs[number] = self.serve(self.ports[number])
        wait_until_ready(self.ports[number], self.webs[number])
        self.update_service([old_port, *self.ports])
        old.send_signal(signal.SIGTERM)
        time.sleep(PROPAGATION)
        self.update_service(self.ports)
        assert old.wait() == 0


def wait_until_ready(port: int, web: Process) -> None:
    while web.poll() is None:
        response = urllib3.request("GET", f"http://127.0.0.1:{port}/readyz")
        if response.status == 200:
            return
        time.sleep(0.5)
    raise RuntimeError("the new web process has stopped")


def main() -> None:
    if reason := missing():
        sys.exit(f"NOT RUN: {reason}")
    os.unshare(os.CLONE_NEWNET)
    for command in ("link set lo up", f"addr add {SERVICE}/32 dev lo"):
        subprocess.run(["ip", *command.split()], check=True)
    strategy = web_deployment()["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": 1, "maxUnavailable": 0}  # as `replace` does
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder:
        site = Pods(Path(folder))
        try:
            with site.behind_caddy():
                outcome = measure(site)
        finally:
            site.stop()
    print(f"{PEOPLE} people, {outcome.text}")
    sys.exit(bool(outcome.failures))


def web_deployment() -> dict:
    documents = yaml.safe_load_all((MANIFESTS / "web.yaml").read_text())
    return next(item for item in documents if item["kind"] == "Deployment")


if __name__ == "__main__":
    main()
