"""The databases of the cluster as Patroni sees them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import urllib3

from benchmarks.server import ROOT
from deploy.drills.cluster import tools

DATABASES = ["db1", "db2", "db3"]
EXAMPLES = ROOT / "deploy/cluster"
CONFIGURATION = EXAMPLES / "patroni.yml"
LOOP_WAIT = 5  # seconds between two looks of Patroni at its settings


class Patroni:
    def __init__(self, password: str) -> None:
        self.password = password  # of all of its own users

    def connect(self, host: str = "", dbname: str = "cairn") -> psycopg.Connection:
        """Connect as the superuser, with autocommit: to the leader, or to `host`."""
        return psycopg.connect(
            host=host or ",".join(DATABASES),
            target_session_attrs="any" if host else "read-write",
            user="postgres",
            password=self.password,
            dbname=dbname,
            connect_timeout=2,
            autocommit=True,
        )

    def members(self) -> list[dict]:
        """What Patroni on the first host that answers says of all members."""
        for name in DATABASES:
            with suppress(urllib3.exceptions.HTTPError):
                url = f"http://{name}:8008/cluster"
                answer = urllib3.request("GET", url, timeout=2, retries=False)
                return answer.json().get("members", [])
        return []

    def leader(self) -> str:
        """The name of the leader's host, or "" while there is none."""
        roles = {member["role"]: member["name"] for member in self.members()}
        return roles.get("leader", "")

    def has_leader(self) -> bool:
        with suppress(psycopg.OperationalError):
            self.connect(dbname="postgres").close()
            return True
        return False

    def is_redundant(self) -> bool:
        """Whether all three are there and one standby is synchronous."""
        members = self.members()
        roles = sorted(member["role"] for member in members)
        states = {member["state"] for member in members}
        return roles == ["leader", "replica", "sync_standby"] and states <= {
            "running",
            "streaming",
        }

    def sync_standby(self) -> str:
        roles = {member["role"]: member["name"] for member in self.members()}
        return roles["sync_standby"]

    def control(self, *arguments: str) -> str:
        """Return what patronictl prints."""
        return subprocess.run(
            [tools.VENV / "patronictl", "-c", CONFIGURATION, *arguments],
            env=os.environ
            | {
                "PATRONI_RESTAPI_USERNAME": "patroni",
                "PATRONI_RESTAPI_PASSWORD": self.password,
            },
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout

    @contextmanager
    def failsafe_mode(self, is_on: bool) -> Iterator[None]:
        """Run the cluster with this value of failsafe_mode."""
        self.configure(failsafe_mode=is_on)
        try:
            yield
        finally:
            self.configure(failsafe_mode=True)

    def configure(self, **settings: object) -> None:
        """Change settings of Patroni, and wait until all members know."""
        values = [f"{name}={str(value).lower()}" for name, value in settings.items()]
        for value in values:
            self.control("edit-config", "--force", "--quiet", "--set", value)
        time.sleep(LOOP_WAIT + 1)
