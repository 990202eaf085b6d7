"""Flame graphs of the signed-in page and of the tick, drawn by py-spy under load.

py-spy is installed for the run alone, into a temporary environment.
"""

import subprocess
import sys
import tempfile
import venv
from contextlib import closing
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


def installed(folder: Path) -> Path:
    """The path of a py-spy in a new environment in `folder`."""
    venv.create(folder, with_pip=True)
    pip = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, PY_SPY], check=True)
    return folder / "bin/py-spy"


def draw(py_spy: Path, site: Site, name: str, requests: list[Request]) -> Path:
    """Record the worker that answers `requests`, and return where the picture is."""
    worker = psutil.Process(site.server.process.pid).children()[0].pid
    picture = RESULTS / f"{name}.svg"
    record = [py_spy, "record", "--pid", str(worker), "--output", picture]
    options = ["--duration", str(SECONDS), "--nonblocking"]
    with subprocess.Popen([*record, *options], stdout=subprocess.DEVNULL) as recording:
        while recording.poll() is None:
            threads(site.server.port, requests, 1)
    if recording.returncode:
        sys.exit("NOT DRAWN: py-spy failed; it may need the rights of root.")
    return picture


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
        site = Site(cluster, "base", people, 64)
        servers.append(site.serve())
        site.server.wait(site.visit())
        print(draw(py_spy, site, "page", site.signed_in("page")))
        site.finish()
        print(draw(py_spy, site, "tick", site.ticks()))


if __name__ == "__main__":
    main()
