"""POST /groups/<group>/members/<membership>/confirm/<step id>/, and /withdraw/."""

import re
import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditAction, AuditEvent
from editing import step_operations
from editing.step_copying import copy_everybody
from groups.confirmations import Confirmation
from groups.member_rows import MAX_TO_CONFIRM
from groups.member_work import find_steps_to_confirm, with_work
from groups.models import Membership, SharedRoadmap
from groups.roles import Role
from groups.shared_progress import read_progress
from progress.models import StepProgress
from progress.step_copies import StepCopy
from roadmaps.models import Step
from tests.factories import (
    AssignmentFactory,
    ConfirmationFactory,
    MembershipFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
    WorkLinkFactory,
)
from tests.groups.conftest import sign_in
from tests.html import read_html
from tests.progress.test_mark import HTMX
from tests.progress.test_mark import address as mark_address

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def step():
    return StepFactory(title="Caching")


@pytest.fixture
def assignment(step):
    return AssignmentFactory(roadmap=step.roadmap, group__name="Spring cohort")


@pytest.fixture
def group(assignment):
    return assignment.group


@pytest.fixture
def membership(assignment, step):
    """A member who shows the roadmap, and has done the step."""
    member = UserFactory(name="Ada")
    StepProgressFactory(user=member, step=step, started_at=timezone.now() - 3 * DAY)
    return MembershipFactory(user=member, group=assignment.group, showing=[assignment])


@pytest.fixture
def mentor(group):
    user = UserFactory(name="Grace")
    MembershipFactory(user=user, group=group, role="mentor")
    return user


@pytest.fixture
def as_mentor(mentor):
    return sign_in(mentor)


def address(membership, step, name="confirm"):
    args = [membership.group_id, membership.pk, step.pk]
    return reverse(f"groups:{name}", args=args)


def confirm(client, membership, step, sentence="", **data):
    path = address(membership, step)
    return client.post(path, {"sentence": sentence, **data})


def page(user, step):
    html = read_html(sign_in(user).get(step.get_absolute_url()))
    return " ".join(html.replace("&nbsp;", " ").split())


class TestConfirm:
    def test_a_split_that_is_being_copied_does_not_copy_it(
        self, as_mentor, membership, step
    ):
        new = Step(slug="new", title="New", summary="New.")
        step_operations.split(step, new, copies_later=True)
        confirm(as_mentor, membership, step)
        copy_everybody(StepCopy.objects.get())
        assert Confirmation.objects.get().step == step

    def test_the_member_sees_who_confirmed_and_when(
        self, as_mentor, mentor, membership, step, group
    ):
        response = confirm(as_mentor, membership, step, "The tests pass.")
        assert response.status_code == 302
        row = Confirmation.objects.get()
        assert (row.group, row.user, row.step) == (group, membership.user, step)
        assert (row.confirmed_by, row.group_name) == (mentor, "Spring cohort")
        html = page(membership.user, step)
        assert "Confirmed by Grace of Spring cohort on" in html
        assert "<q>The tests pass.</q>" in html
        assert "No longer counts" not in html
        assert "Confirmed by" not in page(mentor, step)

    def test_it_is_in_the_audit_trail_without_the_text(
        self, as_mentor, mentor, membership, step, group
    ):
        for _repeat in range(2):
            confirm(as_mentor, membership, step, "Secret words")
        event = AuditEvent.objects.get(action=AuditAction.STEP_CONFIRMED)
        assert (event.actor, event.person) == (mentor, membership.user)
        expected = {"group": group.name, "group_id": group.pk, "step": step.slug}
        assert event.details == expected

    def test_a_repeat_changes_nothing_but_the_mentors_own_sentence(
        self, as_mentor, membership, step, group
    ):
        confirm(as_mentor, membership, step, "First")
        first = Confirmation.objects.get()
        other = MembershipFactory(group=group, role="owner").user
        for client, sentence, expected in (
            (as_mentor, "First", "First"),
            (as_mentor, "", "First"),
            (sign_in(other), "Mine", "First"),
            (as_mentor, "Second", "Second"),
        ):
            confirm(client, membership, step, sentence)
            row = Confirmation.objects.get()
            assert row.sentence == expected
            assert row.confirmed_at == first.confirmed_at
            assert row.confirmed_by == first.confirmed_by
        confirm(as_mentor, membership, step, "", change="1")
        assert Confirmation.objects.get().sentence == ""

    def test_each_group_confirms_for_itself(self, as_mentor, membership, step):
        ConfirmationFactory(user=membership.user, step=step)
        confirm(as_mentor, membership, step)
        assert Confirmation.objects.count() == 2

    def test_it_returns_to_the_page_of_the_form_if_that_is_ours(
        self, as_mentor, membership, step, group
    ):
        ours = f"/groups/{group.pk}/?open=1#member_{membership.pk}"
        assert confirm(as_mentor, membership, step, next=ours).url == ours
        own_page = reverse("groups:member", args=[group.pk, membership.pk])
        for other in ("https://evil.example/", "//evil.example", "javascript:x", ""):
            assert confirm(as_mentor, membership, step, next=other).url == own_page

    def test_a_sentence_that_is_too_long_is_refused_beside_the_field(
        self, as_mentor, membership, step
    ):
        response = confirm(as_mentor, membership, step, "é" * 301)
        assert response.status_code == 422
        html = read_html(response)
        assert 'class="errorlist"' in html
        assert "é" * 301 in html
        assert not Confirmation.objects.exists()


class TestTakenBack:
    def test_it_stops_counting_when_unticked_and_an_undo_restores_it(
        self, as_mentor, membership, step
    ):
        confirm(as_mentor, membership, step)
        member = sign_in(membership.user)
        data = {"at": "finish"}
        marked = member.post(mark_address(step, "none"), data, headers=HTMX)
        assert "No longer counts: the step isn’t marked done any more." in read_html(
            marked
        )
        assert "Confirmed by" in page(membership.user, step)
        url = re.search('formaction="([^"]*undo=[^"]*)"', read_html(marked))[1]
        restored = read_html(member.post(url, data, headers=HTMX))
        assert "Confirmed by" in restored
        assert "No longer counts" not in restored
        assert Confirmation.objects.count() == 1

    def test_done_again_needs_a_new_confirmation(self, as_mentor, membership, step):
        confirm(as_mentor, membership, step, "First")
        old = Confirmation.objects.get()
        for state in ("none", "done"):
            StepProgress.objects.mark(membership.user, step.pk, state)
        assert "A mentor can confirm it again." in page(membership.user, step)
        confirm(as_mentor, membership, step)
        new = Confirmation.objects.get()
        assert (new.pk, new.sentence) == (old.pk, "")
        assert new.confirmed_at > old.confirmed_at
        assert "No longer counts" not in page(membership.user, step)


class TestWhoMay:
    def test_visitors_are_sent_to_sign_in(self, client, membership, step):
        response = confirm(client, membership, step)
        assert response.url.startswith("/accounts/login/")
        path = address(membership, step)
        assert client.post(path, headers=HTMX).status_code == 401

    @pytest.mark.parametrize("role", [None, "member"])
    def test_strangers_and_members_cannot(self, membership, step, group, role):
        user = UserFactory()
        if role:
            MembershipFactory(user=user, group=group, role=role)
        for client in (sign_in(user), sign_in(membership.user)):
            assert confirm(client, membership, step).status_code == 404
        assert not Confirmation.objects.exists()

    def test_mentors_of_another_group_cannot(self, membership, step):
        other = AssignmentFactory(roadmap=step.roadmap)
        mentor = MembershipFactory(group=other.group, role="mentor").user
        client = sign_in(mentor)
        assert confirm(client, membership, step).status_code == 404
        args = [other.group_id, membership.pk, step.pk]
        path = reverse("groups:confirm", args=args)
        assert client.post(path).status_code == 404

    def test_staff_who_are_no_mentors_cannot(self, admin_client, membership, step):
        assert confirm(admin_client, membership, step).status_code == 404

    @pytest.mark.parametrize("role", ["mentor", "owner"])
    def test_nobody_confirms_a_mentor_or_themselves(
        self, as_mentor, mentor, group, step, role
    ):
        other = MembershipFactory(group=group, role=role)
        own = mentor.memberships.get()
        for each in (other, own):
            StepProgressFactory(user=each.user, step=step)
            assert confirm(as_mentor, each, step).status_code == 404

    def test_only_while_the_member_shows_the_roadmap(self, as_mentor, membership, step):
        path = address(membership, step)
        SharedRoadmap.objects.all().delete()
        assert as_mentor.post(path).status_code == 404
        membership.delete()
        assert as_mentor.post(path).status_code == 404

    def test_only_a_step_of_the_shown_roadmap(self, as_mentor, membership, group):
        other = AssignmentFactory(group=group)
        step = StepFactory(roadmap=other.roadmap)
        elsewhere = StepFactory()
        for each in (step, elsewhere):
            StepProgressFactory(user=membership.user, step=each)
            assert confirm(as_mentor, membership, each).status_code == 404

    @pytest.mark.parametrize("state", ["none", "learning", "skipped"])
    def test_only_a_done_step(self, as_mentor, membership, step, state):
        StepProgress.objects.mark(membership.user, step.pk, state)
        response = confirm(as_mentor, membership, step)
        assert response.status_code == 409
        assert "no longer has" in read_html(response)
        assert not Confirmation.objects.exists()

    def test_no_retired_step(self, as_mentor, membership, step):
        step.is_retired = True
        step.save()
        assert confirm(as_mentor, membership, step).status_code == 404

    def test_only_by_post(self, as_mentor, membership, step):
        for name in ("confirm", "withdraw_confirmation"):
            assert as_mentor.get(address(membership, step, name)).status_code == 405


class TestAfterwards:
    @pytest.fixture
    def confirmed(self, as_mentor, membership, step):
        confirm(as_mentor, membership, step)
        return membership

    def test_it_stays_when_the_member_leaves(self, confirmed, step):
        confirmed.delete()
        assert "Confirmed by Grace of" in page(confirmed.user, step)

    def test_it_stays_without_a_name_when_the_group_is_deleted(self, confirmed, step):
        confirmed.group.delete()
        html = page(confirmed.user, step)
        assert "Confirmed by a mentor of Spring cohort on" in html
        assert "Grace" not in html

    def test_it_stays_without_a_name_when_the_mentor_is_deleted(
        self, confirmed, step, mentor
    ):
        mentor.delete()
        html = page(confirmed.user, step)
        assert "Confirmed by a mentor of Spring cohort on" in html

    def test_the_mentor_withdraws_a_mistake(self, as_mentor, confirmed, step, group):
        other = sign_in(MembershipFactory(group=group, role="owner").user)
        path = address(confirmed, step, "withdraw_confirmation")
        assert other.post(path).status_code == 302
        assert Confirmation.objects.exists()
        for _repeat in range(2):
            assert as_mentor.post(path).status_code == 302
            assert not Confirmation.objects.exists()

    def test_a_stranger_withdraws_nothing(self, client, confirmed, step):
        path = address(confirmed, step, "withdraw_confirmation")
        assert client.post(path).status_code == 302
        assert sign_in(UserFactory()).post(path).status_code == 404
        assert sign_in(confirmed.user).post(path).status_code == 404
        assert Confirmation.objects.exists()


class TestList:
    """The steps that a mentor can confirm, in the answer to htmx."""

    def test_it_is_what_is_left(self, as_mentor, membership, step, assert_max_queries):
        left = StepFactory(roadmap=step.roadmap, title="Testing")
        StepProgressFactory(user=membership.user, step=left)
        WorkLinkFactory(user=membership.user, step=left, url="https://example.org/w")
        path = address(membership, step)
        with assert_max_queries(17):
            response = as_mentor.post(path, {"next": "/groups/"}, headers=HTMX)
        html = " ".join(read_html(response).split())
        assert f'hx-target="#confirm_{membership.pk}"' in html
        assert "Confirm 1 step" in html
        assert "You confirmed Caching for Ada." in html
        assert f'action="{address(membership, left)}"' in html
        assert f'action="{path}"' not in html
        assert 'href="https://example.org/w"' in html
        assert 'name="next" value="/groups/"' in html
        last = as_mentor.post(address(membership, left), headers=HTMX)
        assert "No steps to confirm." in read_html(last)

    def test_it_has_as_many_steps_as_on_the_page(self, as_mentor, membership, step):
        for _ in range(3):
            left = StepFactory(roadmap=step.roadmap)
            StepProgressFactory(user=membership.user, step=left)
        response = as_mentor.post(address(membership, step), headers=HTMX)
        html = " ".join(read_html(response).split())
        assert html.count("<form") == MAX_TO_CONFIRM
        assert "See all 3 steps" in html
        path = f"/groups/{membership.group_id}/members/{membership.pk}/"
        assert f'href="{path}?roadmap={step.roadmap.slug}"' in html

    def test_a_page_of_work_takes_no_statement_more(
        self, assignment, membership, step, assert_max_queries
    ):
        other = MembershipFactory(group=assignment.group, showing=[assignment])
        ConfirmationFactory(group=assignment.group, user=membership.user, step=step)
        ConfirmationFactory(user=other.user, step=step)  # of another group
        StepProgressFactory(user=other.user, step=step)
        members = Membership.objects.showing(assignment).select_related("user")
        members = with_work(members.order_by("pk"), assignment)
        read_progress(assignment, members.all(), summaries={})  # fills the cache
        with assert_max_queries(2):
            shown = read_progress(assignment, members, summaries={})
            to_confirm = [
                [each.step.pk for each in find_steps_to_confirm(member, route)]
                for member, route, *_ in shown
            ]
        assert to_confirm == [[], [step.pk]]


CHANGES = {
    "the member withdraws": lambda member: member.hide(member.group.assignments.get()),
    "the member leaves": lambda member: member.end(member.user),
    "the member deletes their account": lambda member: member.user.delete(),
    "the member becomes a mentor": lambda member: member.change_role(
        Role.MENTOR, actor=member.user
    ),
    "the mentor is removed": lambda member: mentor_of(member).end(member.user),
    "the mentor deletes their account": lambda member: mentor_of(member).user.delete(),
    "the group is deleted": lambda member: member.group.disband(member.user),
}


def mentor_of(member):
    return member.group.memberships.get(role=Role.MENTOR)


@pytest.mark.django_db(transaction=True)
class TestConcurrently:
    def in_thread(self, work):
        def run():
            try:
                work()
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_a_change_a_moment_before_wins(self, as_mentor, membership, step, change):
        answers, path = [], address(membership, step)

        def ask():
            answers.append(as_mentor.post(path).status_code)

        with transaction.atomic():
            change(membership)
            thread = self.in_thread(ask)
            thread.join(0.3)
            assert thread.is_alive()  # it waits
        thread.join()
        assert answers == [404]
        assert not Confirmation.objects.exists()

    @pytest.mark.parametrize("is_first", [True, False])
    def test_a_merge_loses_none(self, as_mentor, membership, step, is_first):
        """One before the merge moves, and one during it waits and is refused."""
        into, path = StepFactory(roadmap=step.roadmap), address(membership, step)
        confirming = partial(as_mentor.post, path)
        merging = partial(step_operations.merge, step, into=into)
        before, meanwhile = (confirming, merging) if is_first else (merging, confirming)
        with transaction.atomic():
            before()
            thread = self.in_thread(meanwhile)
            thread.join(0.3)
            assert thread.is_alive()  # it waits
        thread.join()
        confirmed = Confirmation.objects.values_list("step", flat=True)
        assert list(confirmed) == ([into.pk] if is_first else [])

    def test_two_mentors_at_once_leave_one_confirmation(
        self, as_mentor, membership, step, group
    ):
        other = sign_in(MembershipFactory(group=group, role="owner").user)
        threads = [
            self.in_thread(lambda client=client: confirm(client, membership, step))
            for client in (as_mentor, other) * 3
        ]
        for thread in threads:
            thread.join()
        assert Confirmation.objects.count() == 1
        assert AuditEvent.objects.count() == 1
