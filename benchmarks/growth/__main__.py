"""Measure how requests, operations and commands grow, up to 100 million marks.

    make growth                                  # everything; hours, and 50 GB of disk
    make growth OPTIONS="--sizes 1,10"           # 20 minutes and 8 GB
    make growth OPTIONS="--folder FOLDER --fill" # fill the databases for later runs
    make growth OPTIONS="--folder FOLDER --only 'retire|merge'"
    make growth OPTIONS="--folder FOLDER --report --write"  # docs/scale.md, from FOLDER

A database that is complete in FOLDER is used again. What is measured is a copy.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.growth import backup, report
from benchmarks.growth.cluster import TEMPLATE, Cluster
from benchmarks.growth.fill import Filler
from benchmarks.growth.partitions import COMPARED, divide
from benchmarks.growth.schema import update_schema
from benchmarks.growth.statements import MARKS_PER_PERSON
from benchmarks.server import ROOT

MILLION = 1_000_000
GB = 1_000_000_000
BYTES_PER_MARK = 180  # with the people and everything else that they have
COPIES = 1.4  # the copy that is measured, and the marks once more or a dump
LOGS = 6 * GB
RUN_LIMIT = 3 * 3600  # seconds
DATABASE, PARTITIONED = "measured", "partitioned"


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="for the databases; kept")
    parser.add_argument("--sizes", default="1,10,100", help="millions of marks")
    parser.add_argument("--only", default="", metavar="REGEX", help="names of rows")
    parser.add_argument("--partitions", type=int, default=16, help="0: do not compare")
    parser.add_argument("--fill", action="store_true", help="fill, and measure nothing")
    parser.add_argument("--report", action="store_true", help="print what is stored")
    parser.add_argument("--write", action="store_true", help="write docs/scale.md")
    return parser.parse_args()


def main() -> None:
    options = read_options()
    sizes = [float(size) for size in options.sizes.split(",")]
    sizes.sort()
    if options.folder:
        run(options, options.folder.resolve(), sizes)
        return
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder:
        run(options, Path(folder), sizes)


def run(options: argparse.Namespace, folder: Path, sizes: list[float]) -> None:
    if not options.report:
        folder.mkdir(parents=True, exist_ok=True)
        cluster = Cluster(folder)
        print(cluster.read_settings(), flush=True)
        require_disk(cluster, sizes, options.fill)
        fill_all(cluster, sizes)
        if not options.fill:
            (folder / "settings.txt").write_text(cluster.read_settings())
            measure_all(cluster, sizes, options)
    if not options.fill:
        names = [name_of(size) for size in sizes]
        settings = (folder / "settings.txt").read_text()
        divided = report.partitioned(names[-1])
        report.show(folder, names, divided, settings, options.write)


def name_of(size: float) -> str:
    return f"marks_{size:g}".replace(".", "_")


def require_disk(cluster: Cluster, sizes: list[float], only_fill: bool) -> None:
    """Say how much disk it takes, and exit if that is not there."""
    existing = cluster.databases()
    new = sum(size for size in sizes if name_of(size) not in existing)
    largest = 0 if only_fill else max(sizes)
    marks = (new + COPIES * largest) * MILLION
    needed = marks * BYTES_PER_MARK + LOGS
    free = shutil.disk_usage(cluster.folder).free
    print(f"{needed / GB:.0f} GB of disk needed, {free / GB:.0f} GB free", flush=True)
    if needed > free:
        sys.exit("That is not enough. Choose another --folder, or smaller --sizes.")


def fill_all(cluster: Cluster, sizes: list[float]) -> None:
    cluster.create_template()
    for size in sizes:
        name = name_of(size)
        if name not in cluster.databases():
            print(f"{size:g} million marks", flush=True)
            fill(cluster, name, round(size * MILLION / MARKS_PER_PERSON))
        if difference := update_schema(cluster, name):
            print("\n".join(difference))
            sys.exit(f"{name} was filled with another schema. Drop it.")


def fill(cluster: Cluster, name: str, people: int) -> None:
    constants = subprocess.run(
        [sys.executable, "-m", "benchmarks.growth.constants"],
        cwd=ROOT,
        env=cluster.environment(TEMPLATE),
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    ).stdout.split()
    with cluster.filling():
        cluster.copy(TEMPLATE, f"{name}_incomplete")
        Filler(cluster.url(f"{name}_incomplete"), people, *constants).fill()
        cluster.rename(f"{name}_incomplete", name)


def measure_all(
    cluster: Cluster, sizes: list[float], options: argparse.Namespace
) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"],
        cwd=ROOT,
        env=cluster.environment(TEMPLATE),
        check=True,
    )
    for size in sizes:
        name = name_of(size)
        print(f"{size:g} million marks", flush=True)
        cluster.copy(name, DATABASE)
        measure(cluster, DATABASE, name, options.only)
    if options.partitions:
        print(f"{options.partitions} partitions", flush=True)
        cluster.copy(name_of(max(sizes)), PARTITIONED)
        divide(cluster.url(PARTITIONED), options.partitions)
        name = report.partitioned(name_of(max(sizes)))
        measure(cluster, PARTITIONED, name, options.only or COMPARED)


def measure(cluster: Cluster, database: str, name: str, only: str) -> None:
    """Measure the database, and drop it. `name` is the one of its results."""
    results = report.results_path(cluster.folder, name)
    cluster.forget_pages()
    subprocess.run(
        [sys.executable, "-m", "benchmarks.growth.run", results, "--only", only],
        cwd=ROOT,
        env=cluster.environment(database),
        check=True,
        timeout=RUN_LIMIT,
    )
    backup.measure(cluster, database, results, only)


if __name__ == "__main__":
    main()
