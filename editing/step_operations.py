"""What an editor does to steps that people stand on, so that it costs none of them
anything: retire and bring back, merge, split. A few statements however many they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Q
from django.template.defaultfilters import pluralize
from django.utils import timezone

from progress.models import Completion, StepProgress
from progress.notes import MAX_NOTE_LENGTH, NOTE_SEPARATOR, Note
from progress.route import State
from roadmaps.models import Roadmap, Step, StepQuerySet


class Impact(NamedTuple):
    """How many people have something on a step, or on one of several."""

    learners: int  # with any mark
    done: int
    notes: int

    @classmethod
    def by(cls, steps: StepQuerySet) -> Impact:
        marks = StepProgress.objects.filter(step__in=steps).aggregate(
            learners=Count("user", distinct=True),
            done=Count("user", distinct=True, filter=Q(state=State.DONE)),
        )
        notes = Note.objects.filter(step__in=steps).values("user").distinct().count()
        return cls(**marks, notes=notes)

    def __bool__(self) -> bool:
        return bool(self.learners or self.notes)

    def __str__(self) -> str:
        if not self:
            return "No learner has a mark or a note on this"
        marked = self.learners - self.done
        said = [f"{self.done:,} learner{pluralize(self.done)} ticked this"]
        if marked:
            said.append(
                f"{marked:,} {pluralize(marked, 'has,have')} begun or skipped it"
            )
        said.append(f"{self.notes:,} {pluralize(self.notes, 'has a note,have notes')}")
        return ", ".join(said)


def are_touched(steps: StepQuerySet) -> bool:
    """Whether anybody has a mark or a note on one of the steps."""
    marks = StepProgress.objects.filter(step__in=steps)
    return marks.exists() or Note.objects.filter(step__in=steps).exists()


def is_ticked(step: Step) -> bool:
    return StepProgress.objects.filter(step=step, state=State.DONE).exists()


@transaction.atomic
def retire(step: Step) -> None:
    """Take the step off the route. Who has now done all that is left has completed."""
    step = _on_its_own(step)[step.pk]
    if not step.is_retired:
        _retire(step, "Retired")


@transaction.atomic
def bring_back(step: Step) -> None:
    """Put a retired step on the route again, as one that is added now. Who did it, and
    skipped all others, has completed.
    """
    step = _on_its_own(step)[step.pk]
    if step.is_retired:
        step.is_retired = False
        step.added_at = timezone.now()
        step.save_as("Brought back")
        Completion.objects.backfill(step.roadmap)


@transaction.atomic
def merge(step: Step, into: Step) -> None:
    """Let all that people have on `step` count on `into`, and retire `step`.

    The further state wins (done, then in progress, then skipped), the earlier date
    stays, and what they marked stays on `step` too. Notes are joined; one that would
    become too long stays whole where it is. Steps of other roadmaps that are the same
    as `step` become the same as `into`.

    Raises ValidationError unless `into` is another step on the same route.
    """
    path = f"{step.roadmap.slug}/{step.slug}"
    followers = Step.objects.filter(same_as=path).exclude(roadmap=step.roadmap_id)
    steps = _on_its_own(step, into, *followers)
    step, into = steps[step.pk], steps[into.pk]
    if step == into or step.roadmap_id != into.roadmap_id or into.is_retired:
        raise ValidationError("Choose another step on the route of this roadmap.")
    _copy_marks(step, into)
    ids = {"step": step.pk, "into": into.pk}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM (
                SELECT FROM progress_note WHERE step_id IN (%(step)s, %(into)s)
                ORDER BY user_id, step_id FOR UPDATE
            ) AS held
            """,
            ids,
        )
        # An open page that wrote one of the two is no longer its latest writer.
        cursor.execute(
            """
            WITH joined AS (
                UPDATE progress_note AS own SET
                    text = own.text || %(between)s || other.text,
                    page = '',
                    saved_at = now()
                FROM progress_note AS other
                WHERE own.step_id = %(into)s AND other.step_id = %(step)s
                    AND own.user_id = other.user_id
                    AND char_length(own.text || %(between)s || other.text) <= %(most)s
                RETURNING own.user_id
            )
            DELETE FROM progress_note
            WHERE step_id = %(step)s AND user_id IN (SELECT user_id FROM joined)
            """,
            ids | {"between": NOTE_SEPARATOR, "most": MAX_NOTE_LENGTH},
        )
        cursor.execute(
            """
            UPDATE progress_note AS note SET step_id = %(into)s
            WHERE step_id = %(step)s AND NOT EXISTS (
                SELECT FROM progress_note AS own
                WHERE own.step_id = %(into)s AND own.user_id = note.user_id
            )
            """,
            ids,
        )
    _follow(set(steps.values()) - {step, into}, path, into)
    _retire(step, f"Merged into {into.slug}")


@transaction.atomic
def split(step: Step, new: Step) -> None:
    """Save `new` right behind `step`, with everybody's state and dates on `step`, so
    that nobody's total falls. Notes stay where they are.

    Raises ValidationError when the slug is taken, or `step` is retired.
    """
    step = _on_its_own(step)[step.pk]
    if step.is_retired:
        raise ValidationError("A retired step cannot be split: bring it back first.")
    roadmap = step.roadmap
    new.roadmap, new.position = roadmap, step.position
    new.full_clean()
    new.save_as(f"Split off {step.slug}")
    _copy_marks(step, new)
    ids = [pk for pk in roadmap.steps.values_list("pk", flat=True) if pk != new.pk]
    ids.insert(ids.index(step.pk) + 1, new.pk)
    roadmap.arrange(ids)
    Roadmap.objects.record([roadmap], why=f"Split {step.slug}"[:100])
    Completion.objects.backfill(roadmap)


def _copy_marks(step: Step, into: Step) -> None:
    """Let everybody who stands on `step` stand as far on `into`, since as early."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO progress_stepprogress AS own
                (user_id, step_id, state, started_at, done_at)
            SELECT user_id, %(into)s, state, started_at, done_at
            FROM progress_stepprogress
            JOIN accounts_user AS person ON person.id = user_id
            WHERE step_id = %(step)s
            FOR KEY SHARE OF person  -- who deletes their account waits, or is gone
            ON CONFLICT (user_id, step_id) DO UPDATE SET
                state = CASE
                    WHEN 'done' IN (own.state, excluded.state) THEN 'done'
                    WHEN 'learning' IN (own.state, excluded.state) THEN 'learning'
                    ELSE 'skipped'
                END,
                started_at = least(own.started_at, excluded.started_at),
                done_at = least(own.done_at, excluded.done_at)
            """,
            {"step": step.pk, "into": into.pk},
        )


def _on_its_own(*steps: Step) -> dict[int, Step]:
    """The steps, with nobody marking them until the transaction's end: who does waits,
    and then finds them as they have become. Editors wait at the roadmap.
    """
    roadmaps = Roadmap.objects.select_for_update(no_key=True).order_by("pk")
    list(roadmaps.filter(steps__in=steps).values("pk"))
    held = Step.objects.select_for_update(of=["self"]).select_related("roadmap")
    own = held.filter(pk__in=[step.pk for step in steps]).order_by("pk")
    return {step.pk: step for step in own}


def _follow(others: Iterable[Step], path: str, into: Step) -> None:
    """Let those that are the same as `path` be the same as `into`."""
    followers = [step for step in others if step.same_as == path]
    for step in followers:
        own = f"{step.roadmap.slug}/{step.slug}"
        step.same_as = "" if into.canonical_path == own else into.canonical_path
    Step.objects.bulk_update(followers, ["same_as"])
    Step.objects.record(followers, why=f"{path} was merged into {into.slug}"[:100])


def _retire(step: Step, why: str) -> None:
    step.is_retired = True
    step.save_as(why)
    Completion.objects.backfill(step.roadmap)
