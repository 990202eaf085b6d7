"""In any order of actions and edits, no learner loses anything.

By default, this runs the same few sequences each time. To run more and random ones:
MAX_EXAMPLES=2000 .venv/bin/python -m pytest -k test_no_edit_loses_any_progress
"""

import os
from itertools import count, groupby

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from core.text import BIDI_CONTROLS
from editing import step_operations
from editing.sections import assign_sections, list_rows
from editing.step_copying import copy_next_people
from editing.yaml_format.exporter import export, serialize, to_yaml
from editing.yaml_format.importer import import_roadmap
from editing.yaml_format.parser import YamlDocument
from editing.yaml_format.schema import (
    QuestionEntry,
    ResourceEntry,
    SectionEntry,
    StepEntry,
    TopicEntry,
    parse,
)
from editing.yaml_format.validators import normalize_body
from groups.confirmations import Confirmation
from groups.models import Group
from progress import step_copies, undo
from progress.backfill import backfill_completions
from progress.models import Completion, StepProgress
from progress.notes import MAX_NOTE_LENGTH, NOTE_SEPARATOR, Note
from progress.route import Route, StepStatus
from progress.snapshot import annotate_steps
from progress.step_copies import StepCopy
from progress.topic_checks import TopicCheck
from roadmaps.models import Roadmap, Section, Step
from roadmaps.step_parts import STEP_PARTS, Topic
from tests.factories import RoadmapFactory, StepFactory, TopicFactory, UserFactory

MAX_EXAMPLES = os.environ.get("MAX_EXAMPLES")
NOT_STARTED = StepStatus("none")
STATES_IN_ORDER = ["none", "skipped", "learning", "done"]
CLOSED = ("done", "skipped")
CHANGE_TOTALS = {"add", "remove", "toggle optional", "retire"}  # kinds of changes

person_index = st.integers(0, 1)
number = st.integers(0, 3)
any_topic = st.integers(0, 9)
states = st.sampled_from(["done", "done", "done", "skipped", "learning", "none"])
note_texts = st.sampled_from(["", "short", "short", "x" * (MAX_NOTE_LENGTH // 2)])
characters = st.characters(exclude_categories=["Cc", "Cf", "Cn", "Co", "Cs", "Z"])
awkward = ["yes", "- a", "a: b", "a #b", "'", '"', "\\", "\ufeffa", "~", "1e3", "👩‍💻"]
lines = st.sampled_from(awkward) | st.text(characters, min_size=1, max_size=9)
bodies = st.text(
    characters | st.sampled_from("\n\n\n\t\r   #-|:>'\"\u2028\u0085\ufeff"), max_size=30
).filter(lambda text: not BIDI_CONTROLS.search(text))
kinds = st.sampled_from(
    [
        "add",
        "remove",
        "rename",
        "toggle optional",
        "retire",
        "new summary",
        "new body",
        "new meaning",
        "new link",
        "new texts",
        "new section",
        "new topic",
        "new topic",
        "rename topic",
        "remove topic",
        "retire topic",
        "move topic",
    ]
)
# What learners do while a merge or split is copying everybody's progress in batches.
actions = st.sampled_from(
    ["mark", "mark_and_undo", "check", "uncheck", "reset", "restore"]
)
meanwhile = st.none() | st.lists(
    st.tuples(actions, st.integers(0, 1), st.integers(0, 9), states), max_size=4
)
changes = st.lists(st.tuples(kinds, number, lines, bodies), min_size=2, max_size=6)


class RoadmapStateMachine(RuleBasedStateMachine):
    """A roadmap and two people: each action must have the same effect as in a model."""

    def __init__(self, people):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.roadmap, self.people = Roadmap.objects.get(), people
        self.started_at = timezone.now()
        self.numbers = count()
        self.order = self.stored_order()
        self.steps = self.stored_steps()
        self.topics = self.stored_topics()
        self.renamed_topics = set()  # step and old slug
        self.revised, self.added = self.dates("revised_at"), self.dates("added_at")
        self.marks = {}  # by person and step
        self.checks = set()  # person and topic
        self.notes = {}
        self.group = Group.objects.create(name="Group")
        self.confirmations = {}  # dates by person and step
        self.completed = {}  # by person
        self.offers = []
        self.reset_tokens = {}
        self.versions = []

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(
        marks=st.lists(states, min_size=6, max_size=6),
        checks=st.lists(st.booleans(), min_size=6, max_size=6),
    )
    def add_progress_and_notes(self, marks, checks):
        """Give every step progress, topics and a note that an edit could lose."""
        for index, state in enumerate(marks):
            self.mark(index % 2, index // 2, state)
            self.write(index % 2, index // 2, "first")
            if checks[index]:
                self.check_topic(index % 2, index // 2, True)

    # Actions of learners

    @rule(person_index=person_index, index=number, state=states)
    def mark(self, person_index, index, state):
        mark = self.mark_step(self.people[person_index], self.pk(index), state)
        if mark and (offer := undo.offer_undo(self.people[person_index], mark)):
            self.offers.append((self.people[person_index], offer.token))

    @rule(person_index=person_index, index=number, state=states)
    def mark_and_undo(self, person_index, index, state):
        before = dict(self.marks), dict(self.completed)
        offers = len(self.offers)
        self.mark(person_index, index, state)
        if len(self.offers) > offers:
            self.undo(-1)
            assert (self.marks, self.completed) == before

    @rule(
        person_index=person_index,
        index=any_topic,
        is_checked=st.sampled_from([True, True, False]),
    )
    def check_topic(self, person_index, index, is_checked):
        person = self.people[person_index]
        topic_id, step, slug = self.topic(index)
        topics = {topic["slug"]: topic for topic in self.steps[step]["topics"]}
        key = person.pk, topic_id
        if self.steps[step]["retired"] or topics[slug]["retired"]:
            with pytest.raises(Topic.DoesNotExist):
                StepProgress.objects.check_topic(person, topic_id, is_checked)
            return
        StepProgress.objects.check_topic(person, topic_id, is_checked)
        if not is_checked:
            self.checks.discard(key)
        elif key not in self.checks:
            self.checks.add(key)
            if (person.pk, step) not in self.marks:
                status = self.stored_marks()[person.pk, step]
                assert status == StepStatus("learning", status.started_at)
                self.marks[person.pk, step] = status

    @rule(index=number)
    def undo(self, index):
        if self.offers:
            person, token = self.offers.pop(index % len(self.offers))
            offer = undo.read_offer(token, person)
            self.mark_step(person, offer.step_id, offer.status.state, offer)

    @rule(person_index=person_index)
    def reset(self, person_index):
        person = self.people[person_index]
        snapshot = StepProgress.objects.reset(person, self.roadmap)
        self.reset_tokens[person] = undo.sign_reset(person, self.roadmap, snapshot)
        own = {pk: mark for (user, pk), mark in self.marks.items() if user == person.pk}
        topic_ids = sorted(pk for user, pk in self.checks if user == person.pk)
        assert snapshot == (own, self.completed.pop(person.pk, None), topic_ids)
        self.checks -= {(person.pk, pk) for pk in topic_ids}
        for pk in own:
            del self.marks[person.pk, pk]

    @rule(person_index=person_index)
    def restore(self, person_index):
        person = self.people[person_index]
        if token := self.reset_tokens.pop(person, None):
            snapshot = undo.read_reset(token, person, self.roadmap)
            StepProgress.objects.restore(person, self.roadmap, snapshot)
            for pk, status in snapshot.statuses.items():
                self.marks.setdefault((person.pk, pk), status)
            self.checks |= {(person.pk, pk) for pk in snapshot.topic_ids}
            if snapshot.completed_at:
                self.completed.setdefault(person.pk, snapshot.completed_at)
            self.complete_in_model(person)

    @rule(person_index=person_index, index=number, text_to_add=note_texts)
    def write(self, person_index, index, text_to_add):
        key = self.people[person_index].pk, self.pk(index)
        text = f"{self.notes.get(key, '')} {text_to_add} {next(self.numbers)}"
        if not text_to_add or len(text) > MAX_NOTE_LENGTH:
            text = ""
        note = Note.objects.filter(user=key[0], step=key[1]).first()
        base = note.version if note else ""
        Note.objects.write(self.people[person_index], self.pk(index), text, "p", base)
        self.notes.pop(key, None)
        if text:
            self.notes[key] = text

    @rule(person_index=person_index, index=number)
    def confirm(self, person_index, index):
        person, pk = self.people[person_index], self.pk(index)
        status = self.marks.get((person.pk, pk), NOT_STARTED)
        if status.state == "done":
            new = Confirmation(group=self.group, user=person, step_id=pk)
            is_new = Confirmation.objects.confirm(new, status)
            old = self.confirmations.get((person.pk, pk))
            assert is_new == (not self.is_valid(old, status))
            if is_new:
                self.confirmations[person.pk, pk] = new.confirmed_at

    def is_valid(self, confirmed_at, status):
        """Whether a confirmation of that date counts with this status."""
        is_done = confirmed_at and status.state == "done"
        return bool(is_done and status.done_at <= confirmed_at)

    # Actions of an editor

    @rule(index=number)
    def retire(self, index):
        step_operations.retire(self.step(index))
        self.steps[self.pk(index)]["retired"] = True
        self.complete_in_model(*self.people)

    @rule(index=number)
    def bring_back(self, index):
        pk = self.pk(index)
        step_operations.bring_back(self.step(index))
        if self.steps[pk]["retired"]:
            self.steps[pk]["retired"] = False
            self.steps[pk]["section"] = self.stored_steps()[pk]["section"]
            self.expect_later_date(self.added, "added_at", pk)
        self.complete_in_model(*self.people)

    @rule(index=number)
    def toggle_optional(self, index):
        step = self.step(index)
        step.is_optional = not step.is_optional
        step.save()
        backfill_completions(self.roadmap)
        self.steps[step.pk]["optional"] = step.is_optional
        self.complete_in_model(*self.people)

    @rule(index=number, body=bodies)
    def rewrite(self, index, body):
        step = self.step(index)
        step.body = body
        step.save()
        self.steps[step.pk]["body"] = normalize_body(body)

    @rule(
        index=number,
        is_optional=st.booleans(),
        chosen=st.sets(number),
        meanwhile=meanwhile,
    )
    def split(self, index, is_optional, chosen, meanwhile):
        pk, slug = self.pk(index), self.new_slug()
        new = Step(slug=slug, title="New", summary="New.", is_optional=is_optional)
        if self.steps[pk]["retired"]:
            with pytest.raises(ValidationError):
                step_operations.split(self.step(index), new)
            return
        done = self.count_done()
        topics = self.steps[pk]["topics"]
        moved = [topic for n, topic in enumerate(topics) if n in chosen]
        ids = [self.topics[pk, topic["slug"]] for topic in moved]
        in_batches = meanwhile is not None
        step_operations.split(
            self.step(index), new, topics=ids, copies_later=in_batches
        )
        self.steps[pk]["topics"] = [topic for topic in topics if topic not in moved]
        section = self.steps[pk]["section"]
        self.steps[new.pk] = entry(
            slug, "New", "New.", optional=is_optional, section=section, topics=moved
        )
        self.move_topics(moved, pk, new.pk)
        self.revised[new.pk], self.added[new.pk] = None, new.added_at
        self.order.insert(self.order.index(pk) + 1, new.pk)
        for person in self.people:
            if (person.pk, pk) in self.marks:
                self.marks[person.pk, new.pk] = self.marks[person.pk, pk]
            if (person.pk, pk) in self.confirmations:
                confirmed_at = self.confirmations[person.pk, pk]
                self.confirmations[person.pk, new.pk] = confirmed_at
        self.copy_in_batches(meanwhile)
        self.complete_in_model(*self.people)
        if not meanwhile:
            now = self.count_done()
            assert all(new >= old for new, old in zip(now, done, strict=True))

    def copy_in_batches(self, meanwhile):
        """Let learners do something before each batch. Each batch reads everything from
        the database, as after the death of a worker.
        """
        actions = iter(meanwhile or ())
        for copy in StepCopy.objects.all():
            self.act(*next(actions, ()))
            while copy_next_people(copy):
                self.act(*next(actions, ()))

    def act(self, name="", person_index=0, index=0, state=""):
        match name:
            case "mark":
                self.mark(person_index, index, state)
            case "mark_and_undo":
                self.mark_and_undo(person_index, index, state)
            case "check" | "uncheck":
                if self.topics:
                    self.check_topic(person_index, index, name == "check")
            case "reset":
                self.reset(person_index)
            case "restore":
                self.restore(person_index)

    @rule(index=number, other=number, meanwhile=meanwhile)
    def merge(self, index, other, meanwhile):
        step, into = self.pk(index), self.pk(other)
        if step == into or self.steps[into]["retired"]:
            with pytest.raises(ValidationError):
                step_operations.merge(self.step(index), into=self.step(other))
            return
        in_batches = meanwhile is not None
        step_operations.merge(
            self.step(index), into=self.step(other), copies_later=in_batches
        )
        self.steps[step]["retired"] = True
        self.merge_topics(step, into)
        for person in self.people:
            self.merge_in_model(person.pk, step, into)
        self.copy_in_batches(meanwhile)
        self.complete_in_model(*self.people)

    @rule(chance=st.randoms(use_true_random=False))
    def reorder(self, chance):
        totals = self.totals()
        rows = list_rows(self.roadmap.steps.all(), self.roadmap.sections.all())
        chance.shuffle(rows)
        slugs = {f"section-{row.pk}": row.slug for row in self.roadmap.sections.all()}
        ids = {f"section-{row.pk}": row.pk for row in self.roadmap.sections.all()}
        pairs = [(int(step), section) for step, section in assign_sections(rows)]
        self.order = [pk for pk, _ in pairs]
        self.roadmap.reorder_steps(
            self.order, {pk: ids.get(section) for pk, section in pairs}
        )
        for pk, section in pairs:
            self.steps[pk]["section"] = slugs.get(section, "")
        Roadmap.objects.record([self.roadmap])
        assert self.totals() == totals

    @rule(changes=changes)
    def import_a_file(self, changes):
        self.import_roadmap(changes)

    @rule(changes=changes, chance=st.randoms(use_true_random=False))
    def import_another_order(self, changes, chance):
        self.import_roadmap(changes, chance)

    def import_roadmap(self, changes, chance=None):
        """Import the roadmap's own file with these changes."""
        file = parse(YamlDocument("now.yaml", export(self.roadmap).encode()))
        known = {step["slug"]: pk for pk, step in self.steps.items()}
        totals = self.totals()
        for change in changes:
            self.change(file, known, *change)
        if chance:
            chance.shuffle(file.steps)
        self.join_sections(file)
        file = parse(YamlDocument("new.yaml", to_yaml(file).encode()))
        import_roadmap(file)
        self.roadmap.refresh_from_db()
        assert self.roadmap.summary == file.summary
        self.update_model(file, known)
        self.complete_in_model(*self.people)
        self.check_that_it_changes_nothing(file)
        if CHANGE_TOTALS.isdisjoint(kind for kind, *_ in changes):
            assert self.totals() == totals

    def join_sections(self, file):
        """Move the steps that are apart from their section into the one above."""
        ended, above = set(), ""
        for step in file.steps:
            if step.retired:
                continue
            if step.section != above:
                if step.section in ended:
                    step.section = above
                elif above:
                    ended.add(above)
            above = step.section

    def change(self, file, known, kind, index, line, body):
        """Make one change to the file."""
        at = index % max(len(file.steps), 1)
        match kind:
            case "add":
                new = StepEntry(slug=self.new_slug(), title=line, summary=line)
                new.section = file.steps[at].section if file.steps else ""
                file.steps.insert(at, new)
            case _ if not file.steps:
                pass
            case "remove":
                del file.steps[at]
            case "rename":
                step = file.steps[at]
                if step.slug in known:
                    step.was, step.slug = step.slug, self.new_slug()
            case "toggle optional":
                file.steps[at].optional ^= True
            case "retire":
                file.steps[at].retired ^= True
            case "new summary":
                file.summary = file.steps[at].summary = line
            case "new body":
                file.steps[at].body = normalize_body(body)
            case "new meaning":
                file.steps[at].title = line
                file.steps[at].new_meaning = True
            case "new link":
                url = f"https://example.org/{next(self.numbers)}"
                link = ResourceEntry(
                    title="A: page", url=url, kind="docs", role="start", minutes=9
                )
                file.steps[at].resources = [link, *file.steps[at].resources[:1]]
            case "new texts":
                step = file.steps[at]
                step.primer = step.mistakes = normalize_body(body)
                step.hints, step.done_when = [line], [line, "b"]
                step.questions = [
                    QuestionEntry(question=line, answer=f"{line}\n\n{body}b")
                ]
                step.hours, step.checked_on = "0.5-8", "2026-11-29"
            case "new section":
                section = SectionEntry(slug=self.new_slug(), title=line)
                file.sections.append(section)
                for step in file.steps[at:]:
                    step.section = section.slug
            case _:
                self.change_topics(file.steps[at], known, kind, index, line)

    def change_topics(self, step, known, kind, index, line):
        topics = step.topics
        at = index % max(len(topics), 1)
        pk = known.get(step.was or step.slug)
        stored = self.steps.get(pk, {"topics": []})
        match kind:
            case "new topic":
                # Some slugs are those of topics of other steps.
                slug = self.new_slug() if index else "everywhere"
                taken = {topic.slug for topic in topics}
                if slug in taken or (pk, slug) in self.renamed_topics:
                    return
                topic = TopicEntry(slug=slug, title=line, text=line)
                topics.insert(at, topic)
            case _ if not topics:
                pass
            case "rename topic":
                if topics[at].slug in [topic["slug"] for topic in stored["topics"]]:
                    topics[at].was, topics[at].slug = topics[at].slug, self.new_slug()
                    self.renamed_topics.add((pk, topics[at].was))
            case "remove topic":
                del topics[at]
            case "retire topic":
                topics[at].retired ^= True
            case "move topic":
                topics.append(topics.pop(at))

    def update_model(self, file, known):
        """Make the model match the file, without reading what the import stored."""
        stored = dict(self.roadmap.steps.values_list("slug", "pk"))
        missing = set(self.steps)
        for step in file.steps:
            pk = known.get(step.was or step.slug)
            wanted = step.model_dump(exclude={"was", "new_meaning"})
            before_topics = self.steps.get(pk, {"topics": []})["topics"]
            old_topics = self.find_active_topics(pk, before_topics)
            wanted["topics"] = self.update_topics(pk, step.topics, before_topics)
            if pk is None:
                pk = stored[step.slug]
                assert pk not in self.steps
                self.revised[pk] = None
                self.added[pk] = self.dates("added_at")[pk]
            else:
                missing.remove(pk)
                before = self.steps[pk]
                meaning_fields = [
                    *("title", "summary", "why", "primer", "body", "exercise"),
                    *("mistakes", "optional"),
                ]
                if step.new_meaning and (
                    any(before[n] != wanted[n] for n in meaning_fields)
                    or sorted(before["done_when"]) != sorted(wanted["done_when"])
                    or self.find_active_topics(pk, wanted["topics"]) != old_topics
                ):
                    self.expect_later_date(self.revised, "revised_at", pk)
                if before["retired"] and not step.retired:
                    self.expect_later_date(self.added, "added_at", pk)
            self.steps[pk] = wanted
            for topic in wanted["topics"]:
                if (pk, topic["slug"]) not in self.topics:
                    new = Topic.objects.get(step=pk, slug=topic["slug"])
                    assert new.pk not in self.topics.values()
                    self.topics[pk, new.slug] = new.pk
        for pk in missing:
            self.steps[pk]["retired"] = True
        # Steps that the file lacks may be at any position.
        self.order = self.stored_order()
        own = [stored[step.slug] for step in file.steps]
        assert [pk for pk in self.order if pk in own] == own

    def merge_topics(self, step, into):
        own = {topic["slug"]: topic for topic in self.steps[into]["topics"]}
        topics = self.steps[step]["topics"]
        moved = [topic for topic in topics if topic["slug"] not in own]
        self.steps[step]["topics"] = [topic for topic in topics if topic not in moved]
        for topic in self.steps[step]["topics"]:
            own[topic["slug"]]["retired"] &= topic["retired"]
            both = [self.topics[pk, topic["slug"]] for pk in (step, into)]
            for person, topic_id in list(self.checks):
                if topic_id == both[0]:
                    self.checks.add((person, both[1]))
        self.steps[into]["topics"] = [*own.values(), *moved]
        self.move_topics(moved, step, into)

    def move_topics(self, topics, old, new):
        for topic in topics:
            slug = topic["slug"]
            self.topics[new, slug] = self.topics.pop((old, slug))

    def find_active_topics(self, pk, topics):
        """Return the ids of the topics that are not retired, and None for new ones."""
        active = [topic["slug"] for topic in topics if not topic["retired"]]
        return {self.topics.get((pk, slug)) for slug in active}

    def update_topics(self, pk, entries, before):
        """Return the topics that the step should have, and rename the known ones."""
        missing = {topic["slug"]: topic for topic in before}
        topics = []
        for entry in entries:
            if entry.was in missing:
                self.topics[pk, entry.slug] = self.topics.pop((pk, entry.was))
            missing.pop(entry.was or entry.slug, None)
            topics.append(entry.model_dump() | {"was": ""})
        return topics + [topic | {"retired": True} for topic in missing.values()]

    # The model

    def pk(self, index):
        return sorted(self.steps)[index % len(self.steps)]

    def topic(self, index):
        """Return the topic's id, its step and its slug."""
        topics = sorted((pk, *key) for key, pk in self.topics.items())
        return topics[index % len(topics)]

    def step(self, index):
        return Step.objects.get(pk=self.pk(index))

    def new_slug(self):
        return f"new-{next(self.numbers)}"

    def mark_step(self, person, pk, state, offer=None):
        """Mark a step and update the model; return None if the mark is refused."""
        completed_at = offer.removed_completion if offer else None
        kept_completion = offer.kept_completion if offer else None
        key, was_complete = (person.pk, pk), self.is_complete(person)
        began = timezone.now()
        if self.steps[pk]["retired"]:
            with pytest.raises(Step.DoesNotExist):
                StepProgress.objects.mark(person, pk, state, offer)
            return None
        mark = StepProgress.objects.mark(person, pk, state, offer)
        before = self.marks.pop(key, NOT_STARTED)
        if state == before.state:
            after = before
        elif offer:
            after = offer.status
        else:
            after = self.stored_marks().get(key, NOT_STARTED)
            assert after.state == state
            if state != "none":
                assert after.started_at == before.started_at or (
                    not before.started_at and after.started_at >= began
                )
            assert (after.done_at is not None) == (state == "done")
            assert not after.done_at or after.done_at >= began
        if after.state != "none":
            self.marks[key] = after
        if state != before.state:
            is_reopened = (
                not self.steps[pk]["optional"]
                and before.state in CLOSED
                and state not in CLOSED
            )
            if person.pk not in self.completed:
                if completed_at:
                    self.completed[person.pk] = completed_at
                self.complete_in_model(person)
            elif (
                not self.is_complete(person)
                and (is_reopened or was_complete)
                and self.completed[person.pk] != kept_completion
            ):
                del self.completed[person.pk]
        return mark

    def merge_in_model(self, person, step, into):
        both = [self.marks.get((person, pk), NOT_STARTED) for pk in (step, into)]
        if any(mark.state != "none" for mark in both):
            self.marks[person, into] = StepStatus(
                max((mark.state for mark in both), key=STATES_IN_ORDER.index),
                min(mark.started_at for mark in both if mark.started_at),
                min((mark.done_at for mark in both if mark.done_at), default=None),
            )
        notes = [self.notes.get((person, pk)) for pk in (into, step)]
        joined = NOTE_SEPARATOR.join(filter(None, notes))
        if notes[1] and len(joined) <= MAX_NOTE_LENGTH:
            self.notes[person, into] = joined
            del self.notes[person, step]
        self.merge_confirmations(person, step, into)

    def merge_confirmations(self, person, step, into):
        keys = [(person, pk) for pk in (step, into)]
        statuses = [self.marks.get(key, NOT_STARTED) for key in keys]
        other, own = (self.confirmations.get(key) for key in keys)
        is_other_valid = self.is_valid(other, statuses[0])
        if own and other:
            is_own_valid = self.is_valid(own, statuses[1])
            if is_other_valid and (not is_own_valid or other < own):
                self.confirmations |= dict(zip(keys, [own, other], strict=True))
        elif other and (is_other_valid or not self.is_valid(other, statuses[1])):
            self.confirmations[keys[1]] = self.confirmations.pop(keys[0])

    def expect_later_date(self, dates, name, pk):
        now = self.dates(name)[pk]
        assert now
        assert now > (dates[pk] or self.started_at)
        dates[pk] = now

    def statuses(self, person, optional):
        """Return the person's statuses of active steps, required or optional, by id."""
        return {
            pk: self.marks.get((person.pk, pk), NOT_STARTED)
            for pk in self.order
            if not self.steps[pk]["retired"] and self.steps[pk]["optional"] == optional
        }

    def is_complete(self, person):
        """Whether all required steps are done or skipped, and at least one is done."""
        required = {mark.state for mark in self.statuses(person, False).values()}
        return required - {"skipped"} == {"done"}

    def complete_in_model(self, *people):
        """Complete it in the model for people who have no required steps left."""
        for person in people:
            if self.is_complete(person):
                marks = self.statuses(person, False).values()
                last = max(mark.done_at for mark in marks if mark.done_at)
                self.completed.setdefault(person.pk, last)

    # The database

    def stored_steps(self):
        steps = list(self.roadmap.steps.all())
        entries = serialize(self.roadmap, steps).steps
        return {
            step.pk: entry.model_dump(exclude={"was", "new_meaning"})
            for step, entry in zip(steps, entries, strict=True)
        }

    def active_steps(self):
        return self.roadmap.steps.active()

    def stored_marks(self):
        return {
            (row.user_id, row.step_id): StepStatus(
                row.state, row.started_at, row.done_at
            )
            for row in StepProgress.objects.all()
        }

    def stored_topics(self):
        """Return the ids by step and slug."""
        rows = Topic.objects.values_list("step", "slug", "pk")
        return {(step, slug): pk for step, slug, pk in rows}

    def totals(self):
        """Return the counts of required, optional and skipped steps of each person."""
        steps = self.roadmap.steps.all()
        routes = [Route(annotate_steps(steps, person)) for person in self.people]
        return [route.total[:3] for route in routes]

    def count_done(self):
        return [
            required.done + optional.done for required, optional, _ in self.totals()
        ]

    def stored_order(self):
        return list(self.roadmap.steps.values_list("pk", flat=True))

    def stored_versions(self):
        return [kind.history.count() for kind in (Roadmap, Step)]

    def stored_content(self):
        """Return everything that an import writes."""
        kinds = (Roadmap, Section, Step, *STEP_PARTS.values())
        rows = [list(kind.objects.order_by("pk").values()) for kind in kinds]
        return rows, self.stored_versions()

    def dates(self, name):
        return dict(self.roadmap.steps.values_list("pk", name))

    # Invariants

    @invariant()
    def no_mark_and_no_note_is_lost(self):
        assert self.stored_marks() == self.marks
        notes = {(note.user_id, note.step_id): note.text for note in Note.objects.all()}
        assert notes == self.notes

    @invariant()
    def no_confirmation_is_lost(self):
        rows = Confirmation.objects.values_list("user", "step", "confirmed_at")
        stored = {(user, step): confirmed_at for user, step, confirmed_at in rows}
        assert stored == self.confirmations

    @invariant()
    def every_ticked_topic_stays_ticked(self):
        """On the topic with its id and, after a merge, on the one with its slug."""
        assert set(TopicCheck.objects.values_list("user", "topic")) == self.checks

    @invariant()
    def a_completed_roadmap_stays_completed(self):
        stored = Completion.objects.values_list("user", "completed_at")
        assert dict(stored) == self.completed

    @invariant()
    def the_steps_are_what_editors_made_them(self):
        assert self.stored_steps() == self.steps
        assert self.dates("revised_at") == self.revised
        assert self.dates("added_at") == self.added
        assert self.stored_order() == self.order

    @invariant()
    def topics_stay_what_they_are(self):
        assert self.stored_topics() == self.topics

    @invariant()
    def sections_are_not_interrupted(self):
        sections = list(self.active_steps().values_list("section", flat=True))
        runs = [key for key, _ in groupby(sections) if key]
        assert len(runs) == len(set(runs))

    @invariant()
    def totals_are_honest(self):
        for person in self.people:
            route = Route(annotate_steps(self.roadmap.steps.all(), person))
            total = route.total
            kinds = [self.statuses(person, optional) for optional in (False, True)]
            counts = []
            for kind in kinds:
                states = [mark.state for mark in kind.values()]
                skipped = states.count("skipped")
                counts.append((states.count("done"), len(states) - skipped, skipped))
            (done, required, skipped), (optional_done, optional, optional_skipped) = (
                counts
            )
            assert total.required == (done, required)
            assert total.optional == (optional_done, optional)
            assert total.skipped == skipped + optional_skipped
            assert total.percent == (done * 100 // required if required else 0)
            assert total.is_complete == (done == required != 0)
            remaining = [
                pk
                for pk in self.order
                for kind in kinds
                if pk in kind and kind[pk].state not in CLOSED
            ]
            assert [step.pk for step in total.remaining] == remaining

    @invariant()
    def export_and_import_change_nothing(self):
        versions = self.stored_versions()
        if self.versions != versions:  # only editors' actions record versions
            self.versions = versions
            text = export(self.roadmap)
            self.check_that_it_changes_nothing(
                parse(YamlDocument("now.yaml", text.encode()))
            )
            assert export(self.roadmap) == text

    def check_that_it_changes_nothing(self, file):
        before = self.stored_content()
        assert import_roadmap(file).is_empty
        assert self.stored_content() == before


def entry(slug, title, summary, **more):
    step = StepEntry(slug=slug, title=title, summary=summary)
    return step.model_dump(exclude={"was", "new_meaning"}) | more


@pytest.mark.django_db
def test_no_edit_loses_any_progress(monkeypatch):
    monkeypatch.setattr(step_copies, "BATCH_SIZE", 1)
    roadmap = RoadmapFactory()
    steps = StepFactory.create_batch(2, roadmap=roadmap)
    steps.append(StepFactory(roadmap=roadmap, is_optional=True))
    for step, slug in zip(steps, ["everywhere", "everywhere", "own"], strict=True):
        TopicFactory(step=step, slug=slug)
    people = UserFactory.create_batch(2)
    run_state_machine_as_test(
        lambda: RoadmapStateMachine(people),
        settings=settings(
            max_examples=int(MAX_EXAMPLES or 12),
            stateful_step_count=12,
            deadline=None,
            derandomize=not MAX_EXAMPLES,
            print_blob=False,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
