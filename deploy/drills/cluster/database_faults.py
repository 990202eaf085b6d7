"""Faults of the cluster's databases and of etcd."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.drills.cluster.checks import (
    all_unavailable,
    always,
    served,
    unavailable_for,
    writes_back,
)
from deploy.drills.cluster.cluster import Cluster
from deploy.drills.cluster.patroni import DATABASES
from deploy.drills.cluster.people import People, people
from deploy.drills.faults.database import WARM
from deploy.drills.faults.ledger import Check, no_failures_since

BACK = 30.0  # seconds within which a lost leader has to be replaced
BACK_AFTER_CUT = 40.0  # the same for a leader that is cut off
AWAY = 45  # seconds that a host or etcd is away
DEMOTED = 20  # seconds after which a leader without etcd accepts no writes


def leader_killed(cluster: Cluster, _: Namespace) -> list[Check]:
    with people(cluster) as everybody:
        time.sleep(WARM)
        host = cluster.hosts[cluster.patroni.leader()]
        killed = time.monotonic()
        host.kill()
        time.sleep(AWAY)
        host.start()
        cluster.start_database(host)
        rejoined = time.monotonic()
        cluster.wait_until_redundant()
        time.sleep(WARM)
    return [
        writes_back(BACK, everybody.answers, killed),
        no_failures_since(everybody.answers, rejoined),
        *always(cluster, everybody),
    ]


def leader_cut_off(cluster: Cluster, _: Namespace) -> list[Check]:
    with people(cluster) as everybody:
        time.sleep(WARM)
        old = cluster.patroni.leader()
        cut = time.monotonic()
        cluster.hosts[old].cut_off()
        time.sleep(AWAY)
        new = cluster.patroni.leader()
        cluster.hosts[old].connect()
        connected = time.monotonic()
        cluster.wait_until_redundant()
        rejoined = time.monotonic() - connected
        time.sleep(WARM)
        now = cluster.patroni.leader()
    # TCP waits longer and longer before it sends lost packets again. Until it does, a
    # member may hear of changes in etcd late, and the next drill needs it in time.
    time.sleep(AWAY)
    return [
        writes_back(BACK_AFTER_CUT, everybody.answers, cut),
        Check(
            f"{new} took over from {old}, which was a standby {rejoined:.0f} s after it"
            " was back",
            new == now and old != new,
        ),
        no_failures_since(everybody.answers, connected),
        *always(cluster, everybody),
    ]


def switch_over(cluster: Cluster, _: Namespace) -> list[Check]:
    with people(cluster) as everybody:
        time.sleep(WARM)
        begun = time.monotonic()
        old, new = cluster.patroni.leader(), cluster.patroni.sync_standby()
        cluster.patroni.control(
            *("switchover", "--leader", old, "--candidate", new, "--force")
        )
        time.sleep(3 * WARM)
        cluster.wait_until_redundant()
        over = time.monotonic()
        time.sleep(WARM)
    return [
        unavailable_for(5.0, everybody.answers),
        writes_back(10.0, everybody.answers, begun),
        Check(f"{new} took over from {old}", cluster.patroni.leader() == new),
        no_failures_since(everybody.answers, over),
        *always(cluster, everybody),
    ]


def etcd_lost(cluster: Cluster, _: Namespace) -> list[Check]:
    """Without failsafe_mode, the worst case, the leader becomes a standby too."""
    with cluster.patroni.failsafe_mode(False), people(cluster) as everybody:
        time.sleep(WARM)
        everybody.prepare_readers()
        lost = time.monotonic()
        with etcd_without_majority(cluster):
            time.sleep(DEMOTED)
            demoted = time.monotonic()
            for reader in everybody.readers:
                reader.start()
            time.sleep(AWAY - DEMOTED)
            inside = everybody.between(demoted, time.monotonic())
            reads = [*everybody.reads]
        back = time.monotonic()
        cluster.wait_until_redundant()
        time.sleep(BACK)
    views = set(everybody.views)
    ticks = [one for one in inside if one not in views]
    pages = [one for one in inside if one in views]
    return [
        all_unavailable("ticks", ticks),
        served("signed-in pages", pages),
        served("pages of people whose sessions were due to be prolonged", reads),
        recovered(everybody, back),
        writes_back(AWAY + BACK, everybody.answers, lost),
        *always(cluster, everybody),
    ]


def recovered(everybody: People, back: float) -> Check:
    failures = [one.ended for one in everybody.answers if not one.is_success]
    seconds = max([back, *failures]) - back
    return Check(f"last failure {seconds:.1f} s after etcd was back", seconds <= BACK)


def etcd_lost_failsafe(cluster: Cluster, _: Namespace) -> list[Check]:
    """With failsafe_mode, the leader goes on while it reaches all other members."""
    with people(cluster) as everybody:
        time.sleep(WARM)
        lost = time.monotonic()
        with etcd_without_majority(cluster):
            time.sleep(AWAY)
        cluster.wait_until_redundant()
        time.sleep(2 * WARM)
    return [
        no_failures_since(everybody.answers, lost),
        *always(cluster, everybody),
    ]


@contextmanager
def etcd_without_majority(cluster: Cluster) -> Iterator[None]:
    hosts = [cluster.hosts[name] for name in DATABASES[:2]]
    for host in hosts:
        host.stop("etcd")
    try:
        yield
    finally:
        for host in hosts:
            cluster.start_etcd(host)


def replica_lags(cluster: Cluster, _: Namespace) -> list[Check]:
    """Both standbys replay nothing for a while, and then nobody may write."""
    with cluster.patroni.failsafe_mode(False), people(cluster) as everybody:
        with replay_paused(cluster):
            paused = time.monotonic()
            time.sleep(5 * WARM)
            before = everybody.between(paused, time.monotonic())
            with etcd_without_majority(cluster):
                time.sleep(AWAY)
        cluster.wait_until_redundant()
        time.sleep(2 * WARM)
    return [
        served("answers while the leader was there", before),
        *always(cluster, everybody),
    ]


@contextmanager
def replay_paused(cluster: Cluster) -> Iterator[None]:
    standbys = [name for name in DATABASES if name != cluster.patroni.leader()]
    for name in standbys:
        with cluster.patroni.connect(name) as standby:
            standby.execute("SELECT pg_wal_replay_pause()")
    try:
        yield
    finally:
        for name in standbys:
            with cluster.patroni.connect(name) as standby:
                if standby.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                    standby.execute("SELECT pg_wal_replay_resume()")
