"""Verify the units in deploy/systemd, and run their commands as systemd would.

systemd itself verifies the files: apt-get install systemd. The commands run without it,
because starting a second systemd would change this machine (it empties /tmp). So this
checks their environment, start, signals and exit, but not users and sandboxes.
"""

import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import urllib3

from benchmarks.server import ROOT, Cairn, free_port
from deploy.drills.stack import check

UNITS = ROOT / "deploy/systemd"
INSTALLED = "/srv/cairn"  # where the units expect the checkout


def verify(folder: Path) -> None:
    """Let systemd read the units, with this checkout in place of /srv/cairn."""
    tool = shutil.which("systemd-analyze")
    check("systemd-analyze is installed (apt-get install systemd)", tool)
    shutil.copytree(UNITS, folder)
    for file in folder.rglob("*.*"):
        if file.is_file():
            file.write_text(file.read_text().replace(INSTALLED, str(ROOT)))
    names = [
        path.name.replace("@.", "@8000.") for path in folder.iterdir() if path.is_file()
    ]
    for name in sorted(names):
        result = subprocess.run(
            [str(tool), "verify", folder / name],
            env={"SYSTEMD_UNIT_PATH": f"{folder}:"},
            capture_output=True,
            text=True,
        )
        output = result.stdout + result.stderr
        check(f"systemd accepts {name} {output}", not (result.returncode or output))


class Unit:
    """The commands and the environment of a unit."""

    def __init__(self, name: str, instance: int = 0) -> None:
        common = UNITS / "cairn-.service.d/common.conf"
        text = (UNITS / name).read_text() + common.read_text()
        text = text.replace(INSTALLED, str(ROOT)).replace("%i", str(instance))
        self.settings: dict[str, list[str]] = {}
        for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
            self.settings.setdefault(key, []).append(value)

    @property
    def environment(self) -> dict[str, str]:
        words = shlex.split(" ".join(self.settings["Environment"]))
        return dict(word.split("=", 1) for word in words)

    def get(self, key: str) -> str:
        [value] = self.settings[key]
        return value

    def run(self, cairn: Cairn, key: str = "ExecStart") -> subprocess.Popen[bytes]:
        """Run the only command with Cairn's settings, which are in .env otherwise.

        As `KillMode` mixed does, a signal reaches only the process itself.
        """
        return self.run_command(self.get(key), cairn)

    def run_all(self, cairn: Cairn) -> list[int]:
        """Run the commands one after the other. Return their exit codes."""
        commands = self.settings["ExecStart"]
        return [self.run_command(command, cairn).wait(60) for command in commands]

    def run_command(self, command: str, cairn: Cairn) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            shlex.split(command),
            cwd=self.get("WorkingDirectory"),
            env=cairn.environment | self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self, process: subprocess.Popen[bytes]) -> float:
        """Send SIGTERM. Return the seconds until the process has ended, with 0."""
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=int(self.get("TimeoutStopSec"))) == 0
        return time.monotonic() - start


def try_web(cairn: Cairn) -> None:
    port = free_port()
    web = Unit("cairn-web@.service", port)
    web.settings["Environment"].append("METRICS_ADDRESS=")  # 1%i is too high for it
    process = web.run(cairn)
    timeout = int(web.get("TimeoutStartSec"))
    try:
        started = web.run(cairn, "ExecStartPost").wait(timeout)
        check("systemctl start returns when the web process serves", started == 0)
        address = f"http://127.0.0.1:{port}"
        page = urllib3.request("GET", address, headers={"Host": "localhost"})
        check(f"it answers: {page.status}", page.status == 200)
    finally:
        seconds = web.stop(process)
    check(f"it drains and ends with 0 in {seconds:.1f} s", seconds > 3)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # for PostgreSQL's own user
        verify(folder / "units")
        cairn = Cairn(folder)
        try_web(cairn)
        worker = Unit("cairn-worker.service")
        process = worker.run(cairn)
        time.sleep(5)
        check("the worker runs", process.poll() is None)
        check(f"it ends with 0 in {worker.stop(process):.1f} s", True)
        codes = Unit("cairn-cleanup.service").run_all(cairn)
        check(f"the cleanup's commands end with 0: {codes}", not any(codes))


if __name__ == "__main__":
    main()
