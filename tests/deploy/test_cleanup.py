"""deploy/cleanup"""

import os
import subprocess

import pytest
from django.conf import settings

CLEANUP = "python manage.py cleanup"
COUNT = "python manage.py count_learners"
SUMMARIZE = "python manage.py summarize_groups"


@pytest.mark.parametrize(
    ("exit_code", "expected"),
    [(0, [CLEANUP, COUNT, SUMMARIZE, "sleep 3600"]), (1, [CLEANUP, "sleep 60"])],
)
def test_it_runs_every_hour_and_a_minute_after_a_failure(tmp_path, exit_code, expected):
    commands = {
        "python": f'echo "python $*" >>calls\nexit {exit_code}',
        "sleep": 'echo "sleep $*" >>calls\nkill -TERM $PPID',
    }
    for name, script in commands.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    subprocess.run(
        [settings.BASE_DIR / "deploy/cleanup"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
        timeout=30,
    )
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == expected
