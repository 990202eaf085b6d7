"""Requests of people, mentors and editors, through Django's test client."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db import connection
from django.test import Client

from benchmarks.growth.measure import Plans, time_limit, timed
from benchmarks.growth.people import People, fetch
from benchmarks.growth.results import Result, Results

PEOPLE = 30  # of each measurement
DELETIONS = 10
ADMIN_PAGES = 5  # repetitions
LIMIT = 120  # seconds for all repetitions of a request
WARM_UP = 8  # requests, until PostgreSQL keeps the plans of prepared statements

type Visit = Callable[[], object]


def get(client: Client, path: str) -> None:
    check(client.get(path), path)


def post(client: Client, path: str, expected: int = 200) -> None:
    check(client.post(path), path, expected)


def check(response: Any, path: str, expected: int = 200) -> None:
    status = response.status_code
    if status != expected:
        raise ValueError(f"{path} answered {status} {response.get('Location', '')}")


def measure_requests(results: Results, people: People, chosen: re.Pattern[str]) -> None:
    """A person's first visit reads rows that nobody has read since PostgreSQL started;
    the second one reads them from memory.
    """
    for name, visits in requests(people):
        if chosen.search(name):
            results.add(measure(name, visits))


def measure(name: str, visits: Callable[[], Iterator[tuple[Visit, Visit]]]) -> Result:
    """`visits` yields each person's first visit and second one."""
    result = Result(name, [], [])
    plans = Plans(analyze=True)
    try:
        with time_limit(LIMIT):
            for number, (first, again) in enumerate(visits()):
                if number < WARM_UP // 2:
                    first(), again()
                    continue
                result.first.append(timed(first))
                if again is not first:
                    result.again.append(timed(again))
            first, _again = next(visits())
            with connection.execute_wrapper(plans):
                first()
    except TimeoutError as error:
        connection.close()
        result.note = str(error)
        result.first = result.first or [LIMIT * 1000.0]
    except Exception as error:
        connection.close()
        result.note = f"failed: {type(error).__name__}: {error}"[:200]
    result.statements, result.pages = plans.statements, plans.pages
    result.plans = plans.text
    return result


def requests(
    people: People,
) -> Iterator[tuple[str, Callable[[], Iterator[tuple[Visit, Visit]]]]]:
    roadmap = people.largest.get_absolute_url()
    steps = people.steps
    topics = [step.topics.order_by("position", "pk").first() for step in steps]

    def page(path: str) -> Iterator[tuple[Visit, Visit]]:
        for user in people.choose(PEOPLE + WARM_UP // 2):
            visit = partial(get, people.client(user), path)
            yield visit, partial(visit)

    def change(paths: list[str]) -> Iterator[tuple[Visit, Visit]]:
        """Two changes of a person, so that each changes something."""
        for user in people.choose(PEOPLE + WARM_UP // 2):
            client = people.client(user)
            first, again = (partial(post, client, path) for path in paths)
            yield first, again

    mark = [f"/progress/{steps[4].pk}/{state}/" for state in ("learning", "done")]
    topic = topics[6]
    assert topic is not None
    tick = [f"/progress/topics/{topic.pk}/{way}/" for way in ("checked", "unchecked")]
    yield "roadmap page", partial(page, roadmap)
    yield "step page", partial(page, f"{roadmap}{steps[7].slug}/")
    yield "mark a step", partial(change, mark)
    yield "tick a topic", partial(change, tick)
    yield "page Progress", partial(page, "/progress/")
    yield "search", partial(page, "/search/?q=database")
    yield "download my data", partial(page, "/accounts/data/cairn.json")
    yield "group page of a mentor, 30 members", partial(mentors, people)
    yield "group page of a mentor, 2,000 members", partial(mentors, people, large=True)
    yield "delete an account", partial(deletions, people)


def mentors(people: People, large: bool = False) -> Iterator[tuple[Visit, Visit]]:
    ((groups,),) = fetch("SELECT max(id) FROM groups_group")
    number = PEOPLE + WARM_UP // 2
    numbers = range(2, int(str(groups)) + 1)
    ids = [1] * number if large else people.random.choices(numbers, k=number)
    for group in ids:
        ((owner,),) = fetch(
            "SELECT user_id FROM groups_membership"
            " WHERE group_id = %s AND role = 'owner'",
            group,
        )
        visit = partial(get, people.client(int(str(owner))), f"/groups/{group}/")
        yield visit, partial(visit)


def deletions(people: People) -> Iterator[tuple[Visit, Visit]]:
    for user in people.choose(DELETIONS + WARM_UP // 2):
        visit = partial(post, people.client(user), "/accounts/delete/", 302)
        yield visit, visit


def measure_admin(results: Results, people: People, chosen: re.Pattern[str]) -> None:
    editor = people.editor()
    step = people.steps[3]
    person = people.choose(1)[0]
    for name, path in {
        "admin: list of roadmaps": "roadmaps/roadmap/",
        "admin: insight": f"roadmaps/roadmap/{people.largest.pk}/insight/",
        "admin: a step": f"roadmaps/step/{step.pk}/change/",
        "admin: page that retires a step": f"roadmaps/step/{step.pk}/retire/",
        "admin: page that merges a step": f"roadmaps/step/{step.pk}/merge/",
        "admin: list of people": "accounts/user/",
        "admin: search for a person": f"accounts/user/?q=person{person}",
        "admin: a person": f"accounts/user/{person}/change/",
        "admin: audit trail": "accounts/auditevent/",
        "admin: list of groups": "groups/group/",
        "admin: list of tasks": "django_tasks_database/dbtaskresult/",
        "admin: page that deletes the largest roadmap": (
            f"roadmaps/roadmap/{people.largest.pk}/delete/"
        ),
    }.items():
        if chosen.search(name):
            visit = partial(get, editor, f"/admin/{path}")
            results.add(measure(name, partial(repeat, visit)))


def repeat(visit: Visit) -> Iterator[tuple[Visit, Visit]]:
    for _ in range(ADMIN_PAGES + WARM_UP // 2):
        yield visit, partial(visit)
