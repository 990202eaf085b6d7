"""Checks of what people of a cluster were answered, and of what its databases hold."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from deploy.drills.cluster.cluster import Cluster
from deploy.drills.cluster.patroni import DATABASES
from deploy.drills.cluster.people import People
from deploy.drills.faults.ledger import (
    FOUND,
    UNAVAILABLE,
    Answer,
    Check,
    only_served_or_503,
    ticks_stored,
)

REPLAY = 15  # seconds that a standby may take to replay the last ticks
PROGRESS = "SELECT user_id, step_id, state FROM progress_stepprogress"
DIGEST = f"SELECT md5(string_agg(p::text, ' ' ORDER BY p::text)) FROM ({PROGRESS}) p"


def always(cluster: Cluster, people: People) -> list[Check]:
    """The checks of every drill: of ticks, of visitors' pages and of what is shown."""
    return [
        stored_once(cluster, people),
        members_agree(cluster),
        served("visitors’ pages", people.visits),
        nothing_outdated(people),
        only_served_or_503(people.answers),
    ]


def stored_once(cluster: Cluster, people: People) -> Check:
    with cluster.patroni.connect() as leader:
        for kind in ("indexscan", "indexonlyscan", "bitmapscan"):  # could hide doubles
            leader.execute(f"SET enable_{kind} = off")
        return ticks_stored(people.ledger, leader.execute(PROGRESS).fetchall())


def members_agree(cluster: Cluster) -> Check:
    """Check that the three databases hold the same progress, in one timeline."""
    deadline = time.monotonic() + REPLAY
    while len(digests := read_digests(cluster)) > 1 and time.monotonic() < deadline:
        time.sleep(0.5)
    timelines = {member.get("timeline") for member in cluster.patroni.members()}
    leaders = sum(member["role"] == "leader" for member in cluster.patroni.members())
    text = f"{len(DATABASES)} databases, {leaders} leader, {len(digests)} state"
    return Check(text, leaders == len(digests) == len(timelines) == 1)


def read_digests(cluster: Cluster) -> set[str]:
    digests = set()
    for name in DATABASES:
        with cluster.patroni.connect(name) as member:
            digests |= {row[0] for row in member.execute(DIGEST)}
    return digests


def served(what: str, answers: Sequence[Answer]) -> Check:
    failed = Counter(one.answer for one in answers if not one.is_success)
    text = f"{failed.total()} of {len(answers)} {what} failed"
    if failed:
        text += f" ({', '.join(f'{n} times {answer}' for answer, n in failed.items())})"
    return Check(text, bool(answers) and not failed)


def nothing_outdated(people: People) -> Check:
    compared = sum(person.compared for person in people.learners)
    outdated = sum(person.outdated for person in people.learners)
    text = f"{outdated} of {compared} pages older than the reader’s own ticks"
    return Check(text, compared > 0 and not outdated)


def writes_back(limit: float, answers: Iterable[Answer], since: float) -> Check:
    """Check how long no tick was acknowledged, at the longest, after `since`."""
    ends = [one.ended for one in answers if one.answer == FOUND and one.ended > since]
    longest = max((b - a for a, b in pairwise([since, *sorted(ends)])), default=1e9)
    text = f"no tick acknowledged for {longest:.1f} s"
    return Check(text, bool(ends) and longest <= limit)


def unavailable_for(limit: float, answers: Iterable[Answer]) -> Check:
    """Check how much time passed from the first 503 to the last."""
    away = [one for one in answers if one.answer == UNAVAILABLE]
    first = min((one.begun for one in away), default=0.0)
    seconds = max((one.begun for one in away), default=0.0) - first
    return Check(
        f"{len(away)} answers with 503, within {seconds:.1f} s", seconds < limit
    )


def all_unavailable(what: str, answers: Sequence[Answer]) -> Check:
    others = sum(one.answer != UNAVAILABLE for one in answers)
    text = f"{len(answers) - others} of {len(answers)} {what} answered with 503"
    return Check(text, bool(answers) and not others)
