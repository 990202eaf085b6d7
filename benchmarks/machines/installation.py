"""Cairn on several machines: each web process has its own share of a core."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

import psutil

from benchmarks.bench.data import Cluster, Database, Size
from benchmarks.bench.servers import (
    CAN_PIN,
    CLIENT_CORE,
    CURRENT,
    MeasurementError,
    Request,
    Server,
    environment,
    pin,
    start_granian,
    stop_servers,
)
from benchmarks.bench.site import Site, fill
from benchmarks.machines import traffic
from benchmarks.machines.cpu_groups import CpuGroup, are_available
from benchmarks.machines.measurement import (
    BALANCER,
    CACHE,
    DATABASE,
    POOLER,
    WEB,
    Sample,
    count_statements,
    send,
)
from benchmarks.server import free_port
from deploy.drills.faults.services import cache_server
from deploy.drills.pgbouncer import PgBouncer, find_pgbouncer
from deploy.drills.proxied_site import CADDYFILE, find_caddy, missing_caddy

MOST_PROCESSES = 4
SHARE = 0.2  # of a core, for each web process
SESSIONS = 252
POOL_SIZE = 16  # connections of each web process, as in production
POOLER_CONNECTIONS = 8  # PgBouncer's to PostgreSQL
DIRECT, POOLED = "direct", "pooled"  # the names of PostgreSQL's connections
WARM_UP = 2  # seconds for each kind of request
MB = 1_000_000


def find_missing() -> str:
    """Return what is missing and where to get it, or ""."""
    if not which("wrk"):
        return "wrk is missing (apt-get install wrk)"
    if not (which("valkey-server") or which("redis-server")):
        return "Valkey or Redis is missing (apt-get install redis-server)"
    if os.geteuid() or not are_available():
        return "needs root and version 1 of Linux's control groups"
    if not CAN_PIN:
        return "needs two cores"
    return missing_caddy()


class Installation:
    """PostgreSQL, PgBouncer, the cache, the balancer, and eight web processes, four of
    which use PgBouncer.
    """

    def __init__(self, folder: Path, rows: int, stack: ExitStack) -> None:
        self.folder, self.port = folder, free_port()
        cluster = Cluster(folder / "postgres")
        self.log = folder / "postgres/log"
        self.url = cluster.create("machines")
        fill(CURRENT, self.url)
        self.database = Database(self.url)
        self.database.grow(Size(rows, "rows"))
        self.site = Site(self.url, SESSIONS)
        self.site.server.stop()
        self.traffic = traffic.of_site(self.site)
        self.database_group, self.balancer_group = CpuGroup("db"), CpuGroup("balancer")
        self.cache_group, self.pooler_group = CpuGroup("cache"), CpuGroup("pooler")
        pid = int((folder / "postgres/postmaster.pid").read_text().split()[0])
        move(pid, self.database_group)
        cache = stack.enter_context(cache_server(folder))
        move(cache.process.pid, self.cache_group)
        bouncer = PgBouncer(find_pgbouncer(folder), folder, self.url)
        pooler = stack.enter_context(bouncer.running(200, POOLER_CONNECTIONS))
        move(pooler.pid, self.pooler_group)
        stack.callback(stop_servers)  # PgBouncer waits until its clients have gone
        shared = {"CACHE_URL": cache.url, "DATABASE_POOL_SIZE": str(POOL_SIZE)}
        self.web = {
            DIRECT: self.start_web(DIRECT, self.url, shared),
            POOLED: self.start_web(
                POOLED, bouncer.url, {**shared, "DATABASE_POOLER": "true"}
            ),
        }

    def start_web(
        self, name: str, url: str, settings: Mapping[str, str]
    ) -> list[tuple[Server, CpuGroup]]:
        url += f"{'&' if urlsplit(url).query else '?'}application_name={name}"
        variables = {**environment(url), "TRUSTED_PROXY_COUNT": "1", **settings}
        started = []
        for number in range(MOST_PROCESSES):
            server = start_granian(
                "config.wsgi:application", variables, site_port=self.port
            )
            server.wait(Request("/healthz"))
            group = CpuGroup(f"{name}-{number}")
            group.add(server.process.pid)
            started.append((server, group))
        return started

    def warm_up(self) -> None:
        """Fill the caches of all web processes, then limit their CPU."""
        for name, web in self.web.items():
            with self.balanced(MOST_PROCESSES, name):
                for kind in self.traffic:
                    with suppress(MeasurementError):  # a cold process may be too slow
                        self.send(kind, WARM_UP, MOST_PROCESSES, name)
            for _, group in web:
                group.limit(SHARE)

    @contextmanager
    def balanced(self, processes: int, name: str = DIRECT) -> Iterator[None]:
        """Run Caddy in front of this number of web processes."""
        ports = [server.port for server, _ in self.web[name][:processes]]
        balancer = Server(
            [find_caddy() or "caddy", "run", "--config", CADDYFILE],
            self.port,
            {
                "CADDY_ADMIN": f"localhost:{free_port()}",
                "DOMAIN": f"http://localhost:{self.port}",
                "OTHER_HOSTS": f"http://:{self.port}",
                "UPSTREAMS": " ".join(f"127.0.0.1:{port}" for port in ports),
                "HOME": str(self.folder),
            },
            core=CLIENT_CORE,
        )
        self.balancer_group.add(balancer.process.pid)
        try:
            balancer.wait(Request("/healthz"))
            yield
        finally:
            balancer.stop()

    def send(
        self, kind: str, seconds: int, processes: int, name: str = DIRECT
    ) -> Sample:
        """Reset the marks, then send requests of this kind to the balancer."""
        self.site.reset_progress()
        return self._send(kind, seconds, processes, name)

    def _send(
        self, kind: str, seconds: int, processes: int, name: str = DIRECT
    ) -> Sample:
        groups = {
            WEB: [group for _, group in self.web[name][:processes]],
            DATABASE: [self.database_group],
            BALANCER: [self.balancer_group],
            CACHE: [self.cache_group],
            POOLER: [self.pooler_group],
        }
        return send(self.port, self.traffic[kind], seconds, processes, groups)

    @contextmanager
    def logged(self) -> Iterator[None]:
        """Let PostgreSQL log every statement."""
        self._configure("log_min_duration_statement", "0")
        try:
            yield
        finally:
            self._configure("log_min_duration_statement", "-1")

    def _configure(self, name: str, value: str) -> None:
        self.database.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.database.execute("SELECT pg_reload_conf()")

    def count_statements(
        self, kind: str, seconds: int, processes: int
    ) -> tuple[int, Sample]:
        """Send requests while PostgreSQL logs statements, and count these."""
        self.site.reset_progress()
        begin = self.log.stat().st_size
        sample = self._send(kind, seconds, processes)
        return count_statements(self.log, begin), sample

    def connections(self, name: str) -> tuple[int, float]:
        """Return the number of connections with this name, and the private memory of
        their server processes in MB.
        """
        pids = self.database.values(
            f"SELECT pid FROM pg_stat_activity WHERE application_name = '{name}'"
        )
        memory = sum(psutil.Process(pid).memory_full_info().uss for pid in pids)
        return len(pids), memory / MB


def move(pid: int, group: CpuGroup) -> None:
    """Move a process, its threads and its children to the client's core."""
    process = psutil.Process(pid)
    for each in (process, *process.children(recursive=True)):
        for thread in each.threads():
            pin(thread.id, CLIENT_CORE)
    group.add(pid)
