"""Merge a file of exported data, from this site or another one, into an account."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from accounts.models import User
from groups.confirmations import WorkLink
from progress.locks import lock_user_and_steps
from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.route import StepStatus
from progress.topic_checks import TopicCheck
from roadmaps.models import Roadmap, Step
from roadmaps.step_parts import Topic

if TYPE_CHECKING:
    from data_export.document import ImportDocument

MAX_LISTED_UNMATCHED = 100


class RestoreResult(NamedTuple):
    """What an import changed, for the page that reports it."""

    marked_steps: list[Step]
    ticked_topics: int
    completed_roadmaps: list[Roadmap]
    work_links: int  # added, or replaced by newer ones
    notes_added: list[Step]
    notes_appended: list[Step]
    notes_too_long: list[Step]
    unchanged: int  # marks, ticks, notes and links that were here, the same or newer
    unmatched: list[str]  # "roadmap/step/topic", "roadmap/step" or "roadmap"

    @property
    def listed_unmatched(self) -> list[str]:
        return self.unmatched[:MAX_LISTED_UNMATCHED]

    @property
    def unlisted_count(self) -> int:
        return len(self.unmatched) - len(self.listed_unmatched)


@transaction.atomic
def restore(user: User, document: ImportDocument) -> RestoreResult:
    """Merge the progress, notes, links and completions of the file into the account.

    Nothing newer is overwritten. Importing the same file again changes nothing.
    """
    content = match_content(user, document)
    # A merge of steps may be moving their topics: wait for it before looking them up.
    lock_user_and_steps(user, content.step_ids())
    statuses = content.statuses_by_step_id()
    notes = content.notes_by_step_id()
    changed_step_ids = StepProgress.objects.merge(user, statuses)
    completed_roadmap_ids = Completion.objects.merge(
        user, content.completion_dates_by_roadmap_id()
    )
    topic_ids = content.topic_ids()
    ticked_topics = TopicCheck.objects.merge(user, topic_ids.values())
    merged_notes = Note.objects.merge_notes(user, notes)
    work_links = content.work_links_by_step_id()
    changed_links = WorkLink.objects.merge(user, work_links)
    unchanged_steps = len(statuses) - len(changed_step_ids)
    unchanged_topics = len(topic_ids) - ticked_topics
    unchanged_notes = len(notes) - sum(map(len, merged_notes))
    unchanged_links = len(work_links) - changed_links
    return RestoreResult(
        marked_steps=content.steps_with_ids(changed_step_ids),
        ticked_topics=ticked_topics,
        completed_roadmaps=content.roadmaps_with_ids(completed_roadmap_ids),
        work_links=changed_links,
        notes_added=content.steps_with_ids(merged_notes.added),
        notes_appended=content.steps_with_ids(merged_notes.appended),
        notes_too_long=content.steps_with_ids(merged_notes.too_long),
        unchanged=sum(
            [unchanged_steps, unchanged_topics, unchanged_notes, unchanged_links]
        ),
        unmatched=content.unmatched_paths(topic_ids),
    )


def match_content(user: User, document: ImportDocument) -> MatchedContent:
    slugs = document.roadmap_slugs()
    # Not filtered by PostgreSQL, which takes at most 65,535 parameters.
    visible = Roadmap.objects.visible_to(user)
    roadmaps = [roadmap for roadmap in visible if roadmap.slug in slugs]
    steps = Step.objects.defer_large_fields().filter(roadmap__in=roadmaps)
    return MatchedContent(
        document,
        {roadmap.slug: roadmap for roadmap in roadmaps},
        {
            f"{step.roadmap.slug}/{step.slug}": step
            for step in steps.select_related("roadmap")
        },
    )


class MatchedContent(NamedTuple):
    """A file, with those of its roadmaps and steps that the user can see here."""

    document: ImportDocument
    roadmaps: dict[str, Roadmap]  # by slug
    steps: dict[str, Step]  # by path, "roadmap/step"

    def statuses_by_step_id(self) -> dict[int, StepStatus]:
        return {
            self.steps[row.path].pk: StepStatus(row.state, row.started_at, row.done_at)
            for row in self.document.progress
            if row.path in self.steps
        }

    def step_ids(self) -> set[int]:
        """The steps of the file's marks, topics, notes and links that exist here."""
        document = self.document
        rows = [*document.progress, *document.topics, *document.notes]
        rows += document.work_links
        return {self.steps[row.path].pk for row in rows if row.path in self.steps}

    def topic_ids(self) -> dict[str, int]:
        """The topics of the file that exist here, by path, "roadmap/step/topic"."""
        paths = {row.topic_path for row in self.document.topics}
        if not paths:
            return {}
        topics = Topic.objects.filter(step__roadmap__in=self.roadmaps.values())
        rows = topics.values_list("step__roadmap__slug", "step__slug", "slug", "pk")
        found = {"/".join(slugs): pk for *slugs, pk in rows}
        return {path: found[path] for path in paths & found.keys()}

    def notes_by_step_id(self) -> dict[int, tuple[str, datetime]]:
        """Text and time of saving of each note."""
        return {
            self.steps[row.path].pk: (row.text, row.saved_at)
            for row in self.document.notes
            if row.path in self.steps
        }

    def work_links_by_step_id(self) -> dict[int, tuple[str, datetime]]:
        """Address and time of saving of each link."""
        return {
            self.steps[row.path].pk: (row.url, row.saved_at)
            for row in self.document.work_links
            if row.path in self.steps
        }

    def completion_dates_by_roadmap_id(self) -> dict[int, datetime]:
        return {
            self.roadmaps[row.roadmap].pk: row.completed_at
            for row in self.document.completions
            if row.roadmap in self.roadmaps
        }

    def steps_with_ids(self, ids: set[int]) -> list[Step]:
        return [step for step in self.steps.values() if step.pk in ids]

    def roadmaps_with_ids(self, ids: set[int]) -> list[Roadmap]:
        return [roadmap for roadmap in self.roadmaps.values() if roadmap.pk in ids]

    def unmatched_paths(self, topic_ids: Container[str]) -> list[str]:
        paths = [path for path in self.document.step_paths() if path not in self.steps]
        paths += [
            row.topic_path
            for row in self.document.topics
            if row.topic_path not in topic_ids
        ]
        slugs = [row.roadmap for row in self.document.completions]
        return paths + [slug for slug in slugs if slug not in self.roadmaps]
