"""The PostgreSQL that development starts by itself."""

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
    users, postmaster = data / ".handle_pids.json", data / "postmaster.pid"
    killed = subprocess.Popen(["true"])
    killed.wait()

    def start_in_another_process():
        command = [sys.executable, "-c", START, settings.BASE_DIR, data]
        subprocess.run(command, check=True)

    start_in_another_process()
    assert not postmaster.exists()

    users.write_text(json.dumps([killed.pid, os.getpid()]))
    start_in_another_process()
    assert json.loads(users.read_text()) == [os.getpid()]
    assert postmaster.exists()

    users.write_text(json.dumps([killed.pid]))
    start_in_another_process()
    assert json.loads(users.read_text()) == []
    assert not postmaster.exists()
