"""The PostgreSQL server that development starts."""

import json
import os
import subprocess
import sys

from django.conf import settings

START = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from core.postgresql.embedded import start
print(start(Path(sys.argv[2])))
"""


def test_the_server_stops_with_the_last_living_process_that_uses_it(tmp_path):
    data = tmp_path / "data"
    pids_file, postmaster = data / ".handle_pids.json", data / "postmaster.pid"
    dead_process = subprocess.Popen(["true"])
    dead_process.wait()

    def start_in_another_process():
        command = [sys.executable, "-c", START, settings.BASE_DIR, data]
        subprocess.run(command, check=True)

    start_in_another_process()
    assert not postmaster.exists()

    pids_file.write_text(json.dumps([dead_process.pid, os.getpid()]))
    start_in_another_process()
    assert json.loads(pids_file.read_text()) == [os.getpid()]
    assert postmaster.exists()

    pids_file.write_text(json.dumps([dead_process.pid]))
    start_in_another_process()
    assert json.loads(pids_file.read_text()) == []
    assert not postmaster.exists()
