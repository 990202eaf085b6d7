"""What joins a person to a step: their progress, its total, and completion."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F, FilteredRelation, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from roadmaps.full_text import VectorField, words
from roadmaps.models import Roadmap, Step, StepQuerySet

if TYPE_CHECKING:
    from typing import TypedDict

    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import WithAnnotations

    from accounts.models import User

    class Own(TypedDict):
        state: str
        started_at: datetime | None
        done_at: datetime | None
        completed_at: datetime | None
        number: int

    type OwnStep = WithAnnotations[Step, Own]


class State(models.TextChoices):
    """What a person says of a step."""

    NONE = "none", "not started"  # the absence of a row: never stored
    LEARNING = "learning", "in progress"
    DONE = "done", "done"
    SKIPPED = "skipped", "skipped"


class Standing(NamedTuple):
    """Where a person stands on a step: what its row holds."""

    state: str
    started_at: datetime | None = None
    done_at: datetime | None = None

    @classmethod
    def on(cls, step: OwnStep) -> Standing:
        return cls(step.state, step.started_at, step.done_at)

    def moved_to(self, state: str) -> Standing:
        """The same step in another state, as of now. Leaving done forgets its date."""
        if state == State.NONE:
            return Standing(State.NONE)
        now = timezone.now()
        done_at = now if state == State.DONE else None
        return Standing(state, self.started_at or now, done_at)


class Count(NamedTuple):
    done: int
    of: int


class Total(NamedTuple):
    """How far a person is on a roadmap. Skipped steps are in neither count."""

    required: Count
    optional: Count
    skipped: int
    left: list[OwnStep]

    @property
    def percent(self) -> int:
        """Of the required steps, rounded down: 100 says complete and nothing less."""
        return 100 * self.required.done // self.required.of if self.required.of else 0

    @property
    def is_complete(self) -> bool:
        return 0 < self.required.done == self.required.of

    @property
    def next(self) -> OwnStep | None:
        """The first required step that is left, else the first optional one."""
        return next(
            (step for step in self.left if not step.is_optional),
            self.left[0] if self.left else None,
        )


def total(steps: Iterable[OwnStep]) -> Total:
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

    def __init__(self, steps: Iterable[OwnStep]) -> None:
        """`steps` are all of one roadmap's, out of `with_progress`."""
        everything = list(steps)
        self.steps = [step for step in everything if not step.is_retired]
        for number, step in enumerate(self.steps, start=1):
            step.number = number
        self.retired = [
            step for step in everything if step.is_retired and step.state == State.DONE
        ]
        self.completed_at = everything[0].completed_at if everything else None

    @property
    def total(self) -> Total:
        return total(self.steps)

    @property
    def added_since_completion(self) -> int:
        if self.completed_at is None:
            return 0
        return sum(step.added_at > self.completed_at for step in self.total.left)

    def get(self, step_id: int) -> OwnStep:
        """Raises Step.DoesNotExist for a step that is not on the route."""
        for step in self.steps:
            if step.pk == step_id:
                return step
        raise Step.DoesNotExist

    def around(self, step: OwnStep) -> tuple[OwnStep | None, OwnStep | None]:
        """The steps before and after one of the route."""
        index = self.steps.index(step)
        before = self.steps[index - 1] if index else None
        after = self.steps[index + 1] if index + 1 < len(self.steps) else None
        return before, after


class Mark(NamedTuple):
    """What marking a step has led to."""

    step: OwnStep
    route: Route
    before: Standing


def with_progress(
    steps: StepQuerySet, user: User | AnonymousUser
) -> models.QuerySet[OwnStep]:
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
    return cast("models.QuerySet[OwnStep]", annotated)


def begun(user: User) -> dict[int, Route]:
    """The routes of the roadmaps on which `user` has marked a step, by roadmap id."""
    own = Step.objects.outline().filter(
        roadmap__in=Step.objects.filter(progress__user=user).values("roadmap")
    )
    steps_by_roadmap: dict[int, list[OwnStep]] = {}
    for step in with_progress(own, user):
        steps_by_roadmap.setdefault(step.roadmap_id, []).append(step)
    return {pk: Route(steps) for pk, steps in steps_by_roadmap.items()}


class StepProgressQuerySet(models.QuerySet["StepProgress"]):
    def mark(
        self, user: User, step_id: int, state: str, undo: Standing | None = None
    ) -> Mark:
        """Record that `user` stands at `state` on the step; a repeat changes nothing.
        `undo` puts that standing back, dates included.

        Raises Step.DoesNotExist when the step is unknown, retired, or hidden from them.
        """
        with transaction.atomic():
            # A person's marks take turns: of two last ticks, neither sees the other.
            get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
            siblings = Step.objects.outline().filter(roadmap__steps=step_id)
            route = Route(with_progress(siblings.select_related("roadmap"), user))
            step = route.get(step_id)
            if not (step.roadmap.is_published or user.is_staff):
                raise Step.DoesNotExist
            before = Standing.on(step)
            if state != before.state:
                after = undo or before.moved_to(state)
                self._write(user, step, after)
                step.state, step.started_at, step.done_at = after
                Completion.objects.settle(user, route, step, before)
        return Mark(step, route, before)

    def _write(self, user: User, step: Step, standing: Standing) -> None:
        if standing.state == State.NONE:
            self.filter(user=user, step=step).delete()
        else:
            self.bulk_create(
                [StepProgress(user=user, step=step, **standing._asdict())],
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


class CompletionQuerySet(models.QuerySet["Completion"]):
    def settle(self, user: User, route: Route, step: OwnStep, before: Standing) -> None:
        """Write or remove the completion, as `user` moved `step` on from `before`.

        Only a person's own unticking of a required step removes it; skipping one does
        not while another is done, nor does any edit of the roadmap.
        """
        now = route.total
        unticked = before.state == State.DONE and not step.is_optional
        skipped = step.state == State.SKIPPED and now.required.done > 0
        if now.is_complete and route.completed_at is None:
            route.completed_at = max(
                step.done_at
                for step in route.steps
                if step.done_at and not step.is_optional
            )
            self.create(
                user=user, roadmap=step.roadmap, completed_at=route.completed_at
            )
        elif route.completed_at and unticked and not skipped and not now.is_complete:
            self.filter(user=user, roadmap=step.roadmap).delete()
            route.completed_at = None


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


class NoteQuerySet(models.QuerySet["Note"]):
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
