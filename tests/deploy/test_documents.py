"""README.md and docs/: what they say about the code, its settings and its files"""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from accounts import limits
from core import cache, mail, rate_limit
from core.postgresql import settings as postgresql
from core.postgresql.pool import RESPONSE_TIMEOUT
from data_export.reader import MAX_FILE_SIZE
from editing import writing_rules as rules
from editing.admin import upload
from editing.yaml_format import parser
from groups import invitations
from groups import models as groups
from roadmaps.markdown import MAX_LENGTH

ROOT = settings.BASE_DIR
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {path.name: path.read_text() for path in DOCUMENTS}
ALL = "\n".join(TEXTS.values())
START = (ROOT / "deploy/start").read_text()
THREADS = int(re.search(r"--blocking-threads (\d+)", START)[1])


def format_number(number: float) -> str:
    return f"{number:g}"


def get_anchors(text: str) -> set[str]:
    """The anchors that GitHub makes from the headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings_that_exist(document: Path):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text()):
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else document
        assert file.exists(), target
        if anchor:
            assert anchor in get_anchors(file.read_text()), target


def test_make_has_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", ALL, re.MULTILINE))
    assert {name for pair in named for name in pair if name} <= targets


def test_manage_py_has_every_command():
    assert set(re.findall(r"manage\.py ([a-z_]+)", ALL)) <= set(get_commands())


def test_every_named_file_exists():
    folders = "accounts|config|core|data_export|deploy|docs|editing|fixtures"
    folders += "|groups|progress|roadmaps|search|templates|tests"
    names = re.findall(rf"`((?:{folders})/[\w./-]*\w)(?:: [^`]*)?`", ALL)
    assert len(names) > 40
    # The operator makes these folders, and NAME stands for a name.
    names = [name for name in names if "/tls" not in name and "NAME" not in name]
    assert not [name for name in names if not (ROOT / name).exists()]


def test_every_logged_event_is_explained_or_an_account_event():
    """The table of events names no event that the code does not log."""
    table = TEXTS["watching.md"].split("| event |")[1].split("\n\n")[0]
    events = set(re.findall(r"`([a-z]+_[a-z_]+)`", table))
    assert {"form_refused", "request_refused", "mail_failed"} <= events
    folders = ("accounts", "config", "core")
    code = "".join(
        path.read_text() for folder in folders for path in (ROOT / folder).rglob("*.py")
    )
    # Made from the name of the service.
    events -= {"cache_is_away", "cache_is_back", "replica_is_away", "replica_is_back"}
    assert not [event for event in events if f'"{event}"' not in code]


def test_the_threads_are_those_of_the_server():
    texts = (*TEXTS.values(), (ROOT / "deploy/env.example").read_text())
    numbers = [
        int(number) for text in texts for number in re.findall(r"(\d+) threads", text)
    ]
    assert len(numbers) >= 3
    assert set(numbers) == {THREADS}
    assert f"More than {THREADS} people who wait" in TEXTS["reliability.md"]
    assert f"The {THREADS + 1}rd waits" in TEXTS["reliability.md"]


def test_the_pool_is_that_of_the_settings():
    size = settings.DATABASE_POOL_SIZE
    assert f"{THREADS} threads for {size} connections" in TEXTS["watching.md"]
    assert f"`DATABASE_POOL_SIZE` ({size})" in TEXTS["operations.md"]


def test_the_cleanup_runs_every_hour_everywhere():
    assert "pause=3600\n" in (ROOT / "deploy/cleanup").read_text()
    timer = (ROOT / "deploy/systemd/cairn-cleanup.timer").read_text()
    assert "\nOnCalendar=hourly\n" in timer
    assert "`manage.py cleanup` every hour" in TEXTS["operations.md"]
    assert "\n17 * * * *  cd /srv/cairn" in TEXTS["watching.md"]
    assert not re.search("(once|at least) a day", TEXTS["watching.md"])


BOUNDS = {
    "connections to the database": "`DATABASE_POOL_SIZE`, "
    f"{settings.DATABASE_POOL_SIZE}",
    "wait for a connection": f"{format_number(postgresql.POOL_TIMEOUT)} s",
    "wait for a lock": f"{postgresql.LOCK_TIMEOUT} s",
    "a query": f"{format_number(postgresql.STATEMENT_TIMEOUT)} s",
    "a database that does not answer": f"{format_number(RESPONSE_TIMEOUT)} s",
    "an idle transaction": f"{format_number(postgresql.IDLE_TRANSACTION_TIMEOUT)} s",
    "cache: to connect, and for each answer": f"{cache.TIMEOUT} s, tried twice",
    "changes of steps, notes and groups": f"{rate_limit.CHANGES_PER_MINUTE} per person "
    "and minute",
    "wrong passwords": f"{limits.WRONG_PASSWORDS.amount} in "
    f"{limits.WRONG_PASSWORDS.seconds // 60} minutes per account",
    "codes for signing in": f"{limits.LOGIN_CODES.amount} per minute and account",
    "sign-ups, codes asked for, passwords reset": "each `SIGN_UPS_PER_MINUTE`, "
    f"{settings.SIGN_UPS_PER_MINUTE},",
    "a request's body": f"{settings.MAX_REQUEST_BODY // 2**20} MiB (an import of "
    f"*My data*: {MAX_FILE_SIZE // 10**6} MB)",
    "a form without its files": f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 2**20:g} MB "
    f"and {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields",
}


@pytest.mark.parametrize("what", BOUNDS)
def test_the_bounds_are_those_of_the_code(what):
    [row] = [
        line
        for line in TEXTS["watching.md"].splitlines()
        if line.startswith(f"| {what} |")
    ]
    assert row.split(" | ")[1].startswith(BOUNDS[what])


def test_the_services_are_those_of_compose():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    table = TEXTS["operations.md"].split("| service |")[1].split("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    named = re.findall(r"`(\w+)`", " ".join(cells))
    assert set(named) == compose["services"].keys() - {"backup"}


def test_mails_are_tried_as_often_and_as_long_as_documented():
    delays = [mail.FIRST_DELAY * 2**each for each in range(mail.MAX_ATTEMPTS - 1)]
    assert delays == [15, 30, 60, 120, 240]
    assert "after 15 s, 30 s, 1, 2 and 4 minutes" in TEXTS["watching.md"]
    assert round(sum(delays) / 60) == 8
    assert "about eight minutes" in TEXTS["operations.md"]


def test_every_alert_has_a_section():
    alerts = re.findall(r"alert: (\w+)", (ROOT / "deploy/alerts.yml").read_text())
    sections = re.findall(r"^### (\w+)$", TEXTS["operations.md"], re.MULTILINE)
    assert set(alerts) == set(sections)


def test_the_limits_of_roadmaps_are_those_of_the_code():
    text = TEXTS["writing-roadmaps.md"]
    assert f"text has at most {MAX_LENGTH:,} characters" in text
    assert (
        f"{parser.MAX_FILE_SIZE // 10**6} MB ({upload.MAX_FILE_SIZE // 10**6} MB"
        in text
    )
    assert f"{parser.MAX_VALUES:,} values" in text
    assert f"{rules.MIN_WORDS} to {rules.MAX_WORDS} words" in text
    assert f"at most {rules.MAX_SUMMARY_LENGTH} characters" in text


def test_the_limits_of_groups_are_those_of_the_code():
    text = TEXTS["groups.md"]
    assert f"A person can own {groups.MAX_OWN_GROUPS} groups." in text
    assert (
        f"{groups.MAX_ROADMAPS} roadmaps and {invitations.MAX_INVITATIONS} invitations"
        in text
    )
    assert invitations.MAX_ENDED_INVITATIONS == 20
    assert "The last twenty invitations" in text


def test_the_readme_is_short():
    assert TEXTS["README.md"].count("\n") < 150
