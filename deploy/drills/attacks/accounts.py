"""Attacks on an account and on what everybody's pages need."""

from __future__ import annotations

import time

from deploy.drills.attacks.target import PAGE, Target
from deploy.drills.faults.browser import Browser
from deploy.drills.faults.ledger import Check

CODE_PAGE = "/accounts/login/code/confirm/"


def the_right_code_comes_too_late_after_twenty_wrong_ones(
    target: Target,
) -> list[Check]:
    person, stranger = target.person(), target.stranger()
    stranger.ask_for_code(person.email)
    form = stranger.hidden_fields(CODE_PAGE)
    right = target.mail.code_for(person.email)

    def try_code(number: int) -> int:
        browser = Browser(target.port, address=stranger.address)
        browser.cookies |= stranger.cookies
        wrong = f"ABCD-EFG{'HJKL'[number % 4]}"
        browser.ask("POST", CODE_PAGE, **form | {"code": wrong})
        return browser.statuses[-1]

    statuses = sorted({*target.at_once(20, try_code)})
    stranger.enter_code(right)
    came_in = stranger.is_signed_in()
    text = f"statuses {statuses}, then signed in: {came_in}"
    return [Check(text, statuses[-1] < 500 and not came_in)]


def wrong_passwords_do_not_lock_the_owner_out(target: Target) -> list[Check]:
    person, attacker = target.person(), target.stranger()
    person.cookies.clear()
    known = person.sign_in(person.email)
    person.submit("/accounts/logout/")
    for number in range(8):
        attacker.sign_in(person.email, f"wrong {number}")
    by_password = person.sign_in(person.email)
    elsewhere = target.stranger()
    elsewhere.ask_for_code(person.email)
    elsewhere.enter_code(target.mail.code_for(person.email))
    by_code = elsewhere.is_signed_in()
    return [
        Check(f"on a known device: {by_password}", known and by_password),
        Check(f"by a code: {by_code}", by_code),
    ]


def a_restart_of_postgresql_ends_no_process(target: Target) -> list[Check]:
    target.database.kill()
    time.sleep(2)
    back = target.database.start()
    visitor = target.stranger()
    while visitor.send("GET", f"{PAGE}caching/").status != 200:
        assert time.monotonic() < back + 20, "pages do not come back"
        time.sleep(0.1)
    took = time.monotonic() - back
    time.sleep(3)  # the worker asks for a task every second
    is_working = target.worker.poll() is None
    return [
        Check(f"pages {took:.1f} s after it was back", took <= 5),
        Check(f"the worker still runs: {is_working}", is_working),
    ]
