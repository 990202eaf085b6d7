"""What may befall Cairn's own processes, and their clock."""

from __future__ import annotations

import re
import tempfile
import time
from argparse import Namespace
from email.utils import parsedate_to_datetime
from pathlib import Path

import urllib3

from benchmarks import rolling
from benchmarks.faults.beside import cache_server, mailbox
from benchmarks.faults.book import Check, back_within, honest, settled
from benchmarks.faults.browser import MOST_CHANGES, Browser, heavy_hand
from benchmarks.faults.database import WARM
from benchmarks.faults.stand import Stand, Web

LIBRARIES = [
    *Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"),
    *Path("/usr/lib").glob("faketime/libfaketimeMT.so.1"),
]
SHORT = """
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore()
session.update(SessionStore("{key}").load())
session.set_expiry(1800)
session.save()
print(session.session_key)
"""
NO_ANSWER = re.compile(r"[A-Za-z]")  # a status has no letters


def web_killed(stand: Stand, _: Namespace) -> list[Check]:
    with stand.serving() as web, stand.people(web.port) as crowd:
        time.sleep(WARM)
        web.kill()
        time.sleep(WARM)
        back = web.start()
        time.sleep(5 + WARM)
    answered = [one for one in crowd.answers if not NO_ANSWER.search(one.answer)]
    unanswered = len(crowd.answers) - len(answered)
    odd = sum(not one.is_well for one in answered)
    return [
        stand.kept(crowd),
        back_within(5, crowd.answers, back),
        Check(f"{unanswered} got no answer, and {odd} one that failed", not odd),
        settled(crowd.answers, back + 1),
    ]


def rolling_restart(_: Stand, __: Namespace) -> list[Check]:
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as name, cache_server(Path(name)) as cache:
        stack = rolling.Stack(Path(name), CACHE_URL=cache.url)
        try:
            found = rolling.measure(stack)
            shared = both_share(stack, found.sessions[0])
        finally:
            stack.stop()
    return [
        Check(found.said, not found.failures),
        shared,
    ]


def both_share(stack: rolling.Stack, session: str) -> Check:
    """Whether both processes know the session, count the same limit and name the same
    files.
    """
    [step] = stack.ask(rolling.STEP)
    counted = heavy_hand(stack.ports, session, int(step), MOST_CHANGES + 2)
    files, others = (
        set(re.findall(r"/static/[^\"]+", Browser(port, session).ask("GET", "/")))
        for port in stack.ports
    )
    said = f"one session at both: {counted[302]} ticks of a minute let through,"
    said += f" {counted[429]} refused; both name the same {len(files)} files"
    is_shared = counted == {302: MOST_CHANGES, 429: 2} and files == others
    return Check(said, is_shared)


def clock_jumps(stand: Stand, _: Namespace) -> list[Check]:
    if not LIBRARIES:
        raise OSError("libfaketime is not there (apt-get install faketime)")
    clock = stand.folder / "clock"
    clock.write_text("+0")
    faked = {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }
    [owner, *_others] = stand.sessions.values()
    [short] = stand.ask(SHORT.format(key=owner))
    with (
        mailbox() as mail,
        stand.working(**mail.environment),
        stand.serving(**faked, **mail.environment) as web,
        stand.people(web.port) as crowd,
    ):
        mail.open()
        before = offset(web)
        joining, late, prompt = (Browser(web.port) for _number in range(3))
        joining.sign_up("joining@example.com")
        late.ask_for_code("0@example.org")
        prompt.ask_for_code("1@example.org")
        prompt.enter_code(mail.code_for("1@example.org"))
        codes = mail.code_for("joining@example.com"), mail.code_for("0@example.org")
        was_in = prompt.is_signed_in(), Browser(web.port, short).is_signed_in()
        clock.write_text("+3600")
        time.sleep(WARM)
        ahead = offset(web) - before
        joining.confirm(codes[0])
        late.enter_code(codes[1])
        now_in = joining.is_signed_in(), late.is_signed_in()
        short_in = Browser(web.port, short).is_signed_in()
        clock.write_text("+0")
        time.sleep(WARM)
        behind = offset(web) - before
    statuses = {*joining.statuses, *late.statuses, *prompt.statuses}
    return [
        Check(
            f"the web process's clock went {ahead:.0f} s ahead, and back",
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
        settled(crowd.answers, 0),
        honest(crowd.answers),
        stand.kept(crowd),
    ]


def offset(web: Web) -> float:
    """Seconds that the clock of the web process is ahead."""
    answer = urllib3.request("GET", f"http://localhost:{web.port}/readyz")
    return parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()
