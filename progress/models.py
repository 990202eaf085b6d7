"""What joins a person to a step: their progress, its total, and completion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from roadmaps.content_cache import outline
from roadmaps.full_text import VectorField, words
from roadmaps.markdown import to_html
from roadmaps.models import (
    NOT_IN_OUTLINE,
    Roadmap,
    RoadmapQuerySet,
    Step,
    StepQuerySet,
)

if TYPE_CHECKING:
    from typing import TypedDict

    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import WithAnnotations

    from accounts.models import User
    from progress.equivalent_steps import Twin
    from progress.undo import Offer

    class Own(TypedDict):
        state: str
        started_at: datetime | None
        done_at: datetime | None
        completed_at: datetime | None
        number: int
        news: str
        content_version: str
        offer: Offer | None
        twin: Twin | None

    type AnnotatedStep = WithAnnotations[Step, Own]


NEVER = datetime.min.replace(tzinfo=UTC)


class State(models.TextChoices):
    """What a person says of a step."""

    NONE = "none", "not started"  # the absence of a row: never stored
    LEARNING = "learning", "in progress"
    DONE = "done", "done"
    SKIPPED = "skipped", "skipped"


class StepStatus(NamedTuple):
    """Where a person stands on a step: what its row holds."""

    state: str
    started_at: datetime | None = None
    done_at: datetime | None = None

    @classmethod
    def on(cls, step: AnnotatedStep) -> StepStatus:
        return cls(step.state, step.started_at, step.done_at)

    def moved_to(self, state: str, now: datetime) -> StepStatus:
        """The same step in another state. Leaving done forgets its date."""
        if state == State.NONE:
            return NOT_STARTED
        done_at = now if state == State.DONE else None
        return StepStatus(state, self.started_at or now, done_at)

    @property
    def marked_at(self) -> datetime:
        return self.done_at or self.started_at or NEVER

    def gives_way_to(self, other: StepStatus) -> bool:
        """Whether `other`, marked elsewhere, is newer and no less far."""
        is_as_far = other.state == State.DONE or self.state != State.DONE
        return is_as_far and other.marked_at > self.marked_at


NOT_STARTED = StepStatus(State.NONE)


class Count(NamedTuple):
    done: int
    of: int


class Total(NamedTuple):
    """How far a person is on a roadmap. Skipped steps are in neither count."""

    required: Count
    optional: Count
    skipped: int
    left: list[AnnotatedStep]

    @property
    def percent(self) -> int:
        """Of the required steps, rounded down: 100 says complete and nothing less."""
        return 100 * self.required.done // self.required.of if self.required.of else 0

    @property
    def is_complete(self) -> bool:
        return 0 < self.required.done == self.required.of

    @property
    def next(self) -> AnnotatedStep | None:
        """The first required step that is left, else the first optional one."""
        return next(
            (step for step in self.left if not step.is_optional),
            self.left[0] if self.left else None,
        )


def total(steps: Iterable[AnnotatedStep]) -> Total:
    """The honest total of a roadmap's `steps`; the one place that computes it."""
    active = [step for step in steps if not step.is_retired]

    def count(optional: bool) -> Count:
        walked = [
            step.state == State.DONE
            for step in active
            if step.is_optional == optional and step.state != State.SKIPPED
        ]
        return Count(sum(walked), len(walked))

    return Total(
        required=count(optional=False),
        optional=count(optional=True),
        skipped=sum(step.state == State.SKIPPED for step in active),
        left=[s for s in active if s.state not in (State.DONE, State.SKIPPED)],
    )


class Route:
    """A roadmap's steps in their order, as one person stands on each."""

    def __init__(
        self, steps: Iterable[AnnotatedStep], marks_elsewhere: int = 0
    ) -> None:
        """`steps` are all of one roadmap's, from `with_progress` or a snapshot."""
        everything = list(steps)
        self.marks_elsewhere = marks_elsewhere  # on other roadmaps, as far as is known
        self.steps = [step for step in everything if not step.is_retired]
        self.begun_at = min(
            (step.started_at for step in everything if step.started_at), default=None
        )
        for number, step in enumerate(self.steps, start=1):
            step.number = number
            step.news = self.news_of(step)
        self.retired = [
            step for step in everything if step.is_retired and step.state == State.DONE
        ]
        self.completed_at = everything[0].completed_at if everything else None
        marked = (step.done_at or step.started_at for step in everything)
        self.marked_at = max(filter(None, marked), default=NEVER)

    def news_of(self, step: AnnotatedStep) -> str:
        """What an editor did to the step since the person last dealt with it."""
        if step.done_at and step.revised_at and step.revised_at > step.done_at:
            return "Changed since you ticked it"
        is_untouched = step.state == State.NONE
        if is_untouched and self.begun_at and step.added_at > self.begun_at:
            return "New"
        return ""

    @property
    def total(self) -> Total:
        return total(self.steps)

    @property
    def added_since_completion(self) -> int:
        if self.completed_at is None:
            return 0
        return sum(step.added_at > self.completed_at for step in self.total.left)

    @property
    def finished_at(self) -> datetime:
        """When the last of the required steps that are done was done."""
        return max(
            step.done_at for step in self.steps if step.done_at and not step.is_optional
        )

    def was_complete(self, date: datetime | None) -> bool:
        """Whether only steps added since `date` keep it from being complete."""
        if date is None or not self.total.required.done:
            return False
        return all(
            step.added_at > date for step in self.total.left if not step.is_optional
        )

    def get(self, step_id: int) -> AnnotatedStep:
        """Raises Step.DoesNotExist for a step that is not on the route."""
        for step in self.steps:
            if step.pk == step_id:
                return step
        raise Step.DoesNotExist

    def around(
        self, step: AnnotatedStep
    ) -> tuple[AnnotatedStep | None, AnnotatedStep | None]:
        """The steps before and after one of the route."""
        index = self.steps.index(step)
        before = self.steps[index - 1] if index else None
        after = self.steps[index + 1] if index + 1 < len(self.steps) else None
        return before, after


class Mark(NamedTuple):
    """What marking a step has led to: the route is as it is after it."""

    step: AnnotatedStep
    route: Route
    before: StepStatus
    completed_before: datetime | None
    was_complete: bool

    @property
    def has_completed(self) -> bool:
        return self.route.total.is_complete and not self.was_complete

    @property
    def uncompleted_at(self) -> datetime | None:
        """The date of the completion that it took back."""
        return None if self.route.completed_at else self.completed_before


def with_progress(
    steps: StepQuerySet, user: User | AnonymousUser
) -> models.QuerySet[AnnotatedStep]:
    """Annotate where `user` stands on each step, and when its roadmap was completed."""
    annotated = steps.annotate(
        own=FilteredRelation("progress", condition=Q(progress__user=user.pk)),
        completion=FilteredRelation(
            "roadmap__completions",
            condition=Q(roadmap__completions__user=user.pk),
        ),
        state=Coalesce(F("own__state"), Value(State.NONE.value)),
        started_at=F("own__started_at"),
        done_at=F("own__done_at"),
        completed_at=F("completion__completed_at"),
    )
    return cast("models.QuerySet[AnnotatedStep]", annotated)


def with_learners(roadmaps: RoadmapQuerySet) -> RoadmapQuerySet:
    """Annotate `learner_count`, the people with a mark on any of the roadmap's steps,
    and `completion_count`.
    """
    marks = StepProgress.objects.filter(step__roadmap=OuterRef("pk"))
    completions = Completion.objects.filter(roadmap=OuterRef("pk"))
    learners = marks.values("step__roadmap").annotate(
        how_many=models.Count("user", distinct=True)
    )
    completed = completions.values("roadmap").annotate(how_many=models.Count("*"))
    return roadmaps.annotate(
        learner_count=Coalesce(Subquery(learners.values("how_many")), 0),
        completion_count=Coalesce(Subquery(completed.values("how_many")), 0),
    )


def routes_in_progress(user: User) -> dict[int, Route]:
    """The routes of the roadmaps on which `user` has marked a step, by roadmap id; the
    one that was marked last comes first.
    """
    own = Step.objects.outline().filter(
        roadmap__in=Step.objects.filter(progress__user=user).values("roadmap")
    )
    steps_by_roadmap: dict[int, list[AnnotatedStep]] = {}
    for step in with_progress(own, user):
        steps_by_roadmap.setdefault(step.roadmap_id, []).append(step)
    routes = {pk: Route(steps) for pk, steps in steps_by_roadmap.items()}
    return dict(
        sorted(routes.items(), key=lambda item: item[1].marked_at, reverse=True)
    )


# Where a person stands on a roadmap: a row a mark, and one at least.
SNAPSHOT = """
    SELECT roadmap.id, roadmap.content_version::text, completed_at,
        (SELECT count(*) FROM progress_stepprogress WHERE user_id = %(user)s),
        own.step_id, own.state, own.started_at, own.done_at
    FROM roadmaps_roadmap AS roadmap
    LEFT JOIN progress_completion AS completion
        ON completion.roadmap_id = roadmap.id AND completion.user_id = %(user)s
    LEFT JOIN (
        progress_stepprogress AS own JOIN roadmaps_step ON roadmaps_step.id = step_id
    ) ON roadmaps_step.roadmap_id = roadmap.id AND own.user_id = %(user)s
    WHERE (roadmap.is_published OR %(is_staff)s) AND """
OF_SLUG = "roadmap.slug = %(slug)s"
OF_STEP = "roadmap.id = (SELECT roadmap_id FROM roadmaps_step WHERE id = %(step)s)"

# These write and stand before it: what it then reads is what was there before that.
MARK = """
    WITH written AS (
        INSERT INTO progress_stepprogress AS stored
            (user_id, step_id, state, started_at, done_at)
        SELECT person.id, step.id, %(state)s, %(started_at)s, %(done_at)s
        FROM accounts_user AS person, roadmaps_step AS step
        WHERE person.id = %(user)s AND step.id = %(step)s
        ON CONFLICT (user_id, step_id) DO UPDATE SET
            state = excluded.state,
            started_at = CASE WHEN %(is_back)s
                THEN excluded.started_at ELSE stored.started_at END,
            done_at = excluded.done_at
        WHERE stored.state <> excluded.state
    )"""
UNMARK = """
    WITH written AS (
        DELETE FROM progress_stepprogress
        WHERE user_id = %(user)s AND step_id = %(step)s
    )"""


class ProgressSnapshot(NamedTuple):
    """Where a person stands on a roadmap, which may be another by now."""

    roadmap: int  # its id
    content_version: str
    completed_at: datetime | None
    marks: int  # of the person, wherever
    by_step: dict[int, dict[str, Any]]

    @classmethod
    def read(
        cls, sql: str, user: User | AnonymousUser, **values: Any
    ) -> ProgressSnapshot | None:
        """What `sql` finds; None where there is nothing that `user` may see."""
        with connection.cursor() as cursor:
            cursor.execute(sql, {"user": user.pk, "is_staff": user.is_staff, **values})
            rows = cursor.fetchall()
        if not rows:
            return None
        roadmap, content_version, completed_at, marks, *_ = rows[0]
        by_step = {
            row[4]: dict(zip(StepStatus._fields, row[5:], strict=True))
            for row in rows
            if row[4]
        }
        return cls(roadmap, content_version, completed_at, marks, by_step)

    def walk(self) -> tuple[Roadmap, Route]:
        roadmap, steps = outline(self.roadmap, self.content_version)
        no_mark = NOT_STARTED._asdict()
        of_all = {
            "completed_at": self.completed_at,
            "content_version": self.content_version,
        }
        own = []
        for shared in steps:
            step = Step.__new__(Step)  # what others are shown as well is not changed
            mark = self.by_step.get(shared.id, no_mark)
            step.__dict__ = shared.__dict__ | of_all | mark
            own.append(cast("AnnotatedStep", step))
        return roadmap, Route(own, marks_elsewhere=self.marks - len(self.by_step))


def walk(slug: str, user: User | AnonymousUser) -> tuple[Roadmap, Route]:
    """The roadmap, and where `user` stands on it. Raises Roadmap.DoesNotExist, for a
    draft too unless they are staff.
    """
    standings = ProgressSnapshot.read(SNAPSHOT + OF_SLUG, user, slug=slug)
    if standings is None:
        raise Roadmap.DoesNotExist
    return standings.walk()


class Past(NamedTuple):
    """What a person had marked on a roadmap, by step, and when they completed it."""

    marks: dict[int, StepStatus]
    completed_at: datetime | None


def lock_user_and_steps(user: User, *step_ids: int, roadmap_id: int = 0) -> None:
    """Make a person's own changes wait for one another until the transaction's end: of
    two ticks that are each the last, neither would see the other. And let no edit of
    the steps, or of the roadmap's, move marks between reading and writing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT FROM accounts_user AS person, roadmaps_step AS step
            WHERE person.id = %s AND (step.id = ANY(%s) OR step.roadmap_id = %s)
            ORDER BY step.id
            FOR NO KEY UPDATE OF person FOR KEY SHARE OF step
            """,
            [user.pk, list(step_ids), roadmap_id],
        )


class StepProgressQuerySet(models.QuerySet["StepProgress"]):
    def done(self, user: User) -> StepProgressQuerySet:
        """What `user` has done, retired steps included, the last first."""
        return (
            self.filter(user=user, state=State.DONE)
            .select_related("step__roadmap")
            .defer(*(f"step__{name}" for name in NOT_IN_OUTLINE))
            .order_by("-done_at", "-step")
        )

    def done_by_day(self, user: User, since: date) -> Counter[date]:
        """How many steps `user` did on each day from `since` on, in the time zone."""
        midnight = timezone.make_aware(datetime.combine(since, time.min))
        done = self.filter(user=user, done_at__gte=midnight)
        # Not told by PostgreSQL, whose list of time zones may be another than Python's.
        return Counter(map(timezone.localdate, done.values_list("done_at", flat=True)))

    def mark(
        self,
        user: User,
        step_id: int,
        state: str,
        put_back: StepStatus | None = None,
        completed_at: datetime | None = None,
    ) -> Mark:
        """Record that `user` stands at `state` on the step; a repeat changes nothing.
        An undo names the standing to `put_back`, and when the roadmap was completed.

        Raises Step.DoesNotExist when the step is unknown, retired, or hidden from them.
        """
        with transaction.atomic():
            lock_user_and_steps(user, step_id)
            now = timezone.now()
            # What is marked so already keeps its dates, and what was begun its first.
            asked = put_back or NOT_STARTED.moved_to(state, now)
            standings = ProgressSnapshot.read(
                (UNMARK if state == State.NONE else MARK) + SNAPSHOT + OF_STEP,
                user,
                step=step_id,
                is_back=put_back is not None,
                **asked._asdict(),
            )
            if standings is None:
                raise Step.DoesNotExist
            _, route = standings.walk()
            step = route.get(step_id)
            before = StepStatus.on(step)
            mark = Mark(
                step, route, before, route.completed_at, route.total.is_complete
            )
            if state != before.state:
                after = put_back or before.moved_to(state, now)
                step.state, step.started_at, step.done_at = after
                step.news = route.news_of(step)
                Completion.objects.update_completion(user, mark, completed_at)
        return mark

    @transaction.atomic
    def reset(self, user: User, roadmap: Roadmap) -> Past:
        """Take back all that `user` marked on the roadmap, and return what it was."""
        lock_user_and_steps(user, roadmap_id=roadmap.pk)
        own = self.filter(user=user, step__roadmap=roadmap)
        completion = Completion.objects.filter(user=user, roadmap=roadmap)
        past = Past(
            {row.step_id: row.standing for row in own},
            completion.values_list("completed_at", flat=True).first(),
        )
        own.delete()
        completion.delete()
        return past

    @transaction.atomic
    def restore(self, user: User, roadmap: Roadmap, past: Past) -> None:
        """Put back what `reset` took, but for steps that were marked again since."""
        lock_user_and_steps(user, roadmap_id=roadmap.pk)
        still_there = set(roadmap.steps.values_list("pk", flat=True))
        self.bulk_create(
            [
                StepProgress(user=user, step_id=step, **standing._asdict())
                for step, standing in past.marks.items()
                if step in still_there
            ],
            ignore_conflicts=True,
        )
        if past.completed_at:
            Completion.objects.get_or_create(
                user=user,
                roadmap=roadmap,
                defaults={"completed_at": past.completed_at},
            )
        Completion.objects.merge(user, {})  # if an edit left nothing to do since

    @transaction.atomic
    def merge(self, user: User, marks: Mapping[int, StepStatus]) -> set[int]:
        """Take over what `user` had marked elsewhere, by step, where it is newer and no
        less far than what is stored. Returns the steps that it changed.
        """
        lock_user_and_steps(user, *marks)
        stored = {
            row.step_id: row.standing for row in self.filter(user=user, step__in=marks)
        }
        newer = {
            step: mark
            for step, mark in marks.items()
            if step not in stored or stored[step].gives_way_to(mark)
        }
        self._write_all(user, newer)
        return set(newer)

    def _write_all(self, user: User, standings: Mapping[int, StepStatus]) -> None:
        self.bulk_create(
            [
                StepProgress(user=user, step_id=step, **standing._asdict())
                for step, standing in standings.items()
            ],
            update_conflicts=True,
            unique_fields=["user", "step"],
            update_fields=["state", "started_at", "done_at"],
        )


class StepProgress(models.Model):
    pk = models.CompositePrimaryKey("user", "step")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="progress",
        db_index=False,  # the primary key begins with it
    )
    # PROTECT: a step that somebody marked is retired, never deleted.
    step = models.ForeignKey(Step, models.PROTECT, related_name="progress")
    state = models.CharField(max_length=8, choices=State.choices[1:])
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    objects = StepProgressQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "step progress"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=State.values[1:]), name="progress_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=State.DONE, done_at__isnull=False)
                | (~Q(state=State.DONE) & Q(done_at__isnull=True)),
                name="progress_done_at_only_while_done",
            ),
        ]

    def __str__(self) -> str:
        return f"step {self.step_id}: {self.state}"

    @property
    def standing(self) -> StepStatus:
        return StepStatus(self.state, self.started_at, self.done_at)


class CompletionQuerySet(models.QuerySet["Completion"]):
    def update_completion(
        self, user: User, mark: Mark, completed_at: datetime | None
    ) -> None:
        """Write or remove the completion, as `mark` asks for. `completed_at` is its
        date where an undo brings it back.

        Only what the person does removes it, never an edit of the roadmap: opening a
        required step again, or leaving none that is done.
        """
        step, route = mark.step, mark.route
        is_complete = route.total.is_complete
        closed = (State.DONE, State.SKIPPED)
        is_reopened = (
            not step.is_optional
            and mark.before.state in closed
            and step.state not in closed
        )
        if route.completed_at is None and (is_complete or completed_at):
            route.completed_at = completed_at or route.finished_at
            self.create(
                user=user, roadmap=step.roadmap, completed_at=route.completed_at
            )
        elif (
            route.completed_at
            and not is_complete
            and (is_reopened or mark.was_complete)
        ):
            self.filter(user=user, roadmap=step.roadmap).delete()
            route.completed_at = None

    def merge(self, user: User, dates: Mapping[int, datetime]) -> set[int]:
        """Write the completions that are true of what `user` has marked by now and not
        stored, with the `dates` that they had elsewhere, by roadmap. Returns the
        roadmaps.
        """
        completed = {
            roadmap: dates.get(roadmap) or route.finished_at
            for roadmap, route in routes_in_progress(user).items()
            if not route.completed_at
            and (route.total.is_complete or route.was_complete(dates.get(roadmap)))
        }
        self.bulk_create(
            [
                Completion(user=user, roadmap_id=roadmap, completed_at=date)
                for roadmap, date in completed.items()
            ],
            ignore_conflicts=True,
        )
        return set(completed)

    def backfill(self, roadmap: Roadmap) -> None:
        """Write the completion of everybody whom an edit left with nothing to do: their
        last required step's date. Called when other steps are required than before: who
        skipped all others has completed by one that they did.

        What `total` says of one person, said of all in one statement.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH required AS (
                    SELECT id FROM roadmaps_step WHERE roadmap_id = %(roadmap)s
                        AND NOT is_optional AND NOT is_retired
                )
                INSERT INTO progress_completion (user_id, roadmap_id, completed_at)
                SELECT user_id, %(roadmap)s, completed_at FROM (
                    SELECT user_id, max(done_at) AS completed_at
                    FROM progress_stepprogress
                    WHERE step_id IN (SELECT id FROM required)
                        AND state IN ('done', 'skipped')
                    GROUP BY user_id
                    HAVING count(*) = (SELECT count(*) FROM required)
                        AND max(done_at) IS NOT NULL
                ) AS complete
                JOIN accounts_user AS person ON person.id = user_id
                FOR KEY SHARE OF person
                ON CONFLICT DO NOTHING
                """,
                {"roadmap": roadmap.pk},
            )


class Completion(models.Model):
    """That a person finished a roadmap, and when: its last required step's date."""

    pk = models.CompositePrimaryKey("user", "roadmap")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="completions",
        db_index=False,  # the primary key begins with it
    )
    roadmap = models.ForeignKey(Roadmap, models.PROTECT, related_name="completions")
    completed_at = models.DateTimeField()

    objects = CompletionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"roadmap {self.roadmap_id}: {self.completed_at:%Y-%m-%d}"


LONGEST_NOTE = 20_000  # characters


class NoteConflictError(Exception):
    """Somebody's note was saved elsewhere since they opened it here."""

    def __init__(self, stored: Note) -> None:
        self.stored = stored


class MergedNotes(NamedTuple):
    """What became of notes from elsewhere, as steps."""

    added: set[int]
    appended: set[int]
    too_long: set[int]  # to be appended: the stored one stayed as it was


BETWEEN_NOTES = "\n\n---\n\n"  # a rule, in Markdown


class NoteQuerySet(models.QuerySet["Note"]):
    def of(self, user: User) -> NoteQuerySet:
        """All of the person's notes, those on retired steps included, newest first."""
        return (
            self.filter(user=user)
            .select_related("step__roadmap")
            .defer(*(f"step__{name}" for name in NOT_IN_OUTLINE))
            .order_by("-saved_at", "-step")
        )

    def matching(self, words: str) -> NoteQuerySet:
        """Those with each of the words: in the note, or in a title over it."""
        notes = self
        for word in words.split():
            notes = notes.filter(
                Q(text__icontains=word)
                | Q(step__title__icontains=word)
                | Q(step__roadmap__title__icontains=word)
            )
        return notes

    def write(
        self, user: User, step: Step, text: str, page: str, base: str
    ) -> Note | None:
        """Keep `text` as the person's note; an empty one is no note, and None.

        `page` names the open page that writes, `base` the version that it began with.
        What the same page saved meanwhile is its own, in whatever order answers came.
        Raises NoteConflictError when another page has saved since, and writes nothing.
        """
        with transaction.atomic():
            stored = self.select_for_update().filter(user=user, step=step).first()
            if stored and stored.page != page and stored.version != base:
                raise NoteConflictError(stored)
            if not text.strip():
                self.filter(user=user, step=step).delete()
                return None
            note = Note(user=user, step=step, text=text, page=page)
            self.bulk_create(
                [note],
                update_conflicts=True,
                unique_fields=["user", "step"],
                update_fields=["text", "page", "saved_at"],
            )
            return note

    @transaction.atomic
    def merge_notes(
        self, user: User, notes: Mapping[int, tuple[str, datetime]]
    ) -> MergedNotes:
        """Keep the person's notes from elsewhere, each a text and its date, by step: as
        they are where there is none, else below what is stored, unless they are in it.
        """
        lock_user_and_steps(user, *notes)
        stored = {
            note.step_id: note.text
            for note in self.select_for_update().filter(user=user, step__in=notes)
        }
        gathered = MergedNotes(set(), set(), set())
        kept = []
        for step, (text, saved_at) in notes.items():
            if step not in stored:
                gathered.added.add(step)
                kept.append(Note(user=user, step_id=step, text=text, saved_at=saved_at))
            elif text.strip() not in stored[step]:
                both = f"{stored[step].rstrip()}{BETWEEN_NOTES}{text}"
                if len(both) > LONGEST_NOTE:
                    gathered.too_long.add(step)
                else:
                    gathered.appended.add(step)
                    kept.append(Note(user=user, step_id=step, text=both))
        self.bulk_create(
            kept,
            update_conflicts=True,
            unique_fields=["user", "step"],
            update_fields=["text", "page", "saved_at"],
        )
        return gathered


class Note(models.Model):
    """One private Markdown note a person and step; a row with no text is none."""

    pk = models.CompositePrimaryKey("user", "step")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notes",
        db_index=False,  # the primary key begins with it
    )
    # PROTECT: a step that somebody wrote about is retired, never deleted.
    step = models.ForeignKey(Step, models.PROTECT, related_name="notes")
    text = models.TextField(max_length=LONGEST_NOTE)
    page = models.CharField(max_length=32)  # the open page that saved it
    saved_at = models.DateTimeField(default=timezone.now)
    # Without an index: one's own are found by the primary key, and others' never.
    search_vector = VectorField(words("text", "C"))

    objects = NoteQuerySet.as_manager()

    def __str__(self) -> str:
        return f"note on step {self.step_id}"

    @property
    def version(self) -> str:
        """What a page sends back to say which version it began with."""
        return self.saved_at.isoformat()

    @property
    def html(self) -> str:
        """The note, to stand under its step's h3."""
        return to_html(self.text, below=3)
