"""Attack Cairn behind Caddy and behind nginx, and check that it holds."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.server import ROOT
from deploy.drills.attacks import accounts, connections, requests
from deploy.drills.attacks.target import Target
from deploy.drills.faults.ledger import Check
from deploy.drills.faults.report import Row, table, write
from deploy.drills.faults.services import mailbox
from deploy.drills.proxied_site import missing_proxy

PROXIES = {"caddy": "Caddy", "nginx": "nginx"}


class Attack(NamedTuple):
    title: str
    expected: str
    run: Callable[[Target], list[Check]]


ATTACKS = [
    Attack(
        "slow bodies, headers, readers and idle connections, more than threads",
        "others' pages and /healthz within 2 s",
        connections.slow_clients_hold_no_thread,
    ),
    Attack(
        "large uploads to an unknown address, half of them broken off",
        "nobody else's request fails",
        connections.broken_uploads_fail_nobody_else,
    ),
    Attack(
        "one of two web processes killed",
        "nobody's request fails",
        connections.a_dead_web_process_fails_nobody,
    ),
    Attack(
        "forged headers, also with underscores",
        "only the proxy's own reach Cairn",
        connections.forged_headers_are_not_passed_on,
    ),
    Attack(
        "wrong passwords with forged addresses",
        "limited by the real address, which the list of devices shows",
        connections.forged_addresses_do_not_count,
    ),
    Attack(
        "a note of 19 kB that is a table of 255 columns",
        "seconds and memory as for any note",
        requests.a_huge_table_in_a_note_is_cheap,
    ),
    Attack(
        "a my-data file of 640,000 empty entries",
        "refused; memory at most ten times the file",
        requests.an_upload_of_empty_entries_is_cheap,
    ),
    Attack(
        "eight equal sign-ups at once",
        "the same answer eight times, one account",
        requests.eight_equal_sign_ups_make_one_account,
    ),
    Attack(
        "unknown charsets, a form without a boundary",
        "no 500, and every answer has the headers",
        requests.unknown_charsets_get_400,
    ),
    Attack(
        "addresses that cannot be parsed",
        "ignored",
        requests.unparsable_addresses_are_ignored,
    ),
    Attack(
        "30 ticks by strangers",
        "store nothing",
        requests.strangers_ticks_store_no_session,
    ),
    Attack(
        "the admin's own password page",
        "leads to the account's page",
        requests.the_admin_has_no_password_page,
    ),
    Attack(
        "malformed requests of staff",
        "4xx",
        requests.malformed_requests_of_staff_get_4xx,
    ),
    Attack(
        "other hosts and ports", "refused", requests.other_hosts_and_ports_are_refused
    ),
    Attack(
        "20 wrong codes from a mail at once, then the right one",
        "refused",
        accounts.the_right_code_comes_too_late_after_twenty_wrong_ones,
    ),
    Attack(
        "wrong passwords for somebody's account",
        "the owner still gets in",
        accounts.wrong_passwords_do_not_lock_the_owner_out,
    ),
    Attack(
        "PostgreSQL killed and restarted",
        "pages come back, and the worker goes on",
        accounts.a_restart_of_postgresql_ends_no_process,
    ),
    Attack(
        "requests that were silent all the time",
        "ended by the proxy",
        connections.silent_requests_are_ended,
    ),
]


def parse_options() -> Namespace:
    parser = ArgumentParser(prog="make attacks", description=__doc__)
    names = [attack.run.__name__ for attack in ATTACKS]
    add = parser.add_argument
    add("--only", action="append", choices=names, metavar="NAME", help=str(names))
    add("--proxy", choices=PROXIES, help="instead of both")
    add("--write", action="store_true", help="renew the table in docs/reliability.md")
    return parser.parse_args()


def attempt(attack: Attack, target: Target) -> list[Check]:
    begun = time.monotonic()
    try:
        checks = attack.run(target)
    except Exception as error:
        traceback.print_exc()
        checks = [Check(f"{type(error).__name__}: {error}", holds=False)]
    print(f"{attack.run.__name__}, {time.monotonic() - begun:.0f} s")
    for check in checks:
        print(f"  {'holds' if check.holds else 'MISSED'}: {check.text}", flush=True)
    name = PROXIES[target.proxy]
    return [Check(f"{name}: {checks[0].text}", checks[0].holds), *checks[1:]]


def main() -> None:
    options = parse_options()
    if missing := missing_proxy():
        sys.exit(f"NOT RUN: {missing}")
    attacks = [
        attack
        for attack in ATTACKS
        if not options.only or attack.run.__name__ in options.only
    ]
    found: dict[Attack, list[Check]] = {attack: [] for attack in attacks}
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder, mailbox() as mail:
        mail.open()
        target = Target(Path(folder), mail)
        try:
            for target.proxy in [options.proxy] if options.proxy else PROXIES:
                with target.behind(target.proxy):
                    target.renew_people()
                    for attack in attacks:
                        found[attack] += attempt(attack, target)
        finally:
            target.stop()
    rows = [Row("", attack.title, attack.expected, found[attack]) for attack in attacks]
    text = table(rows, "attack")
    print(text)
    if options.write:
        write(ROOT / "docs/reliability.md", text, "attacks")
    sys.exit(any(row.is_missed for row in rows))


if __name__ == "__main__":
    main()
