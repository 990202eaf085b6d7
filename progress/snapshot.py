"""Read one person's progress and join it with the cached content of a roadmap."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db import connection
from django.db.models import (
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce

from progress.route import NOT_STARTED, AnnotatedStep, Route, State, StepStatus
from progress.step_copies import StepCopy
from roadmaps.content_cache import get_content
from roadmaps.models import Roadmap, Step, StepQuerySet
from roadmaps.visibility import may_see

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

# One row per mark. Without marks, a single row in which the mark is NULL. The first row
# tells whether a copy of a step has not reached the person yet, and has the ticked
# topics of all roadmaps: looking up which are of this one takes longer.
READ_SNAPSHOT = """
    SELECT CASE WHEN row_number() OVER () = 1 THEN EXISTS (
            SELECT FROM progress_stepcopy AS copy
            WHERE copy.roadmap_id = roadmap.id AND copy.copied_up_to < %(user)s
                AND NOT EXISTS (
                    SELECT FROM progress_copiedperson AS copied
                    WHERE copied.copy_id = copy.id AND copied.user_id = %(user)s
                )
        ) END AS is_behind,
        roadmap.id, roadmap.content_version::text, completion.completed_at,
        (SELECT count(*) FROM progress_stepprogress WHERE user_id = %(user)s),
        CASE WHEN row_number() OVER () = 1 THEN ARRAY(
            SELECT topic_id FROM progress_topiccheck WHERE user_id = %(user)s
        ) END,
        mark.step_id, mark.state, mark.started_at, mark.done_at
    FROM roadmaps_roadmap AS roadmap
    LEFT JOIN progress_completion AS completion
        ON completion.roadmap_id = roadmap.id AND completion.user_id = %(user)s
    LEFT JOIN (
        progress_stepprogress AS mark
        JOIN roadmaps_step AS step ON step.id = mark.step_id
    ) ON step.roadmap_id = roadmap.id AND mark.user_id = %(user)s
    WHERE (roadmap.slug = %(slug)s OR roadmap.id = %(roadmap_id)s)
        AND cairn_may_see(roadmap.id, roadmap.is_published, roadmap.visibility,
            %(user)s, %(is_staff)s)
    """

# One row per roadmap. The marks on it are arrays of the same length.
READ_ROUTES = """
    SELECT roadmap.id, roadmap.content_version::text, completion.completed_at,
        ARRAY(
            SELECT own.topic_id FROM progress_topiccheck AS own
            JOIN roadmaps_topic AS topic ON topic.id = own.topic_id
            JOIN roadmaps_step AS step ON step.id = topic.step_id
            WHERE own.user_id = %(user)s AND step.roadmap_id = roadmap.id
        ),
        mark.step_ids, mark.states, mark.started_at, mark.done_at
    FROM roadmaps_roadmap AS roadmap
    LEFT JOIN progress_completion AS completion
        ON completion.roadmap_id = roadmap.id AND completion.user_id = %(user)s
    CROSS JOIN LATERAL (
        SELECT array_agg(own.step_id) AS step_ids, array_agg(own.state) AS states,
            array_agg(own.started_at) AS started_at, array_agg(own.done_at) AS done_at
        FROM progress_stepprogress AS own
        JOIN roadmaps_step AS step ON step.id = own.step_id
        WHERE own.user_id = %(user)s AND step.roadmap_id = roadmap.id
    ) AS mark
    WHERE roadmap.id = ANY(%(roadmaps)s)
    """


class ProgressSnapshot(NamedTuple):
    """One person's progress on one roadmap, as a single statement read it."""

    roadmap_id: int
    content_version: str
    completed_at: datetime | None
    mark_count: int  # the person's marks on all roadmaps
    statuses: dict[int, StepStatus]  # by step id; steps that are not started are absent
    checked_topics: frozenset[int]  # ids of the person's ticked topics, on all roadmaps

    @classmethod
    def read(
        cls, user: User | AnonymousUser, *, slug: str = "", roadmap_id: int = 0
    ) -> ProgressSnapshot | None:
        """The snapshot of the roadmap with this slug or id, or None if there is no such
        roadmap that the person may see.

        While a merged or split step is being copied, it first copies the person's own
        progress if their turn has not come yet. A replica shows what it was before.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                READ_SNAPSHOT,
                {
                    "user": user.pk,
                    "slug": slug,
                    "roadmap_id": roadmap_id,
                    "is_staff": user.is_staff,
                },
            )
            rows = cursor.fetchall()
        if not rows:
            return None
        is_behind, roadmap_id, version, completed_at, mark_count, topic_ids = rows[0][
            :6
        ]
        if is_behind and StepCopy.objects.catch_up(cast("User", user)):
            return cls.read(user, slug=slug, roadmap_id=roadmap_id)
        statuses = {row[6]: StepStatus(*row[7:]) for row in rows if row[6]}
        checked_topics = frozenset(topic_ids)
        return cls(
            roadmap_id, version, completed_at, mark_count, statuses, checked_topics
        )

    def get_route(self) -> tuple[Roadmap, Route]:
        roadmap, steps = get_content(self.roadmap_id, self.content_version)
        get_status = self.statuses.get
        route = Route(
            [
                AnnotatedStep(
                    step,
                    get_status(step.pk, NOT_STARTED),
                    checked_topics=self.checked_topics,
                )
                for step in steps
            ],
            self.completed_at,
            marks_elsewhere=self.mark_count - len(self.statuses),
        )
        return roadmap, route


def get_route(slug: str, user: User | AnonymousUser) -> tuple[Roadmap, Route]:
    """The roadmap, and the person's route on it.

    Raises Roadmap.DoesNotExist, also if the person may not see the roadmap.
    """
    snapshot = ProgressSnapshot.read(user, slug=slug)
    if snapshot is None:
        raise Roadmap.DoesNotExist
    return snapshot.get_route()


def find_hidden_roadmap(slug: str, user: User | AnonymousUser) -> Roadmap | None:
    """The roadmap that has this slug, or had it before, if the person may not see it
    but has marks or notes on it.
    """
    if not user.is_authenticated:
        return None
    of_roadmap = Q(step__roadmap=OuterRef("pk"))
    marks = user.progress.filter(of_roadmap)
    notes = user.notes.filter(of_roadmap)
    hidden = Roadmap.objects.known_as(slug).exclude(may_see(user))
    return hidden.filter(Exists(marks) | Exists(notes)).first()


def annotate_steps(
    steps: StepQuerySet, user: User | AnonymousUser
) -> Iterator[AnnotatedStep]:
    """The steps in the order of the query, each with the person's status."""
    rows: QuerySet[Any] = steps.annotate(
        own=FilteredRelation("progress", condition=Q(progress__user=user.pk)),
        own_state=Coalesce(F("own__state"), Value(State.NONE.value)),
        own_started_at=F("own__started_at"),
        own_done_at=F("own__done_at"),
    )
    for step in rows:
        status = StepStatus(step.own_state, step.own_started_at, step.own_done_at)
        yield AnnotatedStep(step, status)


def routes_in_progress(user: User) -> dict[int, Route]:
    """The routes of the roadmaps on which the person has marked a step, by roadmap id,
    sorted by the newest mark first.
    """
    marked_roadmaps = Step.objects.filter(progress__user=user).values("roadmap")
    steps = Step.objects.defer_large_fields().filter(roadmap__in=marked_roadmaps)
    steps_by_roadmap: dict[int, list[AnnotatedStep]] = {}
    for step in annotate_steps(steps, user):
        steps_by_roadmap.setdefault(step.roadmap_id, []).append(step)
    completions = dict(user.completions.values_list("roadmap", "completed_at"))
    routes = {
        roadmap_id: Route(steps, completions.get(roadmap_id))
        for roadmap_id, steps in steps_by_roadmap.items()
    }
    by_last_mark = sorted(
        routes.items(), key=lambda item: item[1].marked_at, reverse=True
    )
    return dict(by_last_mark)


def get_routes(roadmap_ids: Iterable[int], user: User) -> dict[int, Route]:
    """The person's routes on these roadmaps, by roadmap id, with the ticked topics.

    It does not check whether they may see the roadmaps.
    """
    with connection.cursor() as cursor:
        cursor.execute(READ_ROUTES, {"user": user.pk, "roadmaps": list(roadmap_ids)})
        rows = cursor.fetchall()
    return {
        roadmap_id: build_route(roadmap_id, version, completed_at, marks, topic_ids)
        for roadmap_id, version, completed_at, topic_ids, *marks in rows
    }


def build_route(
    roadmap_id: int,
    version: str,
    completed_at: datetime | None,
    marks: Iterable[list[Any] | None],
    topic_ids: Iterable[int] = (),
) -> Route:
    """The route of a person from the columns of a statement.

    `marks` are arrays of the same length: step ids, states, `started_at`, `done_at`.
    Each is None if the person has marked nothing.
    """
    step_ids, *columns = (column or [] for column in marks)
    statuses = dict(zip(step_ids, map(StepStatus, *columns), strict=True))
    checked_topics = frozenset(topic_ids)
    steps = [
        AnnotatedStep(
            step, statuses.get(step.pk, NOT_STARTED), checked_topics=checked_topics
        )
        for step in get_content(roadmap_id, version).steps
    ]
    return Route(steps, completed_at)
