"""What only Django can tell of a database: sessions for its people, queries of a page.

Run with the server's environment, it prints JSON. People sign in as Django's test
client does it; the first four stand at one state each, on every step.
"""

from __future__ import annotations

import json
import re
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from progress.models import StepProgress  # noqa: E402
from progress.route import State  # noqa: E402
from roadmaps.models import Step  # noqa: E402

CONTROL = re.compile("SAVEPOINT|RELEASE|BEGIN|COMMIT", re.IGNORECASE)
TICK = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}


def at_one_state(state: str, steps: list[Step]) -> User:
    """Somebody who stands at `state` on each of the steps."""
    user = User.objects.create_user(f"{state}@example.com")
    now = timezone.now()
    done_at = now if state == State.DONE else None
    if state != State.NONE:
        StepProgress.objects.bulk_create(
            StepProgress(
                user=user, step=step, state=state, started_at=now, done_at=done_at
            )
            for step in steps
        )
    return user


def signed_in(user: User) -> Client:
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    return client


def cookies(client: Client, path: str) -> dict[str, str]:
    """What a browser sends that has opened a page before."""
    client.get(path)
    return {name: cookie.value for name, cookie in client.cookies.items()}


def queries(client: Client, path: str) -> int:
    """How many a page runs once it is warm."""
    for _ in range(2):
        client.get(path)
    return ran(client, "get", path)


def queries_of_tick(client: Client, steps: list[Step]) -> int:
    """The most that a change runs: to and fro, on steps that are not the same."""
    return max(
        ran(client, "post", f"/progress/{step.pk}/{state}/")
        for state in ("none", "done", "none", "done")
        for step in steps[:3]
    )


def ran(client: Client, method: str, path: str) -> int:
    """How many queries a request runs, transaction control apart."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.generic(method, path, headers=TICK if method == "post" else {})
    if answer.status_code != 200:
        raise SystemExit(f"{method} {path} was answered {answer.status_code}")
    return sum(not CONTROL.match(query["sql"]) for query in captured)


def main(slug: str, people: int, sessions: int) -> None:
    steps = list(Step.objects.active().filter(roadmap__slug=slug).outline())
    spread = {1 + n * people // sessions for n in range(sessions)}
    emails = [f"person{number}@example.com" for number in spread]
    states = ["done", "learning", "skipped", "none"]
    chosen = [
        *(at_one_state(state, steps) for state in states),
        *User.objects.filter(email__in=emails).order_by("pk"),
    ]
    clients = [signed_in(user) for user in chosen]
    page = f"/roadmaps/{slug}/"
    addresses = {
        "page": page,
        "list": "/",
        "step": f"{page}{steps[6].slug}/",
        "search": "/search/?q=caching",
    }
    counted = {
        name: max(queries(client, path) for client in clients[:5])
        for name, path in addresses.items()
    }
    counted["visitor"] = queries(Client(HTTP_HOST="localhost"), page)
    counted["tick"] = queries_of_tick(clients[4], steps)
    told = {
        "cookie": settings.SESSION_COOKIE_NAME,
        "people": [user.pk for user in chosen],
        "cookies": [cookies(client, page) for client in clients],
        "steps": {step.slug: step.pk for step in steps},
        "addresses": addresses,
        "queries": counted,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
