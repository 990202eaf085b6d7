"""Run Cairn on a cluster of hosts on this machine, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from subprocess import CalledProcessError

from deploy.drills.cluster import namespaces, tools
from deploy.drills.cluster.cluster import FOLDER, HOSTS, Cluster
from deploy.drills.cluster.patroni import CONFIGURATION

EMAIL = "admin@example.org"


def main() -> None:
    if missing := tools.missing_tools():
        sys.exit(missing)
    if not namespaces.is_inside():
        tools.get_pgbouncer()
        namespaces.enter()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    listener = namespaces.listener()
    port = listener.getsockname()[1]
    cluster = Cluster(port)
    try:
        print(
            f"Starting {len(HOSTS)} hosts; their logs are in {FOLDER}/*/*.log",
            flush=True,
        )
        namespaces.write_script(FOLDER)
        cluster.start()
        namespaces.forward(listener, (cluster.hosts["balancer"].address, port))
        print_where_to_look(cluster)
        while True:
            time.sleep(1)
            report_stopped(cluster)
    except (namespaces.HostFailedError, CalledProcessError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        cluster.stop()
        print("\nStopped. All hosts and their files are gone.")


def print_where_to_look(cluster: Cluster) -> None:
    administrator = cluster.manage("make_administrator", EMAIL)
    script = FOLDER / "run"
    print(
        f"""
{cluster.site_url} leads to the balancer. Its certificate: {cluster.certificate}
{administrator.strip()}

{cluster.patroni.control("list")}
As root, in another terminal:
  this list        {script} db1 {tools.VENV}/patronictl -c {CONFIGURATION} list
  a shell          {script} web1 bash
  kill a host      {script} db1 kill -9 -1
Ctrl-C stops all hosts and deletes their files.""",
        flush=True,
    )


def report_stopped(cluster: Cluster) -> None:
    for host in cluster.hosts.values():
        for name in host.forget_stopped():
            print(
                f"{name} on {host.name} has stopped. Its log: {host.folder}/{name}.log"
            )


if __name__ == "__main__":
    main()
