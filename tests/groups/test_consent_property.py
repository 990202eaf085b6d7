"""In any order of actions, mentors see only what members agree to show at the time.

By default, this runs the same few sequences each time. To run more and random ones:
MAX_EXAMPLES=2000 .venv/bin/python -m pytest -k test_mentors_see_only_what_is_shown
"""

import os
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import compress, count, product

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, When
from django.urls import reverse
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from editing import step_operations
from groups import step_summaries
from groups.confirmations import Confirmation, WorkLink
from groups.member_order import MemberOrder
from groups.models import Assignment, Group, Membership, SharedRoadmap
from groups.roles import Role
from groups.shared_progress import read_progress
from groups.step_summaries import read_summary
from groups.stored_summary import StoredSummary
from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.route import State
from progress.topic_checks import TopicCheck
from roadmaps.models import Step
from tests.factories import (
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    TopicFactory,
    UserFactory,
)

MAX_EXAMPLES = os.environ.get("MAX_EXAMPLES")
PEOPLE, GROUPS, ROADMAPS = 3, 2, 2

person_index = st.integers(0, PEOPLE - 1)
group_index = st.integers(0, GROUPS - 1)
roadmap_index = st.integers(0, ROADMAPS - 1)
number = st.integers(0, 3)
mostly = st.sampled_from([True, True, False])
states = st.sampled_from(["done", "done", "done", "skipped", "learning", "none"])
# A row may have the number 1303.
ATTRIBUTES_WITH_NUMBERS = re.compile(
    r"\s(id|for|name|value|href|action|formaction|hx-[\w:-]+|data-[\w-]+"
    r'|aria-(labelledby|describedby|controls))="[^"]*"'
)


class Learner:
    """A user whose name, notes, links and dates are in no other text of the site."""

    def __init__(self, number):
        self.number = number
        self.name = f"Learner{self.number}Zyx"
        self.user = UserFactory(
            name=self.name, email=f"learner{self.number}zyx@example.com"
        )
        self.note = f"note{self.number}zyx"

    def year(self, roadmap_index):
        """The year of all the person's marks on the roadmap."""
        return 1301 + self.number * ROADMAPS + roadmap_index

    def link(self, roadmap_index):
        return f"https://work{self.number}-{roadmap_index}.example/"

    def has_done_a_step(self, roadmap):
        return self.user.progress.filter(
            step__roadmap=roadmap, step__is_retired=False, state=State.DONE
        ).exists()


class ConsentStateMachine(RuleBasedStateMachine):
    """Three learners, and two groups of one mentor that may follow two roadmaps."""

    def __init__(self, client):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.client = client
        self.roadmaps = RoadmapFactory.create_batch(ROADMAPS)
        for roadmap in self.roadmaps:
            for step in StepFactory.create_batch(3, roadmap=roadmap):
                TopicFactory(step=step)
        self.mentor = UserFactory()
        client.force_login(self.mentor)
        self.numbers = count()
        self.people = [Learner(next(self.numbers)) for _ in range(PEOPLE)]
        self.groups = [self.start_group() for _ in range(GROUPS)]
        self.roles = {}  # by person and group
        self.consents = set()  # person, group and roadmap
        self.published = set(range(ROADMAPS))

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def start_group(self):
        return Group.objects.start(self.mentor, f"Group {next(self.numbers)}")

    # Memberships and consents

    @initialize(
        joins=st.lists(mostly, min_size=6, max_size=6),
        assignments=st.lists(mostly, min_size=4, max_size=4),
        agreements=st.lists(mostly, min_size=12, max_size=12),
        marks=st.lists(states, min_size=12, max_size=12),
    )
    def begin(self, joins, assignments, agreements, marks):
        """Start with people in groups, consents and marks that can be lost."""
        people, groups, roadmaps = range(PEOPLE), range(GROUPS), range(ROADMAPS)
        for pair in compress(product(people, groups), joins):
            self.join(*pair)
        for pair in compress(product(groups, roadmaps), assignments):
            self.assign(*pair)
        for key in compress(product(people, groups, roadmaps), agreements):
            self.agree(*key)
        keys = product(people, roadmaps, range(2))
        for key, state in zip(keys, marks, strict=True):
            self.mark(*key, state)

    @rule(person=person_index, group=group_index)
    def join(self, person, group):
        if (person, group) not in self.roles:
            MembershipFactory(user=self.people[person].user, group=self.groups[group])
            self.roles[person, group] = Role.MEMBER

    @rule(person=person_index, group=group_index)
    def join_and_show_everything(self, person, group):
        self.join(person, group)
        for roadmap in range(ROADMAPS):
            self.assign(group, roadmap)
            self.agree(person, group, roadmap)

    @rule(person=person_index, group=group_index, is_own=st.booleans())
    def leave_or_be_removed(self, person, group, is_own):
        if membership := self.membership(person, group):
            membership.end(self.people[person].user if is_own else self.mentor)
            self.forget(lambda key: key[:2] == (person, group))
            del self.roles[person, group]
            self.open_pages(group)

    @rule(person=person_index, group=group_index, role=st.sampled_from(Role))
    def change_role(self, person, group, role):
        if membership := self.membership(person, group):
            membership.change_role(role, self.mentor)
            self.roles[person, group] = role
            if role != Role.MEMBER:
                self.forget(lambda key: key[:2] == (person, group))
                self.open_pages(group)

    @rule(group=group_index, roadmap=roadmap_index)
    def assign(self, group, roadmap):
        self.groups[group].assign(self.roadmaps[roadmap], None, actor=self.mentor)

    @rule(group=group_index, roadmap=roadmap_index)
    def unassign(self, group, roadmap):
        self.groups[group].assignments.filter(roadmap=self.roadmaps[roadmap]).delete()
        self.forget(lambda key: key[1:] == (group, roadmap))

    @rule(person=person_index, group=group_index, roadmap=roadmap_index)
    def agree(self, person, group, roadmap):
        membership = self.membership(person, group)
        assignment = self.assignment(group, roadmap)
        if membership and assignment and membership.role == Role.MEMBER:
            SharedRoadmap.objects.get_or_create(
                membership=membership, assignment=assignment
            )
            self.consents.add((person, group, roadmap))

    @rule(person=person_index, group=group_index, roadmap=roadmap_index)
    def withdraw(self, person, group, roadmap):
        SharedRoadmap.objects.filter(
            membership=self.membership(person, group),
            assignment=self.assignment(group, roadmap),
        ).delete()
        self.forget(lambda key: key == (person, group, roadmap))
        self.open_pages(group)

    @rule(person=person_index)
    def delete_account(self, person):
        User.objects.get(pk=self.people[person].user.pk).delete()
        self.people[person] = Learner(next(self.numbers))
        self.forget(lambda key: key[0] == person)
        self.roles = {key: role for key, role in self.roles.items() if key[0] != person}

    @rule(group=group_index)
    def delete_group(self, group):
        self.groups[group].disband(self.mentor)
        self.groups[group] = self.start_group()
        self.forget(lambda key: key[1] == group)
        self.roles = {key: role for key, role in self.roles.items() if key[1] != group}

    # What learners do

    @rule(person=person_index, roadmap=roadmap_index, index=number, state=states)
    def mark(self, person, roadmap, index, state):
        step = self.choose_step(roadmap, index)
        user = self.people[person].user
        if step.is_retired or roadmap not in self.published:
            return
        StepProgress.objects.mark(user, step.pk, state)
        self.set_dates(person, roadmap)

    @rule(person=person_index, roadmap=roadmap_index, index=number)
    def tick_topic(self, person, roadmap, index):
        topic = self.choose_step(roadmap, index).topics.first()
        if topic and not topic.step.is_retired and roadmap in self.published:
            user = self.people[person].user
            StepProgress.objects.check_topic(user, topic.pk, True)
            self.set_dates(person, roadmap)

    @rule(person=person_index, roadmap=roadmap_index)
    def reset(self, person, roadmap):
        user = self.people[person].user
        StepProgress.objects.reset(user, self.roadmaps[roadmap])

    @rule(person=person_index, roadmap=roadmap_index, index=number)
    def write_a_note_and_link_the_work(self, person, roadmap, index):
        learner, step = self.people[person], self.choose_step(roadmap, index)
        key = {"user": learner.user, "step": step}
        Note.objects.update_or_create(
            **key, defaults={"text": learner.note, "page": "p"}
        )
        url = learner.link(roadmap)
        WorkLink.objects.update_or_create(**key, defaults={"url": url})

    @rule(person=person_index, group=group_index, roadmap=roadmap_index, index=number)
    def confirm(self, person, group, roadmap, index):
        if (person, group, roadmap) in self.consents:
            group = self.groups[group]
            Confirmation.objects.get_or_create(
                group=group,
                user=self.people[person].user,
                step=self.choose_step(roadmap, index),
                defaults={"group_name": group.name, "confirmed_by": self.mentor},
            )

    # What editors do

    @rule(roadmap=roadmap_index)
    def publish_or_unpublish(self, roadmap):
        self.published ^= {roadmap}
        self.roadmaps[roadmap].is_published = roadmap in self.published
        self.roadmaps[roadmap].save()

    @rule(roadmap=roadmap_index, index=number)
    def retire_or_bring_back(self, roadmap, index):
        step = self.choose_step(roadmap, index)
        if step.is_retired:
            step_operations.bring_back(step)
        else:
            step_operations.retire(step)

    @rule(roadmap=roadmap_index, index=number)
    def split(self, roadmap, index):
        step = self.choose_step(roadmap, index)
        if not step.is_retired:
            slug = f"new-{next(self.numbers)}"
            new = Step(slug=slug, title="New", summary="New.")
            step_operations.split(step, new)

    @rule(roadmap=roadmap_index, index=number, other=number)
    def merge(self, roadmap, index, other):
        step, into = (self.choose_step(roadmap, each) for each in (index, other))
        try:
            step_operations.merge(step, into=into)
        except ValidationError:
            assert step == into or into.is_retired

    # The model

    def membership(self, person, group):
        return Membership.objects.filter(
            user=self.people[person].user, group=self.groups[group]
        ).first()

    def assignment(self, group, roadmap):
        return (
            self.groups[group]
            .assignments.filter(roadmap=self.roadmaps[roadmap])
            .select_related("roadmap")
            .first()
        )

    def choose_step(self, roadmap, index):
        steps = list(self.roadmaps[roadmap].steps.all())
        return steps[index % len(steps)]

    def forget(self, is_withdrawn):
        self.consents = {key for key in self.consents if not is_withdrawn(key)}

    def set_dates(self, person, roadmap):
        learner = self.people[person]
        year = learner.year(roadmap)
        start = datetime(year, 6, 10, 12, tzinfo=UTC)
        end = datetime(year, 6, 20, 12, tzinfo=UTC)
        marks = learner.user.progress.filter(step__roadmap=self.roadmaps[roadmap])
        done_at = Case(When(state=State.DONE, then=end))
        marks.update(started_at=start, done_at=done_at)
        Completion.objects.filter(
            user=learner.user, roadmap=self.roadmaps[roadmap]
        ).update(completed_at=end)

    def showing(self, group, roadmap):
        """The people who show the roadmap to the group's mentors at this moment."""
        return {
            index
            for index in range(PEOPLE)
            if (index, group, roadmap) in self.consents and roadmap in self.published
        }

    def assigned(self):
        """Return each group and roadmap that it follows, with the assignment."""
        return [
            (
                self.groups.index(assignment.group),
                self.roadmaps.index(assignment.roadmap),
                assignment,
            )
            for assignment in Assignment.objects.select_related("group", "roadmap")
        ]

    def choose_assigned(self):
        """Return one of them, each in its turn."""
        assigned = self.assigned()
        return [assigned[next(self.numbers) % len(assigned)]] if assigned else []

    # Pages

    @rule(group=group_index)
    def open_pages(self, group):
        """Open every page on which the mentor might see something of the learners."""
        group_id, turn = self.groups[group].pk, next(self.numbers)
        roadmap = turn % ROADMAPS
        everybody = {person for person, each in self.roles if each == group}
        self.check(self.get("groups:index"), self.mentors(group), set())
        self.check(self.get("groups:settings", group_id), everybody, set())
        step, slug = self.choose_step(roadmap, turn), self.roadmaps[roadmap].slug
        self.check(self.get("roadmaps:roadmap", slug), set(), set())
        self.check(self.get("roadmaps:step", slug, step.slug), set(), set())
        self.open_group(group, roadmap, step, turn)
        for person in range(PEOPLE):
            if membership := self.membership(person, group):
                self.open_route(membership, person, group, roadmap, step)

    def open_group(self, group, roadmap, step, turn):
        """With one of the orders, and with one of the filters."""
        showing = self.showing(group, roadmap)
        query = {
            "roadmap": self.roadmaps[roadmap].slug,
            "sort": MemberOrder.values[turn % len(MemberOrder)],
        }
        chosen = {"step": step.slug, "state": State.values[turn % len(State)]}
        for name in ("groups:group", "groups:csv"):
            names = showing | self.mentors(group)
            text = self.get(name, self.groups[group].pk, **query)
            self.check(text, names, self.readable(group, roadmap))
            assert not text or all(self.people[n].name in text for n in showing)
            text = self.get(name, self.groups[group].pk, **query, **chosen)
            self.check(text, names, self.readable(group, roadmap))

    def open_route(self, membership, person, group, roadmap, step):
        text = self.get(
            "groups:member",
            self.groups[group].pk,
            membership.pk,
            roadmap=self.roadmaps[roadmap].slug,
            step=step.slug,
        )
        is_shown = person in self.showing(group, roadmap)
        assert bool(text) == is_shown
        readable = {key for key in self.readable(group, roadmap) if key[0] == person}
        names = {person} if is_shown else set()
        self.check(text, names | self.mentors(group), readable)
        learner = self.people[person]
        if is_shown and learner.has_done_a_step(self.roadmaps[roadmap]):
            assert f"{learner.year(roadmap)}" in text

    def get(self, name, *args, **query):
        """The text of a page; empty if there is none."""
        response = self.client.get(reverse(name, args=args), query)
        assert response.status_code in (200, 404)
        return response.text if response.status_code == 200 else ""

    def check(self, text, people, readable):
        """There is nothing but the names of these people and their progress.

        `readable` are people and roadmaps.
        """
        names = set(re.findall(r"learner\d+zyx", text.lower()))  # also in addresses
        assert names <= {self.people[n].name.lower() for n in people}
        years = set(re.findall(r"\b13\d\d\b", ATTRIBUTES_WITH_NUMBERS.sub("", text)))
        assert years <= {f"{self.people[n].year(r)}" for n, r in readable}
        links = set(re.findall(r"https://work[\d-]+\.example/", text))
        assert links <= {self.people[n].link(r) for n, r in readable}
        assert not re.search(r"note\d+zyx", text)

    def mentors(self, group):
        return {
            person
            for (person, each), role in self.roles.items()
            if each == group and role != Role.MEMBER
        }

    def readable(self, group, roadmap):
        """The progress that a page about the roadmap may show. The day of the last mark
        may be one on another roadmap.
        """
        return {
            (person, each)
            for each in range(ROADMAPS)
            for person in self.showing(group, roadmap) & self.showing(group, each)
        }

    # Invariants

    @invariant()
    def mentors_read_the_progress_of_those_who_show_it(self):
        everybody = list(Membership.objects.select_related("user"))
        for group, roadmap, assignment in self.assigned():
            shown = read_progress(assignment, everybody, with_topics=True)
            users = [self.people[n].user for n in self.showing(group, roadmap)]
            assert {each.membership.user for each in shown} == set(users)
            assert {each.membership.group for each in shown} <= {self.groups[group]}
            for each in shown:
                self.check_route(each, group, roadmap)

    def check_route(self, shown, group, roadmap):
        """It is the person's own progress on this roadmap, and nothing else."""
        user, route = shown.membership.user, shown.route
        steps = route.all_steps
        marks = user.progress.filter(step__roadmap=self.roadmaps[roadmap])
        assert {step.pk: step.status for step in steps if step.status.started_at} == {
            mark.step_id: mark.status for mark in marks
        }
        ticked = TopicCheck.objects.filter(
            user=user, topic__step__roadmap=self.roadmaps[roadmap]
        )
        topics = set(ticked.values_list("topic", flat=True))
        assert all(step.checked_topics == topics for step in steps)
        index = next(n for n in range(PEOPLE) if self.people[n].user == user)
        roadmaps = [n for n in range(ROADMAPS) if index in self.showing(group, n)]
        dates = [
            mark.status.marked_at.date()
            for n in roadmaps
            for mark in user.progress.filter(step__roadmap=self.roadmaps[n])
        ]
        assert shown.last_active_on == max(dates, default=None)

    @invariant()
    def orders_and_filters_list_only_those_who_show_it(self):
        for group, roadmap, assignment in self.choose_assigned():
            showing = Membership.objects.showing(assignment)
            users = {self.people[n].user.pk for n in self.showing(group, roadmap)}
            for order in MemberOrder:
                members = showing.sorted_by(order, assignment)
                assert {each.user_id for each in members} == users
            step = self.choose_step(roadmap, next(self.numbers))
            states = defaultdict(set)
            for mark in StepProgress.objects.filter(step=step, user__in=users):
                states[mark.state].add(mark.user_id)
            states[State.NONE] = users.difference(*states.values())
            for state in State:
                members = showing.with_state(step.pk, state)
                assert {each.user_id for each in members} == states[state]

    @invariant()
    def a_filter_by_a_step_of_another_roadmap_tells_nothing(self):
        for group, roadmap, assignment in self.choose_assigned():
            other = 1 - roadmap
            step = self.choose_step(other, 0)
            users = {self.people[n].user.pk for n in self.showing(group, other)}
            showing = Membership.objects.showing(assignment)
            for state in (State.NONE, State.DONE):
                members = showing.with_state(step.pk, state)
                assert {each.user_id for each in members} <= users

    @invariant()
    def summaries_count_only_those_who_show_it(self):
        for group, roadmap, assignment in self.choose_assigned():
            users = {self.people[n].user for n in self.showing(group, roadmap)}
            marks = StepProgress.objects.filter(
                user__in=users,
                step__roadmap=assignment.roadmap_id,
                step__is_retired=False,
                state__in=[State.DONE, State.SKIPPED],
            )
            past = Counter(marks.values_list("step", flat=True))
            summary = read_summary(assignment)
            assert {pk: each.past for pk, each in summary.steps.items()} == past

    @invariant()
    def stored_summaries_count_nobody_who_has_stopped(self):
        """A stored summary may be old, but all whom it counts still agree."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(step_summaries, "MAX_LIVE_MARKS", 0)
            for group, roadmap, assignment in self.choose_assigned():
                users = {self.people[n].user.pk for n in self.showing(group, roadmap)}
                if read_summary(assignment).is_large:
                    stored = StoredSummary.objects.get(assignment=assignment)
                    counted = Membership.objects.filter(pk__in=stored.memberships)
                    assert len(counted) == len(stored.memberships)
                    assert {each.user_id for each in counted} <= users


@pytest.mark.django_db
def test_mentors_see_only_what_is_shown(client):
    run_state_machine_as_test(
        lambda: ConsentStateMachine(client),
        settings=settings(
            max_examples=int(MAX_EXAMPLES or 6),
            stateful_step_count=12,
            deadline=None,
            derandomize=not MAX_EXAMPLES,
            print_blob=False,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
