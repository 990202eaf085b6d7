import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.production import free_port, get_database_url


@pytest.fixture
def database_url(transactional_db):
    """The URL of the test database."""
    return get_database_url(connection.settings_dict)


@pytest.fixture
def start_server():
    """A context manager that runs deploy/start on a database.

    It yields the process and the port on which it listens.
    """

    @contextmanager
    def start_server(database_url, **environment):
        port = free_port()
        process = subprocess.Popen(
            [settings.BASE_DIR / "deploy/start"],
            cwd=settings.BASE_DIR,
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "DEBUG": "true",
                "DATABASE_URL": database_url,
                "GRANIAN_PORT": str(port),
                "DRAIN_SECONDS": "0",
                **environment,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(300):
                try:
                    socket.create_connection(("localhost", port)).close()
                    break
                except OSError:
                    assert process.poll() is None
                    time.sleep(0.1)
            yield process, port
        finally:
            process.terminate()
            process.wait()

    return start_server
