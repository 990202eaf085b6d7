"""Attacks with single requests: heavy ones, malformed ones, and many at once."""

from __future__ import annotations

import time
from http import HTTPStatus
from urllib.parse import urlencode

import urllib3

from deploy.drills.attacks.target import STEP_PAGE, UNKNOWN, Target
from deploy.drills.faults.browser import PASSWORD, Browser
from deploy.drills.faults.ledger import Check

FORM = "application/x-www-form-urlencoded"
ROW = "|a" * 255 + "|\n"
TABLE = f"{ROW}{'|-' * 255}|\n{'|a\n' * 10_000}"[:19_000]  # of 255 columns
EMPTY_ENTRIES = 640_000
DIGITS = "9" * 4301  # more than int() accepts
CONTENT_TYPES = {
    "charset=rot13": f"{FORM}; charset=rot13",
    "a/b with rot13": "a/b; charset=rot13",
    "utf-16": f"{FORM}; charset=utf-16",
    "no boundary": "multipart/form-data",
}
UNPARSABLE = "//[x]"


def only_below_500(browser: Browser) -> Check:
    statuses = sorted({*browser.statuses})
    return Check(f"statuses {statuses}", statuses[-1] < 500)


def a_huge_table_in_a_note_is_cheap(target: Target) -> list[Check]:
    person = target.person()
    begun = time.monotonic()
    with target.peak_memory() as growth:
        person.submit(STEP_PAGE, text=TABLE)
        person.ask("GET", STEP_PAGE)
        person.ask("GET", "/progress/")
    took = time.monotonic() - begun
    text = f"saved and shown on two pages in {took:.1f} s with {growth[0]} MB"
    return [Check(text, took < 4 and growth[0] < 60), only_below_500(person)]


def an_upload_of_empty_entries_is_cheap(target: Target) -> list[Check]:
    person = target.person()
    entries = ",".join(["{}"] * EMPTY_ENTRIES)
    file = f'{{"format":"cairn-my-data","version":1,"progress":[{entries}]}}'
    form = person.hidden_fields(STEP_PAGE) | {"file": ("cairn.json", file)}
    body, content_type = urllib3.encode_multipart_formdata(form)
    with target.peak_memory() as growth:
        header = {"Content-Type": content_type}
        status = person.send("POST", "/accounts/data/upload/", body, **header).status
    most = 10 * len(file) // 1_000_000
    text = f"status {status}, {growth[0]} MB of at most {most}"
    return [Check(text, 400 <= status < 500 and growth[0] <= most)]


def eight_equal_sign_ups_make_one_account(target: Target) -> list[Check]:
    email = f"new-{target.proxy}@example.org"
    stranger = target.stranger()
    form = stranger.hidden_fields("/accounts/signup/")
    form |= {"email": email, "password1": PASSWORD}

    def sign_up(_: int) -> int:
        browser = Browser(target.port, address=stranger.address)
        browser.cookies |= stranger.cookies
        browser.ask("POST", "/accounts/signup/", **form)
        return browser.statuses[-1]

    statuses = target.at_once(8, sign_up)
    accounts = target.count("accounts_user", f"email = '{email}'")
    text = f"statuses {sorted({*statuses})}, {accounts} account"
    return [Check(text, {*statuses} == {302} and accounts == 1)]


def unknown_charsets_get_400(target: Target) -> list[Check]:
    checks = []
    tick = f"/progress/{target.step}/done/"
    for name, content_type in CONTENT_TYPES.items():
        stranger = target.stranger()
        answers = [
            stranger.send("POST", path, b"a=b", **{"Content-Type": content_type})
            for path in ("/accounts/login/", tick, UNKNOWN)
        ]
        statuses = [answer.status for answer in answers]
        have_headers = all("Content-Security-Policy" in a.headers for a in answers)
        text = f"{name}: statuses {statuses}, all with headers: {have_headers}"
        checks.append(Check(text, max(statuses) < 500 and have_headers))
    return checks


def unparsable_addresses_are_ignored(target: Target) -> list[Check]:
    stranger = target.stranger()
    for path in ("/accounts/login/", "/accounts/signup/", "/admin/login/"):
        address = f"{path}?{urlencode({'next': UNPARSABLE})}"
        stranger.ask("GET", address)
        stranger.submit(address, login="a@example.org", password="wrong")
    for header in ("Referer", "Origin"):
        stranger.send("POST", "/theme/", **{header: f"http:{UNPARSABLE}"})
    return [only_below_500(stranger)]


def strangers_ticks_store_no_session(target: Target) -> list[Check]:
    before = target.count("django_session")
    for _ in range(30):
        target.stranger().send("POST", f"/progress/{target.step}/done/")
    stored = target.count("django_session") - before
    return [Check(f"{stored} sessions of 30 ticks", stored == 0)]


def the_admin_has_no_password_page(target: Target) -> list[Check]:
    answer = target.staff().send("GET", "/admin/password_change/")
    location = answer.headers.get("Location", "")
    text = f"status {answer.status}, leads to {location or 'no other page'}"
    return [Check(text, location.startswith("/accounts/"))]


def malformed_requests_of_staff_get_4xx(target: Target) -> list[Check]:
    staff = target.staff()
    home = staff.send("GET", "/admin/")
    page = f"/admin/roadmaps/step/{target.step}/change/"
    hidden = staff.hidden_fields(page)
    staff.ask("POST", page, **hidden | {"_saveasnew": "1", "title": ""})
    for path in (
        f"/admin/roadmaps/step/{DIGITS}/change/",
        f"/admin/roadmaps/step/?roadmap__id__exact={DIGITS}",
        f"/admin/roadmaps/step/?p={DIGITS}",
    ):
        staff.ask("GET", path)
    came_in = home.status == HTTPStatus.OK and bool(hidden)
    return [Check(f"staff come in: {came_in}", came_in), only_below_500(staff)]


def other_hosts_and_ports_are_refused(target: Target) -> list[Check]:
    checks = []
    for host in ("localhost:6666", "evil.example", "other.localhost"):
        answer = target.stranger().send("GET", "/accounts/login/", Host=host)
        is_refused = answer.status == HTTPStatus.BAD_REQUEST
        checks.append(Check(f"{host}: {answer.status}", is_refused))
    return checks
