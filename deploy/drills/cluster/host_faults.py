"""Faults of the cluster's other hosts, and the upgrade of its web hosts."""

from __future__ import annotations

import subprocess
import time
from argparse import Namespace
from collections.abc import Callable

from benchmarks.server import ROOT
from deploy.drills.cluster.checks import always, served
from deploy.drills.cluster.cluster import FOLDER, WEBS, Cluster
from deploy.drills.cluster.namespaces import Host
from deploy.drills.cluster.people import people
from deploy.drills.faults.database import WARM
from deploy.drills.faults.ledger import Check, no_failures_since

PROBED = (
    2.0  # seconds until the balancer has noticed: a probe each second, and one more
)
AWAY = 15  # seconds that a host is away
NEW_VERSION = FOLDER / "new-version"
COPIED = (
    "config core accounts roadmaps progress groups editing data_export search"
    " templates static staticfiles fixtures manage.py deploy"
)
MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("progress", "{last}")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE progress_stepprogress ADD COLUMN drill integer DEFAULT 1",
            "ALTER TABLE progress_stepprogress DROP COLUMN drill",
        )
    ]
"""


def web_killed(cluster: Cluster, _: Namespace) -> list[Check]:
    return host_killed(cluster, "web2", cluster.start_web)


def pooler_killed(cluster: Cluster, _: Namespace) -> list[Check]:
    return host_killed(cluster, "pooler1", cluster.start_pooler)


def cache_killed(cluster: Cluster, _: Namespace) -> list[Check]:
    return host_killed(cluster, "cache", cluster.start_cache)


def host_killed(
    cluster: Cluster, name: str, start: Callable[[Host], None]
) -> list[Check]:
    host = cluster.hosts[name]
    with people(cluster) as everybody:
        time.sleep(2 * WARM)
        killed = time.monotonic()
        host.kill()
        time.sleep(AWAY)
        host.start()
        start(host)
        time.sleep(AWAY)
    early = [one for one in everybody.answers if one.begun < killed + PROBED]
    failed = sum(not one.is_success for one in early)
    return [
        no_failures_since(everybody.answers, killed + PROBED),
        Check(f"{failed} that began earlier failed", holds=True),
        *always(cluster, everybody),
    ]


def rolling_upgrade(cluster: Cluster, _: Namespace) -> list[Check]:
    """Migrate while the old version serves, then replace one web host at a time."""
    write_new_version()
    with people(cluster) as everybody:
        time.sleep(WARM)
        cluster.manage("bootstrap", checkout=NEW_VERSION)
        for name in WEBS:
            host = cluster.hosts[name]
            host.stop("web", graceful=True)
            cluster.start_web(host, NEW_VERSION)
            cluster.wait_until_ready(name)
            time.sleep(WARM)
        time.sleep(WARM)
    with cluster.patroni.connect() as leader:
        [(rows,)] = leader.execute("SELECT count(drill) FROM progress_stepprogress")
    checks = [
        served("requests", everybody.answers),
        Check(f"{rows} rows have the new column", rows > 0),
        *always(cluster, everybody),
    ]
    cluster.manage("migrate", "progress", last_migration(), checkout=NEW_VERSION)
    return checks


def last_migration() -> str:
    files = sorted((ROOT / "progress/migrations").glob("0*.py"))
    return files[-1].stem


def write_new_version() -> None:
    """Copy the checkout and add a migration."""
    NEW_VERSION.mkdir(exist_ok=True)
    files = [ROOT / name for name in COPIED.split()]
    subprocess.run(["cp", "--recursive", *files, NEW_VERSION], check=True)
    migration = NEW_VERSION / "progress/migrations/9999_drill.py"
    migration.write_text(MIGRATION.format(last=last_migration()))
