"""The PostgreSQL that development starts by itself."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from pathlib import Path;"
    "from core.postgresql.embedded import start;"
    "print(start(Path(sys.argv[2])))"
)


@pytest.fixture
def run(tmp_path):
    def run():
        command = [sys.executable, "-c", START, settings.BASE_DIR, tmp_path / "data"]
        return subprocess.run(command, capture_output=True, text=True, check=True)

    return run


def test_it_stops_with_the_last_process_even_after_one_was_killed(run, tmp_path):
    assert run().stdout.startswith("postgresql://")
    pids = tmp_path / "data" / ".handle_pids.json"
    gone = subprocess.Popen(["true"])
    gone.wait()
    pids.write_text(json.dumps([gone.pid]))
    run()
    assert json.loads(pids.read_text()) == []
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_it_joins_a_server_that_other_processes_use(run, tmp_path):
    run()
    pids = tmp_path / "data" / ".handle_pids.json"
    pids.write_text(json.dumps([os.getpid()]))
    try:
        run()
        assert json.loads(pids.read_text()) == [os.getpid()]
        assert (tmp_path / "data" / "postmaster.pid").exists()
    finally:
        pids.write_text("[]")
        run()
