"""FLOOR: the least that a Python server does for a page or a tick, psycopg alone.

The same reads and writes in the fewest statements that the tables allow, and an answer
put together from fragments that were prepared: what Cairn itself sends.
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

PARTS = json.loads(Path(os.environ["FLOOR_PARTS"]).read_text())
COOKIE = f"{PARTS['cookie']}="
HEAD, TAIL = PARTS["head"].encode(), PARTS["tail"].encode()
ROWS = {
    int(step): {state: row.encode() for state, row in rows.items()}
    for step, rows in PARTS["rows"].items()
}
MARKED = {path: answer.encode() for path, answer in PARTS["marked"].items()}

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

own = threading.local()


def connected() -> psycopg.Connection[Any]:
    """This thread's connection, whose statements are all prepared."""
    if not hasattr(own, "connection"):
        url = os.environ["DATABASE_URL"]
        own.connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
    return own.connection  # type: ignore[no-any-return]


def person(connection: psycopg.Connection[Any], cookies: str) -> int:
    """Whose session the cookie names, out of what Django has stored of it."""
    key = cookies.partition(COOKIE)[2].partition(";")[0]
    found = connection.execute(SESSION, [key]).fetchone()
    packed = found[0].partition(":")[0] if found else ""
    content = urlsafe_b64decode(packed.lstrip(".") + "==")
    plain = zlib.decompress(content) if packed.startswith(".") else content
    return int(json.loads(plain)["_auth_user_id"])


def application(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    connection = connected()
    user = person(connection, environ["HTTP_COOKIE"])
    if environ["REQUEST_METHOD"] == "POST":
        _, step, state, _ = environ["PATH_INFO"].rsplit("/", 3)
        connection.execute(DONE if state == "done" else NONE, [user, int(step)])
        page = MARKED[environ["PATH_INFO"]]
    else:
        found = connection.execute(PROGRESS, [list(ROWS), user])
        states = dict(found.fetchall())
        rows = (row[states.get(step, "none")] for step, row in ROWS.items())
        page = b"".join([HEAD, *rows, TAIL])
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(page))),
        ("Cache-Control", "no-store"),
    ]
    start_response("200 OK", headers)
    return [page]
