"""What people have marked and completed, and how that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from progress.activity import without_copies
from progress.locks import lock_user_and_steps
from progress.notes import Note  # noqa: F401, Django loads models from here
from progress.route import (
    AnnotatedStep,
    ResetSnapshot,
    Route,
    State,
    StepStatus,
    UndoOffer,
)
from progress.snapshot import ProgressSnapshot, routes_in_progress
from progress.statistics import RoadmapStatistics  # noqa: F401, as above
from progress.step_copies import (  # noqa: F401, as above
    CopiedPerson,
    StepCopy,
)
from progress.topic_checks import TopicCheck
from roadmaps.models import LARGE_FIELDS, Roadmap, Step
from roadmaps.step_parts import Topic
from roadmaps.visibility import may_see

if TYPE_CHECKING:
    from accounts.models import User

MANY_MARKS = 10_000  # read in some 10 ms


class MarkResult(NamedTuple):
    """What marking a step did. Both routes are the same object if nothing changed."""

    roadmap: Roadmap
    route_before: Route
    route: Route
    step_before: AnnotatedStep

    @property
    def step(self) -> AnnotatedStep:
        return self.route.steps[self.step_before.number - 1]

    @property
    def was_complete(self) -> bool:
        return self.route_before.total.is_complete

    @property
    def has_completed(self) -> bool:
        """Whether this mark completed the roadmap."""
        return self.route.total.is_complete and not self.was_complete

    @property
    def removed_completion(self) -> datetime | None:
        """The date of the completion that this mark removed."""
        return None if self.route.completed_at else self.route_before.completed_at

    @property
    def kept_completion(self) -> datetime | None:
        """The date of the completion that was there before this mark, and still is."""
        return self.route_before.completed_at if self.route.completed_at else None


class StepProgressQuerySet(models.QuerySet["StepProgress"]):
    def are_many(self, roadmap_id: int) -> bool:
        """Whether the roadmap has too many marks to read them all in a request.

        It reads at most MANY_MARKS rows, however many there are.
        """
        marks = self.filter(step__roadmap=roadmap_id)
        return marks[: MANY_MARKS + 1].count() > MANY_MARKS

    def done(self, user: User) -> StepProgressQuerySet:
        """The person's done steps, newest first, including retired ones.

        `is_hidden` tells whether the person may no longer open the step's roadmap.
        """
        return (
            self.filter(user=user, state=State.DONE)
            .annotate(is_hidden=~may_see(user, "step__roadmap__"))
            .select_related("step__roadmap")
            .defer(*(f"step__{name}" for name in LARGE_FIELDS))
            .order_by("-done_at", "-step")
        )

    def done_by_day(self, user: User, since: date) -> Counter[date]:
        """The number of steps done on each day since `since`, in the current time zone.

        Python computes the days: PostgreSQL may have another list of time zones.
        """
        midnight = timezone.make_aware(datetime.combine(since, time.min))
        done = self.filter(user=user, done_at__gte=midnight).values_list("done_at")
        times = without_copies(done_at for (done_at,) in done if done_at)
        return Counter(map(timezone.localdate, times))

    @transaction.atomic
    def mark(
        self, user: User, step_id: int, state: str, undo_offer: UndoOffer | None = None
    ) -> MarkResult:
        """Mark the step as `state`. A repeat changes nothing and keeps the dates.

        With `undo_offer`, restore the dates of the offer. Raises Step.DoesNotExist if
        the step is unknown, retired or hidden from the person.
        """
        roadmap_id = lock_user_and_steps(user, [step_id]).get(step_id)
        if roadmap_id is None:
            raise Step.DoesNotExist
        snapshot = ProgressSnapshot.read(user, roadmap_id=roadmap_id)
        if snapshot is None:
            raise Step.DoesNotExist
        roadmap, route = snapshot.get_route()
        step = route.get(step_id)
        if step is None:
            raise Step.DoesNotExist
        if step.state == state:
            return MarkResult(roadmap, route, route, step)

        status = step.status.moved_to(state, timezone.now())
        if undo_offer:
            status = undo_offer.status
            completions = undo_offer.removed_completion, undo_offer.kept_completion
        else:
            completions = None, None
        new_route = route.with_status(step, status, *completions)

        if state == State.NONE:
            self.filter(user=user, step=step_id).delete()
        else:
            self._save_all(user, {step_id: status})
        if new_route.completed_at != route.completed_at:
            Completion.objects.update_completion(user, roadmap, new_route.completed_at)
        return MarkResult(roadmap, route, new_route, step)

    @transaction.atomic
    def check_topic(self, user: User, topic_id: int, is_checked: bool) -> MarkResult:
        """Tick the topic, or untick it. A repeat changes nothing.

        A tick on a step that is not started marks the step as in progress; nothing else
        changes a step's state. Raises Topic.DoesNotExist if the topic is unknown,
        retired or hidden from the person.
        """
        roadmap_ids = lock_user_and_steps(user, topic_id=topic_id)
        if not roadmap_ids:
            raise Topic.DoesNotExist
        (roadmap_id,) = roadmap_ids.values()
        snapshot = ProgressSnapshot.read(user, roadmap_id=roadmap_id)
        if snapshot is None:
            raise Topic.DoesNotExist
        roadmap, route = snapshot.get_route()
        step = route.get_step_of_topic(topic_id)
        if step is None:
            raise Topic.DoesNotExist
        if step.pk not in roadmap_ids:
            # A merge or split moved the topic while this waited for the lock.
            return self.check_topic(user, topic_id, is_checked)
        if is_checked == (topic_id in snapshot.checked_topics):
            return MarkResult(roadmap, route, route, step)

        TopicCheck.objects.change(user, topic_id, is_checked)
        changed = snapshot.checked_topics ^ {topic_id}
        _, new_route = snapshot._replace(checked_topics=changed).get_route()
        if is_checked and step.state == State.NONE:
            status = step.status.moved_to(State.LEARNING, timezone.now())
            self._save_all(user, {step.pk: status})
            new_step = new_route.steps[step.number - 1]
            new_route = new_route.with_status(new_step, status)
        return MarkResult(roadmap, route, new_route, step)

    @transaction.atomic
    def reset(self, user: User, roadmap: Roadmap) -> ResetSnapshot:
        """Delete the person's marks on the roadmap and its topics, and return what they
        were.
        """
        lock_user_and_steps(user, roadmap_id=roadmap.pk)
        StepCopy.objects.catch_up(user)
        marks = self.filter(user=user, step__roadmap=roadmap)
        completion = Completion.objects.filter(user=user, roadmap=roadmap)
        checks = TopicCheck.objects.filter(user=user, topic__step__roadmap=roadmap)
        snapshot = ResetSnapshot(
            {mark.step_id: mark.status for mark in marks},
            completion.values_list("completed_at", flat=True).first(),
            list(checks.order_by("topic").values_list("topic", flat=True)),
        )
        checks.delete()
        marks.delete()
        completion.delete()
        return snapshot

    @transaction.atomic
    def restore(self, user: User, roadmap: Roadmap, snapshot: ResetSnapshot) -> None:
        """Bring back what `reset` deleted, except on steps marked again since."""
        remaining = lock_user_and_steps(user, roadmap_id=roadmap.pk)
        StepCopy.objects.catch_up(user)
        self.bulk_create(
            [
                StepProgress(user=user, step_id=step_id, **status._asdict())
                for step_id, status in snapshot.statuses.items()
                if step_id in remaining
            ],
            ignore_conflicts=True,
        )
        TopicCheck.objects.add(user, snapshot.topic_ids)
        if snapshot.completed_at:
            Completion.objects.update_completion(user, roadmap, snapshot.completed_at)
        # Since the reset, an edit may have retired the steps that were left.
        Completion.objects.merge(user, {})

    @transaction.atomic
    def merge(self, user: User, statuses: Mapping[int, StepStatus]) -> set[int]:
        """Take over statuses from a file, by step id, where they supersede the stored
        ones. Returns the ids of the steps that changed.
        """
        lock_user_and_steps(user, statuses)
        StepCopy.objects.catch_up(user)
        stored = {
            mark.step_id: mark.status
            for mark in self.filter(user=user, step__in=statuses)
        }
        newer = {
            step_id: status
            for step_id, status in statuses.items()
            if step_id not in stored or stored[step_id].is_superseded_by(status)
        }
        self._save_all(user, newer)
        return set(newer)

    def _save_all(self, user: User, statuses: Mapping[int, StepStatus]) -> None:
        self.bulk_create(
            [
                StepProgress(user=user, step_id=step_id, **status._asdict())
                for step_id, status in statuses.items()
            ],
            update_conflicts=True,
            unique_fields=["user", "step"],
            update_fields=["state", "started_at", "done_at"],
        )


class StepProgress(models.Model):
    """A person's mark on a step. No row means not started."""

    pk = models.CompositePrimaryKey("user", "step")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("user"),
        related_name="progress",
        db_index=False,  # the primary key starts with it
    )
    # PROTECT: a step with marks is retired, never deleted.
    step = models.ForeignKey(
        Step, models.PROTECT, verbose_name=_("step"), related_name="progress"
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices[1:])
    started_at = models.DateTimeField(_("started at"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    objects = StepProgressQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("step progress")
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
    def status(self) -> StepStatus:
        return StepStatus(self.state, self.started_at, self.done_at)


class CompletionQuerySet(models.QuerySet["Completion"]):
    def update_completion(
        self, user: User, roadmap: Roadmap, completed_at: datetime | None
    ) -> None:
        """Write the person's completion of the roadmap; None deletes it."""
        if completed_at is None:
            self.filter(user=user, roadmap=roadmap).delete()
        else:
            self._add_all(user, {roadmap.pk: completed_at})

    def merge(self, user: User, dates: Mapping[int, datetime]) -> set[int]:
        """Write the completions that the person's marks justify and that are missing.

        `dates` are completion dates from a file, by roadmap id. Returns the ids of the
        roadmaps that it completed.
        """
        completed = {
            roadmap_id: dates.get(roadmap_id) or route.finished_at
            for roadmap_id, route in routes_in_progress(user).items()
            if not route.completed_at
            and (route.total.is_complete or route.was_complete(dates.get(roadmap_id)))
        }
        self._add_all(user, completed)
        return set(completed)

    def _add_all(self, user: User, dates: Mapping[int, datetime]) -> None:
        self.bulk_create(
            [
                Completion(user=user, roadmap_id=roadmap_id, completed_at=completed_at)
                for roadmap_id, completed_at in dates.items()
            ],
            ignore_conflicts=True,  # an edit may have just written the same one
        )


class Completion(models.Model):
    """A person has completed a roadmap, on the date of their last required step."""

    pk = models.CompositePrimaryKey("user", "roadmap")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("user"),
        related_name="completions",
        db_index=False,  # the primary key starts with it
    )
    roadmap = models.ForeignKey(
        Roadmap,
        models.PROTECT,
        verbose_name=_("roadmap"),
        related_name="completions",
    )
    completed_at = models.DateTimeField(_("completed at"))

    objects = CompletionQuerySet.as_manager()

    class Meta:
        verbose_name = _("completion")
        verbose_name_plural = _("completions")

    def __str__(self) -> str:
        return f"roadmap {self.roadmap_id}: {self.completed_at:%Y-%m-%d}"
