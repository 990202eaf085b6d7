"""The faults of a cluster and what is promised for each."""

from deploy.drills.cluster import database_faults, host_faults
from deploy.drills.faults.report import Fault

CLUSTER_FAULTS = {
    "leader-killed": Fault(
        "the leader’s host killed",
        "writes are back within 30 s; visitors’ pages go on, stale if need be",
        database_faults.leader_killed,
    ),
    "leader-cut-off": Fault(
        "the leader cut off by the network, connected again later",
        "no split brain: nothing acknowledged is lost, and it rejoins by itself; writes"
        " are back within 40 s",
        database_faults.leader_cut_off,
    ),
    "switchover": Fault(
        "planned switch-over",
        "every tick is stored with retries, and 503 for less than 5 s",
        database_faults.switch_over,
    ),
    "web-killed": Fault(
        "a web host killed",
        "no failed request after the balancer’s next probe",
        host_faults.web_killed,
    ),
    "pooler-killed": Fault(
        "a pooler’s host killed",
        "no failed request after the balancer’s next probe",
        host_faults.pooler_killed,
    ),
    "cache-killed": Fault(
        "the cache’s host killed",
        "no failed request after the balancer’s next probe",
        host_faults.cache_killed,
    ),
    "etcd-lost": Fault(
        "etcd without a majority, without `failsafe_mode`",
        "visitors’ pages go on; signed-in pages come from a replica, also if a session"
        " is due to be prolonged; writes get 503; it recovers by itself",
        database_faults.etcd_lost,
    ),
    "etcd-lost-failsafe": Fault(
        "etcd without a majority, with `failsafe_mode`",
        "no failed request",
        database_faults.etcd_lost_failsafe,
    ),
    "replica-lags": Fault(
        "both standbys stop replaying, then etcd is lost too",
        "nobody reads what is older than what they wrote",
        database_faults.replica_lags,
    ),
    "rolling-upgrade": Fault(
        "rolling upgrade of the web hosts with a migration",
        "no failed request at all",
        host_faults.rolling_upgrade,
    ),
}
