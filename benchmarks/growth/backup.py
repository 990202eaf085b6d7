"""Back the database up and restore it, with the scripts that operators use."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.growth.cluster import Cluster
from benchmarks.growth.results import Result, Results
from benchmarks.server import ROOT

LIMIT = 3600  # seconds for a script
RESTORED = "restored"


def measure(cluster: Cluster, database: str, path: Path, only: str) -> None:
    """Write a dump if "backup" is chosen, drop the database, and restore the dump if
    "restore" is chosen.
    """
    results = Results(path)
    chosen = re.compile(only)
    with TemporaryDirectory(dir=cluster.folder) as folder:
        if chosen.search("backup") or chosen.search("restore"):
            results.add(run(cluster, database, "backup", folder))
        cluster.drop(database)
        if chosen.search("restore"):
            (dump,) = Path(folder).glob("*.dump")
            cluster.drop(RESTORED)
            cluster.copy("template0", RESTORED)
            results.add(run(cluster, RESTORED, "restore", str(dump)))
            cluster.drop(RESTORED)


def run(cluster: Cluster, database: str, script: str, argument: str) -> Result:
    environment = cluster.environment(database)
    programs = f"{cluster.programs}{os.pathsep}{environment['PATH']}"
    begun = time.perf_counter()
    try:
        ran = subprocess.run(
            [f"deploy/{script}", argument],
            cwd=ROOT,
            env=environment | {"PATH": programs},
            check=True,
            text=True,
            capture_output=True,
            timeout=LIMIT,
        )
        # The rest of the line has the path of the dump.
        note = ran.stdout.strip().rpartition(": ")[2] if script == "backup" else ""
    except subprocess.TimeoutExpired:
        note = f"more than {LIMIT:,} s"
    except subprocess.CalledProcessError as error:
        note = f"failed: {error.stderr.strip()[-160:]}"
    return Result(script, [(time.perf_counter() - begun) * 1000], [], note=note)
