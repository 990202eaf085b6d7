"""Ticks and deletions at the same time as a merge, a split or a deletion."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.postgresql import batches
from data_export.document import ImportDocument, TickedTopic
from data_export.restore import restore
from editing import step_operations
from editing.step_copying import copy_batch, copy_everybody, finish
from groups.confirmations import Confirmation, WorkLink
from progress.models import StepProgress
from progress.route import State
from progress.step_copies import StepCopy
from progress.topic_checks import TopicCheck
from roadmaps.models import Step
from roadmaps.step_parts import Topic
from tests.editing.editor import page_of, step_form
from tests.factories import (
    ConfirmationFactory,
    MembershipFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
    WorkLinkFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def steps():
    first = StepFactory()
    return first, StepFactory(roadmap=first.roadmap)


def in_thread(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_tick_before_the_merge_is_merged_too(steps):
    step, into = steps
    user = UserFactory()
    with transaction.atomic():
        StepProgress.objects.mark(user, step.pk, State.DONE)
        merging = in_thread(lambda: step_operations.merge(step, into=into))
        merging.join(0.2)
        assert merging.is_alive()  # it waits
    merging.join()
    assert StepProgress.objects.get(user=user, step=into).state == State.DONE


def test_a_tick_during_the_merge_waits_and_is_refused(steps):
    step, into = steps
    user = UserFactory()
    errors = []

    def tick():
        try:
            StepProgress.objects.mark(user, step.pk, State.DONE)
        except Step.DoesNotExist:
            errors.append(True)

    with transaction.atomic():
        step_operations.merge(step, into=into)
        ticking = in_thread(tick)
        ticking.join(0.2)
        assert ticking.is_alive()
    ticking.join()
    assert errors == [True]
    assert not StepProgress.objects.exists()


def test_the_removal_of_a_link_that_moves_meanwhile_is_refused(steps):
    step, into = steps
    link = WorkLinkFactory(step=step)
    errors = []

    def remove():
        try:
            WorkLink.objects.set_url(link.user, step, "")
        except Step.DoesNotExist:
            errors.append(True)

    with transaction.atomic():
        step_operations.merge(step, into=into)
        removing = in_thread(remove)
        removing.join(0.2)
        assert removing.is_alive()
    removing.join()
    assert errors == [True]
    assert WorkLink.objects.get().step == into


@pytest.mark.parametrize("deleted", ["group", "mentor"])
def test_a_split_waits_for_the_deletion_of_who_confirmed(steps, deleted):
    mentor = MembershipFactory(role="mentor")
    confirmation = ConfirmationFactory(
        step=steps[0], group=mentor.group, confirmed_by=mentor.user
    )
    new = Step(slug="new", title="New", summary="New.")
    with transaction.atomic():
        if deleted == "group":
            mentor.group.disband(mentor.user)
        else:
            mentor.user.delete()
        splitting = in_thread(lambda: step_operations.split(steps[0], new))
        splitting.join(0.2)
        assert splitting.is_alive()  # it waits
    splitting.join()
    copy = Confirmation.objects.get(step=new)
    assert copy.user == confirmation.user
    assert copy.mentor_name == ""


def test_a_merge_waits_for_the_deletion_of_a_mentor(steps):
    """It puts the older of two confirmations on the step that stays."""
    user = UserFactory()
    mentor = MembershipFactory(role="mentor")
    for day, step in enumerate(steps, start=2):
        StepProgressFactory(user=user, step=step)
        ConfirmationFactory(
            user=user,
            step=step,
            group=mentor.group,
            confirmed_by=mentor.user,
            confirmed_at=timezone.now() + timedelta(days=day),
        )
    with transaction.atomic():
        mentor.user.delete()
        merging = in_thread(lambda: step_operations.merge(steps[0], into=steps[1]))
        merging.join(0.2)
        assert merging.is_alive()  # it waits
    merging.join()
    steps[0].refresh_from_db()
    assert steps[0].is_retired
    assert not Confirmation.objects.exclude(confirmed_by=None).exists()


def test_an_account_that_is_being_deleted_is_left_out(steps):
    step, into = steps
    leaving = StepProgressFactory(step=step).user
    staying = StepProgressFactory(step=step).user
    with transaction.atomic():
        leaving.delete()
        merging = in_thread(lambda: step_operations.merge(step, into=into))
        merging.join(0.2)
    merging.join()
    assert list(into.progress.values_list("user", flat=True)) == [staying.pk]


class TestBatches:
    @pytest.fixture
    def copy(self, steps):
        StepProgressFactory(step=steps[0])
        step_operations.merge(steps[0], into=steps[1], copies_later=True)
        return StepCopy.objects.get()

    def test_only_its_own_people_wait_for_a_batch(self, steps, copy):
        copied, other = steps[0].progress.get().user, UserFactory()

        def untick(user):
            StepProgress.objects.mark(user, steps[1].pk, State.NONE)

        with transaction.atomic():
            copy_batch(copy)
            in_thread(lambda: untick(other)).join()
            waiting = in_thread(lambda: untick(copied))
            waiting.join(0.2)
            assert waiting.is_alive()
        waiting.join()
        assert not steps[1].progress.exists()

    def test_a_batch_waits_for_a_tick_and_is_tried_again(
        self, steps, copy, monkeypatch
    ):
        monkeypatch.setattr(batches, "LOCK_TIMEOUT", 20)
        monkeypatch.setattr(batches, "PAUSE", 0)
        user = steps[0].progress.get().user
        with transaction.atomic():
            StepProgress.objects.mark(user, steps[1].pk, State.SKIPPED)
            copying = in_thread(lambda: copy_everybody(copy))
            copying.join(0.3)
            assert copying.is_alive()
        copying.join()
        assert steps[1].progress.get().state == State.SKIPPED
        assert not StepCopy.objects.exists()

    def test_a_copy_does_not_finish_while_somebody_is_copied_early(self, steps, copy):
        user = steps[0].progress.get().user
        StepCopy.objects.update(copied_up_to=0)
        with transaction.atomic():
            StepCopy.objects.catch_up(user)
            finishing = in_thread(lambda: finish(copy))
            finishing.join(0.2)
            assert finishing.is_alive()
        finishing.join()
        assert steps[1].progress.get().user == user


class TestTopics:
    @pytest.fixture
    def topic(self, steps):
        return TopicFactory(step=steps[0], slug="salt")

    @pytest.fixture
    def user(self, db):
        return UserFactory()

    def tick(self, user, topic, errors=()):
        try:
            StepProgress.objects.check_topic(user, topic.pk, True)
        except Topic.DoesNotExist as error:
            errors.append(error)

    def test_a_tick_before_the_merge_moves_with_its_topic(self, steps, topic, user):
        step, into = steps
        with transaction.atomic():
            self.tick(user, topic)
            merging = in_thread(lambda: step_operations.merge(step, into=into))
            merging.join(0.2)
            assert merging.is_alive()
        merging.join()
        assert TopicCheck.objects.get(user=user).topic.step == into
        assert StepProgress.objects.get(user=user, step=into).state == State.LEARNING

    def test_a_tick_before_the_merge_is_copied_to_the_joined_topic(
        self, steps, topic, user
    ):
        step, into = steps
        own = TopicFactory(step=into, slug="salt")
        with transaction.atomic():
            self.tick(user, topic)
            merging = in_thread(lambda: step_operations.merge(step, into=into))
            merging.join(0.2)
            assert merging.is_alive()
        merging.join()
        assert set(user.topic_checks.values_list("topic", flat=True)) == {
            topic.pk,
            own.pk,
        }

    @pytest.mark.parametrize("operation", ["merge", "split"])
    def test_a_tick_meanwhile_waits_and_counts_on_the_new_step(
        self, steps, topic, user, operation
    ):
        step, new = steps
        with transaction.atomic():
            if operation == "merge":
                step_operations.merge(step, into=new)
            else:
                new = Step(slug="new", title="New", summary="New.")
                step_operations.split(step, new, topics=[topic.pk])
            ticking = in_thread(lambda: self.tick(user, topic))
            ticking.join(0.2)
            assert ticking.is_alive()
        ticking.join()
        assert TopicCheck.objects.get(user=user).topic.step == new
        mark = StepProgress.objects.get(user=user)
        assert (mark.step, mark.state) == (new, State.LEARNING)

    def test_a_tick_that_follows_a_moved_topic_waits_for_its_new_step(
        self, steps, topic, user
    ):
        step, into = steps
        last = StepFactory(roadmap=step.roadmap)
        step_operations.merge(step, into=into)
        with transaction.atomic():
            step_operations.merge(into, into=last)
            ticking = in_thread(lambda: self.tick(user, topic))
            ticking.join(0.2)
            assert ticking.is_alive()
        ticking.join()
        assert list(StepProgress.objects.values_list("step")) == [(last.pk,)]

    def test_a_tick_of_a_joined_topic_during_the_merge_is_refused(
        self, steps, topic, user
    ):
        step, into = steps
        TopicFactory(step=into, slug="salt")
        errors = []
        with transaction.atomic():
            step_operations.merge(step, into=into)
            ticking = in_thread(lambda: self.tick(user, topic, errors))
            ticking.join(0.2)
            assert ticking.is_alive()
        ticking.join()
        assert len(errors) == 1
        assert not TopicCheck.objects.exists()
        assert not StepProgress.objects.exists()

    def test_a_merge_waits_for_ticks_from_exported_data(self, steps, topic, user):
        step, into = steps
        own = TopicFactory(step=into, slug="salt")
        tick = TickedTopic(roadmap=step.roadmap.slug, step=step.slug, topic="salt")
        document = ImportDocument(format="cairn-my-data", version=2)
        document.topics = [tick]
        with transaction.atomic():
            assert restore(user, document).ticked_topics == 1
            merging = in_thread(lambda: step_operations.merge(step, into=into))
            merging.join(0.2)
            assert merging.is_alive()
        merging.join()
        assert own.checks.get().user == user

    def test_a_topic_that_is_being_ticked_is_retired_instead_of_deleted(
        self, topic, user, admin_client
    ):
        form = step_form(topic.step) | {"topics-0-DELETE": "on"}

        def delete():
            assert admin_client.post(page_of(topic.step), form).status_code == 302

        with transaction.atomic():
            self.tick(user, topic)
            deleting = in_thread(delete)
            deleting.join(0.3)
            assert deleting.is_alive()
        deleting.join()
        topic.refresh_from_db()
        assert topic.is_retired
        assert TopicCheck.objects.get().topic == topic
