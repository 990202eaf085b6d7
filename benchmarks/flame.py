"""Where the time of the signed-in page and of the tick goes, by py-spy under load: a
flame graph of each, and the share of each part.

py-spy is installed for the run alone, into a temporary environment.
"""

import subprocess
import sys
import tempfile
import venv
from collections import Counter
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

import psutil

from benchmarks.bench.data import ROWS, Cluster, Database
from benchmarks.bench.load import Request, threads
from benchmarks.bench.servers import stopping
from benchmarks.bench.site import Site, prepare
from benchmarks.server import ROOT

PY_SPY = "py-spy==0.4.1"
SECONDS = 10
RESULTS = ROOT / "benchmarks/results"

PEOPLE = 256  # fewer would tick more often than one person may
A_SECOND = 1000  # requests, more than are answered in one

# By the innermost of these functions that a sample was taken in.
PARTS = {
    "session and person": [
        "load (accounts/sessions.py",
        "get_user (django/contrib/auth",
    ],
    "connection from the pool": ["connect (django/db/backends/base/base.py"],
    "progress: lock, write, read": [
        "read (progress/models.py",
        "lock_user_and_steps (progress",
    ],
    "progress: route and totals": [
        "walk (progress/models.py",
        "total (progress/models",
    ],
    "template": ["render (django/shortcuts.py"],
    "log line and metrics": ["tell (core/observability/request_log.py"],
    "the view": ["roadmap (roadmaps/views.py", "mark (progress/views.py"],
    "Django and middleware": ["__call__ (django/core/handlers/wsgi.py"],
}


def installed(folder: Path) -> Path:
    """The path of a py-spy in a new environment in `folder`."""
    venv.create(folder, with_pip=True)
    pip = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, PY_SPY], check=True)
    return folder / "bin/py-spy"


def record(
    py_spy: Path, site: Site, requests: list[Request], file: Path, *options: str
) -> None:
    """Write into `file` where the worker is that answers `requests`."""
    worker = psutil.Process(site.server.process.pid).children()[0].pid
    command = [py_spy, "record", "--pid", str(worker), "--output", file, *options]
    usual = ["--duration", str(SECONDS), "--rate", "400", "--gil"]
    rest = cycle(requests)
    with subprocess.Popen([*command, *usual], stdout=subprocess.DEVNULL) as recording:
        while recording.poll() is None:
            # Others each second: a tick once more would change nothing.
            threads(site.server.port, list(islice(rest, A_SECOND)), 1)
    if recording.returncode:
        sys.exit("NOT DRAWN: py-spy failed; it may need the rights of root.")


def shares(stacks: str) -> Counter[str]:
    """How many samples each part has, of stacks as py-spy writes them, a line each."""
    samples: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        samples[part_of(stack.split(";"))] += int(count)
    return samples


def part_of(stack: list[str]) -> str:
    for function in reversed(stack):
        for part, beginnings in PARTS.items():
            if any(function.startswith(beginning) for beginning in beginnings):
                return part
    return "the server"


def show(name: str, samples: Counter[str]) -> None:
    print(name)
    for part, count in samples.most_common():
        print(f"{100 * count / samples.total():5.1f} %  {part}")


def main() -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as name, stopping() as servers:
        folder = Path(name)
        py_spy = installed(folder / "py-spy")
        cluster = Cluster(folder / "postgres")
        url = cluster.create("base")
        prepare(url)
        with closing(Database(url)) as database:
            people = database.grow_progress(ROWS)
        site = Site(cluster, "base", people, PEOPLE)
        servers.append(site.serve())
        site.server.wait(site.visit())
        for name, requests, before in (
            ("page", site.signed_in("page"), site.put_back),
            ("tick", site.ticks(), site.finish),
        ):
            before()
            picture, stacks = RESULTS / f"{name}.svg", folder / f"{name}.txt"
            record(py_spy, site, requests, picture)
            record(py_spy, site, requests, stacks, "--format", "raw")
            show(f"{name}, drawn in {picture}", shares(stacks.read_text()))


if __name__ == "__main__":
    main()
