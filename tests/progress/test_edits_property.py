"""Whatever is done in whatever order: an edit costs nobody anything."""

from contextlib import suppress
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progress import edits
from progress.models import (
    Completion,
    Note,
    Route,
    StepProgress,
    total,
    with_progress,
)
from roadmaps.models import Step
from tests.factories import RoadmapFactory, StepFactory, UserFactory

FURTHER = ["none", "skipped", "learning", "done"]
number = st.integers(0, 3)
states = st.sampled_from(["done", "done", "done", "skipped", "learning", "none"])
plays = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), number, number, states),
        st.tuples(st.just("write"), number, number),
        st.tuples(st.sampled_from(["retire", "bring_back", "split", "flip"]), number),
        st.tuples(st.just("merge"), number, number),
        st.tuples(st.just("arrange"), st.randoms(use_true_random=False)),
    ),
    min_size=5,
    max_size=25,
)


class Play:
    """A roadmap, two people, and all that they have ever said of it."""

    def __init__(self):
        self.roadmap = RoadmapFactory()
        StepFactory.create_batch(2, roadmap=self.roadmap)
        self.people = UserFactory.create_batch(2)
        self.serial = count()
        self.written = {person: {} for person in self.people}

    def step(self, index):
        steps = list(self.roadmap.steps.order_by("pk"))
        return steps[index % len(steps)]

    # What people do

    def mark(self, who, index, state):
        with suppress(Step.DoesNotExist):  # it is retired
            person = self.people[who % 2]
            StepProgress.objects.mark(person, self.step(index).pk, state)

    def write(self, who, index):
        person, step = self.people[who % 2], self.step(index)
        note = Note.objects.filter(user=person, step=step).first()
        said = f"<{next(self.serial)}>"
        text = f"{note.text} {said}" if note else said
        Note.objects.write(person, step, text, "p", note.version if note else "")
        self.written[person][said] = True

    # What an editor does

    def retire(self, index):
        edits.retire(self.step(index))

    def bring_back(self, index):
        edits.bring_back(self.step(index))

    def flip(self, index):
        step = self.step(index)
        step.is_optional = not step.is_optional
        step.save()
        Completion.objects.catch_up(self.roadmap)

    def split(self, index):
        new = Step(slug=f"new-{next(self.serial)}", title="New", summary="New.")
        with suppress(ValidationError), transaction.atomic():
            edits.split(self.step(index), new)

    def merge(self, index, other):
        with suppress(ValidationError), transaction.atomic():
            edits.merge(self.step(index), into=self.step(other))

    def arrange(self, chance):
        ids = list(self.roadmap.steps.values_list("pk", flat=True))
        chance.shuffle(ids)
        self.roadmap.arrange(ids)

    # What must hold

    def standings(self):
        return {
            (row.user_id, row.step_id): (row.state, row.started_at, row.done_at)
            for row in StepProgress.objects.all()
        }

    def completions(self):
        return dict(Completion.objects.values_list("user", "completed_at"))

    def check_notes(self):
        for person, said in self.written.items():
            texts = " ".join(note.text for note in Note.objects.filter(user=person))
            assert all(texts.count(one) == 1 for one in said)

    def check_totals(self):
        for person in self.people:
            steps = list(with_progress(self.roadmap.steps.all(), person))
            own = {s.pk: s.state for s in steps if not s.is_retired}
            required = [s for s in steps if not s.is_retired and not s.is_optional]
            states = [own[s.pk] for s in required if own[s.pk] != "skipped"]
            said = total(steps)
            assert said.required == (states.count("done"), len(states))
            if said.is_complete:
                assert Route(steps).completed_at
            if said.required.of:
                assert (said.percent == 100) == said.is_complete


@pytest.mark.django_db
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(plays)
def test_no_edit_costs_anybody_anything(plays):
    with transaction.atomic():
        play = Play()
        for name, *given_to in plays:
            before, completed = play.standings(), play.completions()
            getattr(play, name)(*given_to)
            if name != "mark":
                after = play.standings()
                for key, (state, started_at, done_at) in before.items():
                    now, began_at, did_at = after[key]
                    assert FURTHER.index(now) >= FURTHER.index(state)
                    assert began_at <= started_at
                    assert not done_at or did_at <= done_at
                assert play.completions().items() >= completed.items()
            play.check_notes()
            play.check_totals()
        transaction.set_rollback(True)
