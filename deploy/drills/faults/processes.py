"""Faults of Cairn's own processes and of their clock."""

from __future__ import annotations

import re
import tempfile
import time
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from deploy.drills import rolling
from deploy.drills.faults.browser import CHANGES_PER_MINUTE, Browser, tick_often
from deploy.drills.faults.database import WARM
from deploy.drills.faults.harness import Harness
from deploy.drills.faults.ledger import (
    CannotRunError,
    Check,
    no_failures_since,
    only_served_or_503,
    recovers_within,
)
from deploy.drills.faults.services import cache_server, mailbox
from deploy.drills.proxied_site import ProxiedSite, missing_proxy

LIBRARIES = [
    *Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"),
    *Path("/usr/lib").glob("faketime/libfaketimeMT.so.1"),
]
PROMPT, SLOW = "prompt@example.org", "slow@example.org"
SHORT = """
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore()
session.update(SessionStore("{key}").load())
session.set_expiry(1800)
session.save()
print(session.session_key)
"""
NO_ANSWER = re.compile(r"[A-Za-z]")  # a status has no letters


def web_killed(harness: Harness, _: Namespace) -> list[Check]:
    with harness.serving() as web, harness.people(web.port) as learners:
        time.sleep(WARM)
        web.kill()
        time.sleep(WARM)
        back = web.start()
        time.sleep(5 + WARM)
    answered = [one for one in learners.answers if not NO_ANSWER.search(one.answer)]
    unanswered = len(learners.answers) - len(answered)
    odd = sum(not one.is_success for one in answered)
    return [
        harness.ticks_stored(learners),
        recovers_within(5, learners.answers, back),
        Check(f"{unanswered} got no answer, and {odd} one that failed", not odd),
        no_failures_since(learners.answers, back + 1),
    ]


def rolling_restart(_: Harness, __: Namespace) -> list[Check]:
    if missing := missing_proxy():
        raise CannotRunError(missing)
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as name, cache_server(Path(name)) as cache:
        site = ProxiedSite(Path(name), CACHE_URL=cache.url)
        try:
            with site.behind("caddy"):
                found = rolling.measure(site)
            shared = both_share(site, found.sessions[0])
        finally:
            site.stop()
    return [
        Check(found.text, not found.failures),
        shared,
    ]


def both_share(site: ProxiedSite, session: str) -> Check:
    """Check that both processes share sessions, rate limits and static files."""
    [step] = site.shell(rolling.STEP)
    host = {"Host": f"localhost:{site.port}"}
    counted = tick_often(site.ports, session, int(step), CHANGES_PER_MINUTE + 2, **host)
    pages = [Browser(port, session).send("GET", "/", **host) for port in site.ports]
    files, others = (set(re.findall(rb"/static/[^\"]+", page.data)) for page in pages)
    text = f"one session at both: {counted[302]} ticks of a minute let through,"
    text += f" {counted[429]} refused; both name the same {len(files)} files"
    is_shared = counted == {302: CHANGES_PER_MINUTE, 429: 2} and files == others
    return Check(text, is_shared)


def clock_jumps(harness: Harness, _: Namespace) -> list[Check]:
    if not LIBRARIES:
        raise CannotRunError("libfaketime is missing (apt-get install faketime)")
    clock = harness.folder / "clock"
    clock.write_text("+0")
    faked = {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }
    [owner, *_others] = harness.sessions.values()
    [short] = harness.shell(SHORT.format(key=owner))
    with (
        mailbox() as mail,
        harness.working(**mail.environment),
        harness.serving(**faked, **mail.environment) as web,
        harness.people(web.port) as learners,
    ):
        mail.open()
        prompt, slow, late = (Browser(web.port) for _number in range(3))
        prompt.sign_up(PROMPT)
        first = mail.code_for(PROMPT)
        prompt.confirm(first)
        slow.sign_up(SLOW)
        late.ask_for_code(PROMPT)
        codes = mail.code_for(SLOW), mail.code_for(PROMPT, but=first)
        was_in = prompt.is_signed_in(), Browser(web.port, short).is_signed_in()
        jumped = time.monotonic()
        clock.write_text("+3600")
        time.sleep(WARM)
        ahead = offset(harness)
        slow.confirm(codes[0])
        late.enter_code(codes[1])
        now_in = slow.is_signed_in(), late.is_signed_in()
        short_in = Browser(web.port, short).is_signed_in()
        clock.write_text("+0")
        time.sleep(WARM)
        behind = offset(harness)
    statuses = {*slow.statuses, *late.statuses, *prompt.statuses}
    return [
        Check(
            f"the web process's clock went {ahead:.0f} s ahead, then {behind:.0f}",
            abs(ahead - 3600) < 30 and abs(behind) < 30,
        ),
        Check(
            f"codes of ten minutes: {was_in[0]:d} of 1 accepted before it, and"
            f" {sum(now_in)} of 2 after",
            was_in[0] and not any(now_in),
        ),
        Check(
            "a session with 30 minutes left: "
            + " and ".join("in" if one else "out" for one in (was_in[1], short_in)),
            was_in[1] and not short_in,
        ),
        Check(f"statuses: {sorted(statuses)}", max(statuses) < 500),
        no_failures_since(learners.answers, jumped),
        only_served_or_503(learners.answers),
        harness.ticks_stored(learners),
    ]


def offset(harness: Harness) -> float:
    """Seconds that the web process's clock is ahead, from its last line of the log."""
    stamps = re.findall(r'"timestamp": "([^"]+)"', harness.log_of_web())
    return datetime.fromisoformat(stamps[-1]).timestamp() - time.time()
