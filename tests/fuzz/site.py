"""A site with one row of everything, and a function that sends requests to it."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, Phase, seed, settings

from accounts.models import Invitation
from groups import models as groups
from groups.roles import Role
from progress.models import StepProgress
from roadmaps.models import Resource, Roadmap, Step
from tests.accounts.actions import reauthenticate, sign_in
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    UserFactory,
)
from tests.fuzz.strategies import PK, TASK_ID, TOKEN, Request

# `make fuzz` sets both. By default, the same few requests are sent each time.
FUZZ_SEED = int(os.environ.get("FUZZ_SEED", "0"))
IS_DRILL = "FUZZ_SEED" in os.environ
MAX_SECONDS = 10  # for one response, in the drill


def create_rows():
    """Create a row of each model that an address names, with the primary key PK."""
    editor = UserFactory(pk=PK, is_staff=True, is_superuser=True)
    learner = UserFactory(pk=PK + 1)
    roadmap = RoadmapFactory(pk=PK, slug="cooking", title="Cooking")
    steps = [
        StepFactory(pk=PK + number, roadmap=roadmap, slug=slug, position=number)
        for number, slug in enumerate(["boil", "fry", "bake"])
    ]
    steps[2].section = roadmap.sections.create(pk=PK, slug="heat", title="Heat")
    steps[2].save()
    Resource.objects.create(
        pk=PK, step=steps[0], title="Water", url="https://example.org/", kind="docs"
    )
    for model in (Roadmap, Step):
        first = model.history.order_by("history_id").filter(id=PK)[:1]
        model.history.filter(pk__in=first.values("pk")).update(history_id=PK)
    for person in (editor, learner):
        StepProgress.objects.mark(person, steps[1].pk, "done")
        NoteFactory(user=person, step=steps[1])
    Group.objects.create(pk=PK, name="Cooks")
    Invitation.objects.create(pk=PK, address="new@example.com", invited_by=editor)
    EmailAddress.objects.filter(user=editor).update(id=PK)
    SocialAccount.objects.create(pk=PK, user=learner, provider="github", uid="1")
    Authenticator.objects.create(pk=PK, user=UserFactory(), type="totp", data={})
    create_group(learner, editor, roadmap)
    DBTaskResult.objects.create(
        id=TASK_ID,
        task_path="core.mail.send_mail",
        args_kwargs={"args": [], "kwargs": {}},
        queue_name="default",
        backend_name="default",
        run_after=datetime(2026, 5, 3, tzinfo=UTC),
        exception_class_path="",
        traceback="",
    )
    return {"visitor": None, "learner": learner, "editor": editor}


def create_group(owner, mentor, roadmap):
    """Create a group with a member who shows their progress on the roadmap."""
    group = GroupFactory(pk=PK, name="Cooks")
    assignment = AssignmentFactory(pk=PK, group=group, roadmap=roadmap)
    MembershipFactory(pk=PK + 1, group=group, user=owner, role=Role.OWNER)
    MembershipFactory(pk=PK + 2, group=group, user=mentor, role=Role.MENTOR)
    MembershipFactory(pk=PK, group=group, showing=[assignment])
    groups.Invitation.objects.create(pk=PK, group=group, token=TOKEN)


class FuzzedSite:
    """Sends requests, each in a transaction that is rolled back."""

    def __init__(self):
        self.people = create_rows()
        self.cookies = {"visitor": ""}
        for name in ("learner", "editor"):
            client = Client()
            sign_in(client, self.people[name].email)
            reauthenticate(client)
            self.cookies[name] = f"sessionid={client.session.session_key}"
        self.client = Client()
        self.count = 0
        self.slowest = (0.0, "nothing")

    def send(self, request):
        """Send the request and return the response, which must not be a 500.

        The test client raises the exception that would have led to a 500 or 503.
        """
        cache.clear()  # the rate limits
        self.client.cookies.clear()
        headers = dict(request.headers)
        headers["Cookie"] = "; ".join(
            filter(None, [headers.get("Cookie"), self.cookies[request.person]])
        )
        started_at = time.monotonic()
        with transaction.atomic():
            response = self.client.generic(
                request.method,
                request.path,
                request.body,
                request.content_type,
                headers=headers,
            )
            transaction.set_rollback(True)
        self.note_time(request, time.monotonic() - started_at)
        assert response.status_code < 500, response.status_code
        return response

    def note_time(self, request, seconds):
        self.count += 1
        line = f"{request.method} {request.path[:80]}"
        self.slowest = max(self.slowest, (seconds, line))
        if IS_DRILL:
            assert seconds < MAX_SECONDS, line

    def get(self, path, person):
        return self.send(replace(Request("GET", path), person=person))

    def describe(self):
        seconds, line = self.slowest
        return f"{self.count:,} requests, the slowest in {seconds:.2f} s: {line}"


def repeat(examples, number):
    """Decorate a function with `@given` so that it runs with this many examples.

    `number` makes the examples of one function differ from those of the others.
    """

    def decorator(function):
        return seed(FUZZ_SEED + number)(
            settings(
                max_examples=examples,
                database=None,
                deadline=None,
                phases=[Phase.explicit, Phase.generate, Phase.shrink]
                if IS_DRILL
                else [Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(function)
        )

    return decorator
