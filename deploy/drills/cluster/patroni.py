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

    def views(self) -> list[list[dict]]:
        """What each Patroni that answers says of all members."""
        views = []
        for name in DATABASES:
            url = f"http://{name}:8008/cluster"
            with suppress(urllib3.exceptions.HTTPError):
                answer = urllib3.request("GET", url, timeout=2, retries=False)
                views.append(answer.json().get("members", []))
        return views

    def members(self) -> list[dict]:
        """All members as the newest view has them.

        A leader that was cut off takes itself for the leader until it hears of its
        successor, which has begun a new timeline.
        """

        def timeline(view: list[dict]) -> int:
            return max((member.get("timeline") or 0 for member in view), default=0)

        return max(self.views(), key=timeline, default=[])

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
        """Whether all three say that all are there and one standby is synchronous."""
        views = self.views()
        return len(views) == len(DATABASES) and all(map(is_complete, views))

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


def is_complete(view: list[dict]) -> bool:
    roles = sorted(member["role"] for member in view)
    states = {member["state"] for member in view}
    timelines = {member.get("timeline") for member in view}
    return (
        roles == ["leader", "replica", "sync_standby"]
        and states <= {"running", "streaming"}
        and len(timelines) == 1
    )
