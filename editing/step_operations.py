"""Retire, bring back, merge and split steps without loss of any learner's progress.

Each operation runs a fixed number of statements, however many learners a step has. With
`copies_later`, a merge or split does not copy the learners' progress, but only stores
that it has to be copied. step_copying.py then does that, in many short transactions.

The reasons in the history are stored as text, in the language of the request or worker.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from accounts.models import User
from editing.bounded_counts import MAX_COUNTED, count_people
from editing.group_feedback import count_people_with_feedback, has_feedback
from editing.needs import find_circle, read_needs
from editing.step_copying import find_people
from editing.step_references import find_references, rename_references
from progress.backfill import backfill_completions
from progress.models import MANY_MARKS, StepProgress
from progress.notes import Note
from progress.route import State
from progress.statistics import RoadmapStatistics
from progress.step_copies import StepCopy
from progress.topic_checks import TopicCheck
from roadmaps.models import Roadmap, Step, StepQuerySet
from roadmaps.step_parts import MAX_PARTS, Topic

COUNT_DONE = ngettext_lazy(
    "%(number)s learner has done this.", "%(number)s learners have done this.", "count"
)
COUNT_NOT_DONE = ngettext_lazy(
    "%(number)s learner has started or skipped it.",
    "%(number)s learners have started or skipped it.",
    "count",
)
COUNT_TOPICS = ngettext_lazy(
    "%(number)s learner has ticked some of its topics.",
    "%(number)s learners have ticked some of its topics.",
    "count",
)
COUNT_NOTES = ngettext_lazy(
    "%(number)s learner has a note on it.",
    "%(number)s learners have notes on it.",
    "count",
)
COUNT_FEEDBACK = ngettext_lazy(
    "%(number)s learner has a link to work, a confirmation or comments on it.",
    "%(number)s learners have links to work, confirmations or comments on it.",
    "count",
)


class Impact(NamedTuple):
    """How many people have progress, a ticked topic, a note or feedback from a group
    on one or more steps.
    """

    learners: int  # with progress in any state
    done: int
    topics: int  # with a ticked topic, whether or not they have other progress
    notes: int
    feedback: int  # with a link to work, a confirmation or a comment

    @classmethod
    def for_steps(cls, steps: StepQuerySet) -> Impact:
        """Count people. For one step on a roadmap with many marks, use stored counts.

        Otherwise, count at most MANY_MARKS learners, and MAX_COUNTED of the others.
        """
        ids = list(steps.values_list("pk", flat=True))
        topic_ids = list(
            Topic.objects.filter(step__in=ids).values_list("pk", flat=True)
        )
        checks = TopicCheck.objects.filter(topic__in=topic_ids)
        topics = count_people(checks, len(topic_ids))
        notes = count_people(Note.objects.filter(step__in=ids), len(ids))
        feedback = count_people_with_feedback(ids)
        if len(ids) == 1:
            stored = RoadmapStatistics.objects.filter(roadmap__steps=ids[0]).first()
            if stored:
                counts = stored.get_counts(ids[0])
                return cls(counts.reached, counts.finished, topics, notes, feedback)
        marks = StepProgress.objects.filter(step__in=ids)
        learners = count_people(marks, len(ids), MANY_MARKS)
        done = count_people(marks.filter(state=State.DONE), len(ids), MANY_MARKS)
        return cls(learners, done, topics, notes, feedback)

    def __bool__(self) -> bool:
        return bool(self.learners or self.topics or self.notes or self.feedback)

    def __str__(self) -> str:
        """Return one sentence for each number that is not zero."""
        if not self:
            return _("No learner has progress or notes on this.")
        not_done = self.learners - self.done
        sentences = [
            (self.done, COUNT_DONE, self.done == MANY_MARKS),
            (not_done, COUNT_NOT_DONE, self.learners == MANY_MARKS),
            (self.topics, COUNT_TOPICS, self.topics == MAX_COUNTED),
            (self.notes, COUNT_NOTES, self.notes == MAX_COUNTED),
            (self.feedback, COUNT_FEEDBACK, self.feedback == MAX_COUNTED),
        ]
        return " ".join(
            sentence % {"count": count, "number": describe_people(count, or_more)}
            for count, sentence, or_more in sentences
            if count
        )


def describe_people(count: int, or_more: bool) -> str:
    number = format_count(count)
    return _("At least %(number)s") % {"number": number} if or_more else number


def format_count(count: int) -> str:
    return str(number_format(count, force_grouping=True))


def has_learners(steps: StepQuerySet) -> bool:
    """Whether anybody has progress, a ticked topic, a note or feedback from a group on
    one of the steps. That includes steps that progress is being copied to.
    """
    return (
        StepProgress.objects.filter(step__in=steps).exists()
        or TopicCheck.objects.filter(topic__step__in=steps).exists()
        or Note.objects.filter(step__in=steps).exists()
        or has_feedback(steps)
        or StepCopy.objects.filter(into__in=steps).exists()
    )


def is_done_by_anyone(step: Step) -> bool:
    return StepProgress.objects.filter(step=step, state=State.DONE).exists()


@transaction.atomic
def retire(step: Step) -> None:
    """Take the step off the route.

    Learners who have done all remaining required steps complete the roadmap.
    """
    step = lock_steps(step)[step.pk]
    if not step.is_retired:
        _retire(step, _("Retired"))


@transaction.atomic
def bring_back(step: Step) -> None:
    """Put a retired step back on the route, in its old place. It counts as added now.
    It is in its old section again, unless that has moved away.

    Learners who did it and skipped all other required steps complete the roadmap.
    """
    step = lock_steps(step)[step.pk]
    if step.is_retired:
        step.section_id = find_section(step)
        step.is_retired = False
        step.added_at = timezone.now()
        step.save_with_reason(_("Brought back"))
        backfill_completions(step.roadmap)


def find_section(step: Step) -> int | None:
    """Return the id of the section for a step that comes back to its place.

    It is the step's own section, unless that would interrupt a section. Then it is the
    section of the step above.
    """
    rows = step.roadmap.steps.active().values_list("position", "pk", "section")
    place = (step.position, step.pk)
    sections = [(row[:2] < place, row[2]) for row in rows]
    above = next((own for is_above, own in reversed(sections) if is_above), None)
    below = next((own for is_above, own in sections if not is_above), None)
    is_inside = above is not None and above == below
    is_free = step.section_id not in {own for _is_above, own in sections}
    is_at_edge = step.section_id in (above, below)
    return step.section_id if not is_inside and (is_free or is_at_edge) else above


@transaction.atomic
def merge(
    step: Step, into: Step, editor: User | None = None, *, copies_later: bool = False
) -> None:
    """Copy everybody's progress on `step` to `into`, move the notes and retire `step`.

    Where a learner has progress on both, the state that is further along wins: done,
    then in progress, then skipped. The earlier dates win. Notes are joined; if the
    result would be too long, each stays on its step. Links to work, confirmations and
    comments move, as `merge_feedback` says. Topics move to `into`, or are
    joined with those that have the same slug. Steps that name `step` in same_as or
    needs then name `into`. Texts, questions, outcomes and resources stay on `step`. The
    versions name the editor, by default that of the current request.

    Raises ValidationError unless `into` is another active step of the same roadmap, if
    it would have too many topics, and while a copy on the roadmap is being written.
    """
    people = step.progress.count() if copies_later else 0
    path = f"{step.roadmap.slug}/{step.slug}"
    steps = lock_steps(step, into, *find_references([path]))
    step, into = steps[step.pk], steps[into.pk]
    if step == into or step.roadmap_id != into.roadmap_id or into.is_retired:
        raise ValidationError(_("Choose another active step of this roadmap."))
    topics = _merge_topics(step, into, editor)
    copy = StepCopy(roadmap=step.roadmap, step=step, into=into, all_people=people)
    copy.is_merge, copy.topics = True, topics
    _copy_progress(copy, copies_later)
    _update_references(set(steps.values()) - {step}, path, into, editor)
    _retire(step, _("Merged into %(step)s") % {"step": into.slug}, editor)


@transaction.atomic
def split(
    step: Step,
    new: Step,
    editor: User | None = None,
    topics: Collection[int] = (),
    *,
    copies_later: bool = False,
) -> None:
    """Save `new` directly after `step` and copy everybody's progress to it.

    The copy keeps everybody's total from falling. Confirmations are copied as well.
    Notes, links to work and comments stay on `step`. The topics with
    the ids `topics` move to `new`, with everybody's ticks. `new` is in the same section
    and needs the same steps.

    Raises ValidationError when the slug is taken or `step` is retired, and while a copy
    on the roadmap is being written.
    """
    people = step.progress.count() if copies_later else 0
    step = lock_steps(step)[step.pk]
    if step.is_retired:
        raise ValidationError(_("A retired step can’t be split. Bring it back first."))
    roadmap = step.roadmap
    new.roadmap, new.position = roadmap, step.position
    new.section, new.needs = step.section, step.needs
    new.full_clean()
    new.save_with_reason(_("Split off %(step)s") % {"step": step.slug}, editor)
    copy = StepCopy(roadmap=roadmap, step=step, into=new, all_people=people)
    _copy_progress(copy, copies_later)
    if step.topics.filter(pk__in=topics).update(step=new):
        reason = _("Split %(step)s") % {"step": step.slug}
        Step.objects.record([step, new], reason=reason, user=editor)
    ids = [pk for pk in roadmap.steps.values_list("pk", flat=True) if pk != new.pk]
    ids.insert(ids.index(step.pk) + 1, new.pk)
    roadmap.reorder_steps(ids)
    reason = _("Split %(step)s") % {"step": step.slug}
    Roadmap.objects.record([roadmap], reason=reason, user=editor)
    backfill_completions(roadmap)


def lock_steps(*steps: Step) -> dict[int, Step]:
    """Lock the steps and their roadmaps until the transaction ends; return the steps.

    Learners who mark one of the steps wait for the step's lock. Editors wait for the
    roadmap's.
    """
    roadmaps = Roadmap.objects.select_for_update(no_key=True).order_by("pk")
    list(roadmaps.filter(steps__in=steps).values("pk"))
    locked = Step.objects.select_for_update(of=["self"]).select_related("roadmap")
    own = locked.filter(pk__in=[step.pk for step in steps]).order_by("pk")
    return {step.pk: step for step in own}


def _retire(step: Step, reason: str, editor: User | None = None) -> None:
    step.is_retired = True
    step.save_with_reason(reason, editor)
    backfill_completions(step.roadmap)


def _copy_progress(copy: StepCopy, is_later: bool) -> None:
    """Copy everybody's progress now, or store that it has to be copied."""
    if StepCopy.objects.filter(roadmap=copy.roadmap).exists():
        raise ValidationError(_("Another operation on this roadmap is in progress."))
    if is_later:
        copy.save()
    else:
        copy.copy_people(find_people(copy))


def _merge_topics(step: Step, into: Step, editor: User | None) -> list[tuple[int, int]]:
    """Move the topics to `into`, after its own, with their ticks.

    If `into` has a topic with the same slug, the topic stays on `step`. The other one
    is brought back if it was retired. Return the ids of these pairs: the ticks of the
    first have to be copied to the second.
    """
    own = {topic.slug: topic for topic in into.topics.all()}
    position = max((topic.position for topic in own.values()), default=0)
    moved: list[Topic] = []
    brought_back: list[Topic] = []
    joined: dict[int, int] = {}  # ids of the topics of `into`, by those of `step`
    for topic in step.topics.all():
        if other := own.get(topic.slug):
            joined[topic.pk] = other.pk
            if other.is_retired and not topic.is_retired:
                other.is_retired = False
                brought_back.append(other)
        else:
            topic.step, topic.position = into, position + len(moved) + 1
            moved.append(topic)
    if moved and len(own) + len(moved) > MAX_PARTS:
        message = _(
            "The two steps have more than %(max)d topics together, which is too many "
            "for one step."
        )
        raise ValidationError(message % {"max": MAX_PARTS})
    Topic.objects.bulk_update(moved, ["step", "position"])
    Topic.objects.bulk_update(brought_back, ["is_retired"])
    if moved or brought_back:
        reason = _("%(step)s was merged into it") % {"step": step.slug}
        Step.objects.record([into], reason=reason, user=editor)
    return list(joined.items())


def _update_references(
    referring_steps: Iterable[Step], path: str, into: Step, editor: User | None
) -> None:
    """Let steps that name `path` in same_as or needs name `into` instead.

    A need that would make a step need itself, by way of others, is removed.
    """
    into_path = f"{into.roadmap.slug}/{into.slug}"
    all_needs: dict[str, list[str]] = {}
    changed = []
    for step in referring_steps:
        own_path = f"{step.roadmap.slug}/{step.slug}"
        is_elsewhere = step.roadmap_id != into.roadmap_id
        if step.same_as == path and is_elsewhere:
            is_circle = into.canonical_path == own_path
            step.same_as = "" if is_circle else into.canonical_path
            changed.append(step)
        if path in step.needs:
            all_needs = all_needs or read_needs(new_paths={path: into_path})
            needs = dict.fromkeys(all_needs[own_path])
            if find_circle(all_needs, own_path, into_path):
                del needs[into_path]
            step.needs = all_needs[own_path] = list(needs)
            if step not in changed:
                changed.append(step)
    Step.objects.bulk_update(changed, ["same_as", "needs"])
    reason = _("%(old)s was merged into %(new)s") % {"old": path, "new": into.slug}
    Step.objects.record(changed, reason=reason, user=editor)


def update_roadmap_slug(old: str, new: str) -> None:
    """Let steps that name a step of the renamed roadmap name its new slug."""
    named = Step.objects.filter(same_as__startswith=f"{old}/") | Step.objects.exclude(
        needs=[]
    )
    paths = {
        path: f"{new}/{path.partition('/')[2]}"
        for step in named
        for path in (step.same_as, *step.needs)
        if path.startswith(f"{old}/")
    }
    referring_steps = find_references(paths)
    rename_references(referring_steps, paths)
    reason = _("%(old)s was renamed to %(new)s") % {"old": old, "new": new}
    Step.objects.record(referring_steps, reason=reason)
