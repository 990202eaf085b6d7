"""Sign people in, count the queries of pages, and print both as JSON.

Runs inside Django, with the packages and settings of the revision that is measured.
The first four people have one state each on every step.
"""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))  # the revision's root, not this file's folder

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from progress.models import StepProgress  # noqa: E402
from roadmaps.models import Step  # noqa: E402

TRANSACTION_CONTROL = re.compile("SAVEPOINT|RELEASE|BEGIN|COMMIT", re.IGNORECASE)
TICK = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
STATES = ["done", "learning", "skipped", "none"]


def create_user(state: str, steps: list[Step]) -> User:
    """A user with this state on each of the steps."""
    user = User.objects.create_user(f"{state}@example.com")
    now = timezone.now()
    if state != "none":
        StepProgress.objects.bulk_create(
            StepProgress(
                user=user,
                step=step,
                state=state,
                started_at=now,
                done_at=now if state == "done" else None,
            )
            for step in steps
        )
    return user


def sign_in(user: User) -> Client:
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    return client


def count_queries(client: Client, method: str, path: str) -> int:
    """Without transaction control."""
    with CaptureQueriesContext(connection) as captured:
        headers = TICK if method == "post" else {}
        response = client.generic(method, path, headers=headers)
    if response.status_code != 200:
        raise SystemExit(f"{method} {path}: {response.status_code}")
    return sum(not TRANSACTION_CONTROL.match(query["sql"]) for query in captured)


def queries_of_page(client: Client, path: str) -> int:
    """Once the process is warm."""
    return [count_queries(client, "get", path) for _ in range(3)][-1]


def queries_of_tick(client: Client, steps: list[Step]) -> int:
    """The most that one change of state runs."""
    return max(
        count_queries(client, "post", f"/progress/{step.pk}/{state}/")
        for state in ("none", "done", "none", "done")
        for step in steps[:3]
    )


def main(slug: str, people: int, sessions: int) -> None:
    steps = list(
        Step.objects.filter(roadmap__slug=slug, is_retired=False).order_by("position")
    )
    numbers = {1 + n * people // sessions for n in range(sessions)}
    emails = [f"person{number}@example.com" for number in numbers]
    users = [
        *(create_user(state, steps) for state in STATES),
        *User.objects.filter(email__in=emails).order_by("pk"),
    ]
    clients = [sign_in(user) for user in users]
    page = f"/roadmaps/{slug}/"
    paths = {"page": page, "step": f"{page}{steps[6].slug}/"}
    queries = {
        name: max(queries_of_page(client, path) for client in clients[:5])
        for name, path in paths.items()
    }
    queries["tick"] = queries_of_tick(clients[4], steps)
    for client in clients:
        client.get("/")  # sets the cookies that a browser sends
    cookies = [
        {name: cookie.value for name, cookie in client.cookies.items()}
        for client in clients
    ]
    result = {
        "session_cookie": settings.SESSION_COOKIE_NAME,
        "people": [user.pk for user in users],
        "cookies": cookies,
        "steps": [step.pk for step in steps],
        "paths": paths,
        "queries": queries,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
