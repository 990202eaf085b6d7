"""The rules of progress: states, totals, badges and completion. No database here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import chain, groupby
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from progress.effort import Effort
from progress.protocols import SectionContent, StepContent

NEVER = datetime.min.replace(tzinfo=UTC)
MANY_STEPS, MANY_SECTIONS = 40, 3  # a page with this many helps people find a step


class State(TextChoices):
    """How far a person is with a step."""

    NONE = "none", _("Not started")  # never stored: there is no row
    LEARNING = "learning", _("In progress")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Skipped")


class Filter(TextChoices):
    """Which steps a roadmap's page shows, by the value of `?show=`.

    The style sheet hides the others: the HTML stays the same, and a link to any step
    still works. An unknown value shows all steps.
    """

    ALL = "", _("All")
    REMAINING = "remaining", _("To do")
    REQUIRED = "required", _("Required")
    OPTIONAL = "optional", _("Optional")
    LEARNING = "learning", _("In progress")
    DONE = "done", _("Done")

    @classmethod
    def _missing_(cls, _value: object) -> Filter:
        return cls.ALL

    def includes(self, step: AnnotatedStep) -> bool:
        match self:
            case Filter.REMAINING:
                return step.is_open
            case Filter.REQUIRED:
                return not step.is_optional
            case Filter.OPTIONAL:
                return step.is_optional
            case Filter.LEARNING | Filter.DONE:
                return step.state == self.value
            case _:
                return True


class StepStatus(NamedTuple):
    """A person's state on one step, with its dates."""

    state: str
    started_at: datetime | None = None
    done_at: datetime | None = None

    def moved_to(self, state: str, now: datetime) -> StepStatus:
        """The status after the person marks the step as `state`.

        The date of the first mark stays. Leaving done clears `done_at`.
        """
        if state == State.NONE:
            return NOT_STARTED
        done_at = now if state == State.DONE else None
        return StepStatus(state, self.started_at or now, done_at)

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do: neither done nor skipped."""
        return self.state not in (State.DONE, State.SKIPPED)

    @property
    def marked_at(self) -> datetime:
        return self.done_at or self.started_at or NEVER

    def is_superseded_by(self, other: StepStatus) -> bool:
        """Whether `other` is newer. Only another done status replaces a done one."""
        keeps_done = other.state == State.DONE or self.state != State.DONE
        return keeps_done and other.marked_at > self.marked_at


NOT_STARTED = StepStatus(State.NONE)


class UndoOffer(NamedTuple):
    """Lets one person restore the earlier status of a step, with its dates."""

    step_id: int
    status: StepStatus
    removed_completion: datetime | None  # of the roadmap, if the mark removed it
    kept_completion: datetime | None  # the same, if the mark did not change it
    token: str


class EquivalentStep(NamedTuple):
    """The same step in another roadmap, which the person has already done."""

    roadmap_title: str
    undo_offer: UndoOffer  # copies the other step's status to this one


class TopicStatus(NamedTuple):
    """Whether a person has ticked a topic of a step."""

    pk: int
    slug: str
    title: str
    is_checked: bool


class StepRow(NamedTuple):
    """A row of the roadmap's page as plain values: the key of its cached HTML.

    It has no undo offer, because the token of an offer is private.
    """

    pk: int
    number: int
    roadmap_slug: str
    slug: str
    title: str
    summary: str
    is_optional: bool
    is_open: bool
    state: str
    change_badge: str
    topic_count: Count
    hours: str
    is_in_section: bool
    is_filtered_out: bool
    undo_offer: None = None


@dataclass(slots=True, eq=False)
class AnnotatedStep:
    """A step with one person's status.

    The content is cached and shared by everybody: never change it.
    """

    content: StepContent
    status: StepStatus
    number: int = 0  # its place on the route, from 1; a retired step has none
    route_started_at: datetime | None = None
    undo_offer: UndoOffer | None = None
    equivalent: EquivalentStep | None = None
    checked_topics: frozenset[int] = frozenset()  # ids, also of other steps' topics
    is_filtered_out: bool = False

    @property
    def change_badge(self) -> str:
        # Only computed where it shows: a group's page reads many routes without it.
        return get_change_badge(self, self.route_started_at)

    @property
    def topics(self) -> list[TopicStatus]:
        return [
            TopicStatus(**topic, is_checked=topic["pk"] in self.checked_topics)
            for topic in self.content.active_topics
        ]

    @property
    def topic_count(self) -> Count:
        topics = self.content.active_topics
        return Count(
            sum(topic["pk"] in self.checked_topics for topic in topics), len(topics)
        )

    @property
    def has_only_checked_topics(self) -> bool:
        done, total = self.topic_count
        return 0 < done == total

    @property
    def effort(self) -> Effort | None:
        least, most = self.content.hours_min, self.content.hours_max
        return Effort(least, most) if least and most else None

    @property
    def hours(self) -> str:
        return self.effort.hours if self.effort else ""

    @property
    def section(self) -> SectionContent | None:
        return self.content.section

    @property
    def has_outline(self) -> bool:
        """Whether its page shows more than a body, resources and the state."""
        content = self.content
        facts = (self.effort, content.checked_on, content.needs)
        return self.is_in_section or any(facts) or bool(content.outcomes)

    @property
    def is_in_section(self) -> bool:
        return self.content.section_id is not None

    @property
    def pk(self) -> int:
        return self.content.pk

    @property
    def roadmap_id(self) -> int:
        return self.content.roadmap_id

    @property
    def slug(self) -> str:
        return self.content.slug

    @property
    def title(self) -> str:
        return self.content.title

    @property
    def summary(self) -> str:
        return self.content.summary

    @property
    def is_optional(self) -> bool:
        return self.content.is_optional

    @property
    def is_retired(self) -> bool:
        return self.content.is_retired

    @property
    def added_at(self) -> datetime:
        return self.content.added_at

    @property
    def revised_at(self) -> datetime | None:
        return self.content.revised_at

    @property
    def roadmap_slug(self) -> str:
        return self.content.roadmap_slug

    @property
    def canonical_path(self) -> str:
        return self.content.canonical_path

    @property
    def state(self) -> str:
        return self.status.state

    @property
    def is_open(self) -> bool:
        return self.status.is_open

    @property
    def started_at(self) -> datetime | None:
        return self.status.started_at

    @property
    def done_at(self) -> datetime | None:
        return self.status.done_at

    @property
    def done_on(self) -> date | None:
        """The date on which it was done, in the active time zone."""
        done_at = self.status.done_at
        return timezone.localdate(done_at) if done_at else None

    def get_absolute_url(self) -> str:
        return self.content.get_absolute_url()

    def get_row_url(self) -> str:
        return self.content.get_row_url()

    @property
    def row(self) -> StepRow:
        content = self.content
        return StepRow(
            content.pk,
            self.number,
            content.roadmap_slug,
            content.slug,
            content.title,
            content.summary,
            content.is_optional,
            self.status.is_open,
            self.status.state,
            self.change_badge,
            self.topic_count,
            self.hours,
            self.is_in_section,
            self.is_filtered_out,
        )


class Count(NamedTuple):
    done: int
    total: int


def add_up_effort(steps: Iterable[AnnotatedStep]) -> Effort | None:
    """The sum for the steps that are not skipped. None if one has no estimate."""
    efforts = [step.effort for step in steps if step.state != State.SKIPPED]
    known = [effort for effort in efforts if effort]
    if not known or len(known) < len(efforts):
        return None
    least, most = zip(*known, strict=True)
    return Effort(sum(least, Decimal(0)), sum(most, Decimal(0)))


class Total(NamedTuple):
    """How far a person is on a roadmap. Skipped steps are in neither count."""

    required: Count
    optional: Count
    skipped: int
    remaining: list[AnnotatedStep]

    @property
    def percent(self) -> int:
        """Of the required steps, rounded down: 100 means complete."""
        done, total = self.required
        return 100 * done // total if total else 0

    @property
    def is_complete(self) -> bool:
        return 0 < self.required.done == self.required.total

    @property
    def optional_remaining(self) -> int:
        return self.optional.total - self.optional.done

    @property
    def next(self) -> AnnotatedStep | None:
        """The step to continue with: the first that is in progress, or else the first
        remaining required one, or else the first optional one.

        The style sheet `route/next-step.css` follows the same rule.
        """
        in_progress = (step for step in self.remaining if step.state == State.LEARNING)
        required = (step for step in self.remaining if not step.is_optional)
        return next(chain(in_progress, required, self.remaining), None)


class RouteCounts(NamedTuple):
    """The numbers that pages show for a route: plain values, as the key of a cache."""

    required: Count
    optional: Count
    skipped: int
    completed_on: date | None
    added_since_completion: int


def compute_total(steps: Iterable[AnnotatedStep]) -> Total:
    """The total of a roadmap's steps. Every page and file shows its result."""
    active = [step for step in steps if not step.is_retired]

    def count(*, is_optional: bool) -> Count:
        counted = [
            step.state == State.DONE
            for step in active
            if step.is_optional == is_optional and step.state != State.SKIPPED
        ]
        return Count(sum(counted), len(counted))

    return Total(
        required=count(is_optional=False),
        optional=count(is_optional=True),
        skipped=sum(step.state == State.SKIPPED for step in active),
        remaining=[step for step in active if step.status.is_open],
    )


@dataclass(frozen=True)
class RouteSection:
    """Neighbouring steps of a route under one heading, or under none."""

    content: SectionContent | None
    steps: list[AnnotatedStep]
    is_open: bool

    @cached_property
    def total(self) -> Total:
        return compute_total(self.steps)

    @property
    def progress(self) -> Count:
        """Counts the required steps, or the optional ones if there are no others."""
        return self.total.required if self.has_required else self.total.optional

    @property
    def has_required(self) -> bool:
        return any(not step.is_optional for step in self.steps)

    @property
    def is_filtered_out(self) -> bool:
        return all(step.is_filtered_out for step in self.steps)

    @property
    def state(self) -> str:
        """Done if nothing counted is left, in progress if any step is marked."""
        done, total = self.progress
        if 0 < done == total:
            return State.DONE
        is_started = any(step.state != State.NONE for step in self.steps)
        return State.LEARNING if is_started else State.NONE


def get_change_badge(step: AnnotatedStep, route_started_at: datetime | None) -> str:
    """What an editor changed since the person last saw the step; empty for nothing."""
    if step.done_at and step.revised_at and step.revised_at > step.done_at:
        return gettext("Changed since you did it")
    is_not_started = step.state == State.NONE
    if is_not_started and route_started_at and step.added_at > route_started_at:
        return gettext("New")
    return ""


class Route:
    """A roadmap's steps in order, with one person's status on each."""

    def __init__(
        self,
        steps: Iterable[AnnotatedStep],
        completed_at: datetime | None = None,
        marks_elsewhere: int = 0,
    ) -> None:
        """`steps` are all steps of one roadmap, including retired ones. The route sets
        their numbers and badges, so they must not belong to another route.
        `marks_elsewhere` counts the person's marks on other roadmaps.
        """
        self.all_steps = list(steps)
        self.completed_at = completed_at
        self.marks_elsewhere = marks_elsewhere
        self.started_at = min(
            (step.started_at for step in self.all_steps if step.started_at),
            default=None,
        )
        self.steps = [step for step in self.all_steps if not step.is_retired]
        self.retired_done = [
            step
            for step in self.all_steps
            if step.is_retired and step.state == State.DONE
        ]
        for number, step in enumerate(self.steps, start=1):
            step.number = number
            step.route_started_at = self.started_at

    @cached_property
    def total(self) -> Total:
        return compute_total(self.steps)

    @property
    def has_sections(self) -> bool:
        return any(step.is_in_section for step in self.steps)

    @property
    def is_long(self) -> bool:
        """Whether its page has a filter by word."""
        return len(self.steps) >= MANY_STEPS

    @property
    def has_section_list(self) -> bool:
        """Whether its page has a list of links to the sections."""
        sections = {step.content.section_id for step in self.steps} - {None}
        return self.is_long and len(sections) >= MANY_SECTIONS

    def filter_by_words(self, words: str) -> None:
        """Filter out each step whose title and summary do not have all these words."""
        wanted = words.casefold().split()
        for step in self.steps:
            text = f"{step.title} {step.summary}".casefold()
            step.is_filtered_out = any(word not in text for word in wanted)

    @property
    def filtered_steps(self) -> list[AnnotatedStep]:
        return [step for step in self.steps if not step.is_filtered_out]

    def get_sections(self, *, are_all_open: bool = True) -> list[RouteSection]:
        """The sections in order. If not all are open, these are: the one with the step
        to continue with, the one after it, and steps under no heading.
        """
        groups = [
            list(steps)
            for _, steps in groupby(self.steps, lambda step: step.content.section_id)
        ]
        next_step = self.total.next
        current = next(
            (number for number, steps in enumerate(groups) if next_step in steps), -2
        )
        return [
            RouteSection(
                steps[0].section if steps[0].is_in_section else None,
                steps,
                are_all_open
                or not steps[0].is_in_section
                or number in (current, current + 1),
            )
            for number, steps in enumerate(groups)
        ]

    def get_section(self, step: AnnotatedStep) -> RouteSection:
        """The section that the step is in."""
        return next(each for each in self.get_sections() if step in each.steps)

    @property
    def has_estimates(self) -> bool:
        """Whether the page says how many hours the roadmap takes."""
        return all(step.effort for step in self.steps)

    @cached_property
    def effort(self) -> Effort | None:
        """Of all steps that are not skipped, if each has an estimate."""
        return add_up_effort(self.steps)

    @property
    def effort_left(self) -> Effort | None:
        return add_up_effort(self.total.remaining) if self.effort else None

    def get_step_of_topic(self, topic_id: int) -> AnnotatedStep | None:
        """The step with this topic; None if the topic is unknown or retired."""
        return next(
            (
                step
                for step in self.steps
                for topic in step.content.active_topics
                if topic["pk"] == topic_id
            ),
            None,
        )

    @property
    def counts(self) -> RouteCounts:
        total = self.total
        return RouteCounts(
            total.required,
            total.optional,
            total.skipped,
            timezone.localdate(self.completed_at) if self.completed_at else None,
            self.added_since_completion,
        )

    @property
    def is_started(self) -> bool:
        """Whether the person has marked any step."""
        return self.started_at is not None

    @property
    def filters(self) -> tuple[tuple[str, str, int], ...]:
        """The value, the label and the number of steps of each filter."""
        return tuple(
            (each.value, str(each.label), sum(map(each.includes, self.steps)))
            for each in Filter
        )

    @property
    def marked_at(self) -> datetime:
        """The date of the person's last mark."""
        return max((step.status.marked_at for step in self.all_steps), default=NEVER)

    @property
    def added_since_completion(self) -> int:
        """How many of the remaining steps were added after the completion."""
        if self.completed_at is None:
            return 0
        return sum(step.added_at > self.completed_at for step in self.total.remaining)

    @property
    def finished_at(self) -> datetime:
        """When the person did the last of the required steps that are done.

        Raises ValueError if none is done.
        """
        return max(
            step.done_at for step in self.steps if step.done_at and not step.is_optional
        )

    def was_complete(self, at: datetime | None) -> bool:
        """Whether every remaining required step was added after `at`."""
        if at is None or not self.total.required.done:
            return False
        return all(
            step.added_at > at for step in self.total.remaining if not step.is_optional
        )

    def get(self, step_id: int) -> AnnotatedStep | None:
        """The step on the route; None for one that is unknown or retired."""
        return next((step for step in self.steps if step.pk == step_id), None)

    def previous_and_next(
        self, step: AnnotatedStep
    ) -> tuple[AnnotatedStep | None, AnnotatedStep | None]:
        """The steps before and after a step of the route."""
        before = self.steps[step.number - 2] if step.number > 1 else None
        after = self.steps[step.number] if step.number < len(self.steps) else None
        return before, after

    def with_status(
        self,
        step: AnnotatedStep,
        status: StepStatus,
        restored_completion: datetime | None = None,
        kept_completion: datetime | None = None,
    ) -> Route:
        """The route after the person gave `step` another status.

        A mark that leaves no required step to do completes the roadmap. An undo brings
        the completion back with its date, `restored_completion`. A mark removes the
        completion if it reopens a required step or leaves no required step done. An
        undo does not remove `kept_completion`, which was there before the mark that it
        undoes. An edit of the roadmap never removes a completion.
        """
        route = Route(
            (
                AnnotatedStep(
                    other.content,
                    status if other is step else other.status,
                    checked_topics=other.checked_topics,
                )
                for other in self.all_steps
            ),
            self.completed_at,
            self.marks_elsewhere,
        )
        is_complete = route.total.is_complete
        if self.completed_at is None:
            if is_complete or restored_completion:
                route.completed_at = restored_completion or route.finished_at
        elif not is_complete and self.completed_at != kept_completion:
            is_reopened = status.is_open and not step.status.is_open
            is_required = not step.is_optional
            if self.total.is_complete or (is_required and is_reopened):
                route.completed_at = None
        return route


class ResetSnapshot(NamedTuple):
    """What a reset of a roadmap removed: statuses by step id, the completion, and the
    ids of the topics that were ticked.
    """

    statuses: dict[int, StepStatus]
    completed_at: datetime | None
    topic_ids: list[int]
