"""Faults of the cache and the mail server."""

from __future__ import annotations

import time
from argparse import Namespace

from deploy.drills.faults.browser import CHANGES_PER_MINUTE, Browser, tick_often
from deploy.drills.faults.database import WARM, health
from deploy.drills.faults.harness import Harness
from deploy.drills.faults.ledger import Check, no_failures_since
from deploy.drills.faults.services import cache_server, mailbox

NEW = "new@example.com"
POSTPONED_MAILS = """
SELECT count(*) FROM django_tasks_database_dbtaskresult
WHERE run_after BETWEEN now() AND now() + interval '1 hour'
"""
ACCOUNTS = f"""
SELECT count(*), count(*) FILTER (WHERE verified) FROM accounts_user
LEFT JOIN account_emailaddress ON user_id = accounts_user.id
WHERE accounts_user.email = '{NEW}'
"""


def cache_down(harness: Harness, _: Namespace) -> list[Check]:
    with (
        cache_server(harness.folder) as cache,
        harness.serving(CACHE_URL=cache.url) as web,
    ):
        with harness.people(web.port) as learners:
            time.sleep(WARM)
            begun = time.monotonic()
            cache.kill()
            time.sleep(4 * WARM)
            during = health(web.port)
        ticks_stored = harness.ticks_stored(learners)
        [session, *_others] = harness.sessions.values()
        counted = tick_often(
            [web.port], session, harness.steps[0], CHANGES_PER_MINUTE + 5
        )
        away = harness.logged("cache_is_away")
        cache.start()
        time.sleep(6)  # the circuit breaker stays open for 5
        Browser(web.port, session).ask("POST", f"/progress/{harness.steps[0]}/none/")
        back = harness.logged("cache_is_back")
        after = health(web.port)
    return [
        no_failures_since(learners.answers, begun),
        Check(
            f"without it one process let {counted[302]} ticks of a minute through and"
            f" refused {counted[429]}",
            counted == {302: CHANGES_PER_MINUTE, 429: 5},
        ),
        Check(f"{away} warning, and {back} line of its return", away == back == 1),
        Check(
            f"healthz, readyz without and with it: {during} {after}",
            [during, after] == [(200, 503), (200, 200)],
        ),
        ticks_stored,
    ]


def mail_down(harness: Harness, _: Namespace) -> list[Check]:
    with (
        mailbox() as mail,
        harness.working(**mail.environment),
        harness.serving(**mail.environment) as web,
        harness.people(web.port) as learners,
        harness.database.connect() as own,
    ):
        begun = time.monotonic()
        browser = Browser(web.port)
        browser.sign_up(NEW)
        page = browser.ask("GET", "/accounts/confirm-email/")
        statuses, is_clear = browser.statuses, NEW in page
        while own.execute(POSTPONED_MAILS).fetchone() == (0,):
            assert time.monotonic() < begun + 30, "no mail was postponed"
            time.sleep(0.1)
        was_in = browser.is_signed_in()
        before = own.execute(ACCOUNTS).fetchone()
        opened = time.monotonic()
        mail.open()
        code = mail.code_for(NEW)
        came = time.monotonic() - opened
        browser.confirm(code)
        is_in = browser.is_signed_in()
        after = own.execute(ACCOUNTS).fetchone()
        copies = len(mail.mails)
    return [
        Check(
            "sign-up leads to the page that asks for the code",
            statuses[:3] == [200, 302, 200] and is_clear,
        ),
        Check(
            f"the mail was postponed and came {came:.0f} s after the server was back,"
            f" {copies} time",
            copies == 1,
        ),
        Check(
            "its code signs the new user in, and nothing did before",
            (was_in, is_in) == (False, True),
        ),
        Check(
            f"accounts, confirmed accounts: {before} before and {after} after",
            (before, after) == ((1, 0), (1, 1)),
        ),
        no_failures_since(learners.answers, begun),
        harness.ticks_stored(learners),
    ]
