"""FLOOR: the least work that a Python server does for a page or a tick.

psycopg reads and writes the same rows in the fewest statements that the tables allow.
The response is joined from prepared fragments of Cairn's own responses. `constant`
responds with the same bytes to every request: the most that granian itself can do.
"""

import json
import os
import threading
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg

FRAGMENTS = json.loads(Path(os.environ["FLOOR_FRAGMENTS"]).read_text())
COOKIE = f"{FRAGMENTS['cookie']}="
HEAD, TAIL = FRAGMENTS["head"].encode(), FRAGMENTS["tail"].encode()
ROWS = {
    int(step): {state: row.encode() for state, row in rows.items()}
    for step, rows in FRAGMENTS["rows"].items()
}
MARKED = {path: answer.encode() for path, answer in FRAGMENTS["marked"].items()}
VISITORS_PAGE = FRAGMENTS["visitors_page"].encode()

SESSION = """
    SELECT session_data FROM django_session
    WHERE session_key = %s AND expire_date > now()"""
PROGRESS = """
    SELECT step_id, state FROM accounts_user
    LEFT JOIN progress_stepprogress ON user_id = id AND step_id = ANY(%s)
    WHERE id = %s AND is_active"""
PERSON = "WITH person AS (SELECT id FROM accounts_user WHERE id = %s AND is_active)"
DONE = f"""{PERSON}
    INSERT INTO progress_stepprogress (user_id, step_id, state, started_at, done_at)
    SELECT id, %s, 'done', now(), now() FROM person
    ON CONFLICT (user_id, step_id)
    DO UPDATE SET state = excluded.state, done_at = excluded.done_at"""
NONE = f"""{PERSON}
    DELETE FROM progress_stepprogress USING person
    WHERE user_id = person.id AND step_id = %s"""

local = threading.local()


def get_connection() -> psycopg.Connection[Any]:
    """This thread's connection, which prepares every statement."""
    if not hasattr(local, "connection"):
        url = os.environ["DATABASE_URL"]
        local.connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
    return local.connection  # type: ignore[no-any-return]


def get_user_id(connection: psycopg.Connection[Any], cookies: str) -> int:
    """The user of the session, read from Django's stored session without its checks."""
    key = cookies.partition(COOKIE)[2].partition(";")[0]
    row = connection.execute(SESSION, [key]).fetchone()
    packed = row[0].partition(":")[0] if row else ""
    content = urlsafe_b64decode(packed.lstrip(".") + "==")
    plain = zlib.decompress(content) if packed.startswith(".") else content
    return int(json.loads(plain)["_auth_user_id"])


def application(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    connection = get_connection()
    user = get_user_id(connection, environ["HTTP_COOKIE"])
    if environ["REQUEST_METHOD"] == "POST":
        _, step, state, _ = environ["PATH_INFO"].rsplit("/", 3)
        connection.execute(DONE if state == "done" else NONE, [user, int(step)])
        page = MARKED[environ["PATH_INFO"]]
    else:
        result = connection.execute(PROGRESS, [list(ROWS), user])
        states = dict(result.fetchall())
        rows = (row[states.get(step, "none")] for step, row in ROWS.items())
        page = b"".join([HEAD, *rows, TAIL])
    return respond(page, start_response)


def constant(
    _environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    return respond(VISITORS_PAGE, start_response)


def respond(page: bytes, start_response: Callable[..., Any]) -> Iterable[bytes]:
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(page))),
        ("Cache-Control", "no-store"),
    ]
    start_response("200 OK", headers)
    return [page]
