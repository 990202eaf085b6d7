"""Every string about links to work, confirmations and comments can be translated."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from groups import comments
from groups.comments import Comment
from groups.confirmations import Confirmation, WorkLink
from groups.member_work import (
    find_steps_to_confirm,
    read_comments,
    read_member_work,
    with_work,
)
from groups.models import Membership, SharedRoadmap
from progress.models import StepProgress
from progress.snapshot import get_route
from tests.factories import (
    AssignmentFactory,
    CommentFactory,
    ConfirmationFactory,
    MembershipFactory,
    UserFactory,
    WorkLinkFactory,
)
from tests.groups.test_confirm import address as confirm_address
from tests.progress.test_mark import HTMX, address
from tests.pseudo_language import (
    assert_mail_is_translated,
    assert_page_is_translated,
    pseudo_language,
)


@pytest.fixture
def steps(greek):
    return list(greek.steps.all())


@pytest.fixture
def membership(user, greek, greek_learner):
    """The Greek learner shows the Greek roadmap to a group."""
    assignment = AssignmentFactory(roadmap=greek, group__name="Άνοιξη")
    return MembershipFactory(user=user, group=assignment.group, showing=[assignment])


@pytest.fixture
def mentor(membership):
    user = UserFactory(name="Σοφία")
    MembershipFactory(user=user, group=membership.group, role="mentor")
    return user


@pytest.fixture
def as_mentor(mentor):
    client = Client()
    client.force_login(mentor)
    return client


@pytest.fixture
def feedback(membership, mentor, steps):
    """A link, confirmations and a thread on each step."""
    group, user = membership.group, membership.user
    for step in steps:
        WorkLinkFactory(user=user, step=step)
        for author in (mentor, user):
            CommentFactory(
                group=group, member=user, step=step, author=author, text="Ωραία"
            )
        for each in (group, None):
            ConfirmationFactory(
                user=user,
                step=step,
                group=each,
                group_name="Άνοιξη",
                confirmed_by=mentor,
                sentence="Καλό",
            )


def read(client, path, **kwargs):
    with pseudo_language():
        response = client.get(path, **kwargs)
        assert_page_is_translated(response)
    return response


def test_a_steps_page_with_feedback(greek_learner, membership, steps, feedback):
    yesterday = timezone.now() - timedelta(days=1)
    Confirmation.objects.filter(step=steps[0], group=None).update(
        confirmed_at=yesterday - timedelta(days=30)
    )
    paths = [step.get_absolute_url() for step in steps]
    for path in paths:
        read(greek_learner, path)
        read(greek_learner, path, headers=HTMX)
    with pseudo_language():
        data = {"at": "finish"}
        path = address(steps[0], "none")
        assert_page_is_translated(greek_learner.post(path, data, headers=HTMX))
    SharedRoadmap.objects.all().delete()
    read(greek_learner, paths[0])
    membership.delete()
    read(greek_learner, paths[0])


def test_a_steps_page_without_feedback(greek_learner, membership, steps):
    read(greek_learner, steps[0].get_absolute_url())


def test_the_form_of_the_link(greek_learner, membership, steps):
    path = f"/groups/work/{steps[0].pk}/"
    read(greek_learner, path)
    with pseudo_language():
        for url in ("ftp://λάθος", "https://" + "α" * 600):
            assert_page_is_translated(greek_learner.post(path, {"url": url}), "ftp")
    assert not WorkLink.objects.exists()


def test_confirming(as_mentor, membership, steps):
    done, learning = (confirm_address(membership, step) for step in steps[:2])
    with pseudo_language():
        for path, data in ((done, {"sentence": "α" * 301}), (learning, {})):
            assert_page_is_translated(as_mentor.post(path, data))
    StepProgress.objects.mark(membership.user, steps[1].pk, "done")
    with pseudo_language():
        for path in (done, learning):
            assert_page_is_translated(as_mentor.post(path, headers=HTMX))


def test_what_the_mentors_page_includes(rf, greek, membership, mentor, steps, feedback):
    assignment = membership.group.assignments.get()
    _roadmap, route = get_route(greek.slug, membership.user)
    request = rf.get("/")
    request.user = mentor
    for state in ("confirmed", "taken back", "unconfirmed"):
        if state == "taken back":
            Confirmation.objects.update(confirmed_at=timezone.now() - timedelta(9))
        elif state == "unconfirmed":
            Confirmation.objects.all().delete()
            WorkLink.objects.filter(step=steps[0]).delete()
        people = with_work(type(membership).objects.all(), assignment)
        member = people.get(pk=membership.pk)
        work = read_member_work(assignment, member)
        threads = read_comments(assignment, membership)
        context = {
            "membership": membership,
            "roadmap": greek,
            "to_confirm": find_steps_to_confirm(member, route),
            "newest": find_steps_to_confirm(member, route)[:1],
        }
        with pseudo_language():
            parts = [
                render_to_string(f"groups/feedback/confirm_list.html{part}", context)
                for part in ("", "#count")
            ]
            for step in route.steps:
                own = {
                    "step": step,
                    "work": work.on(step),
                    "comments": threads[step.pk],
                    "user": mentor,
                }
                name = "groups/feedback/member_step.html"
                parts.append(render_to_string(name, context | own, request))
            assert_page_is_translated(HttpResponse("".join(parts)))


def test_comments(as_mentor, greek_learner, membership, steps, monkeypatch, mailoutbox):
    Membership.objects.update(wants_email=True)
    group, step = membership.group_id, steps[0].pk
    path = f"/groups/{group}/members/{membership.pk}/comments/{step}/"
    reply_path = f"/groups/{group}/replies/{step}/"
    with pseudo_language():
        assert_page_is_translated(as_mentor.post(path, {"text": " "}))
        as_mentor.post(path, {"text": "Ωραία"})
        assert_mail_is_translated(mailoutbox[0], "testserver")
        assert_page_is_translated(greek_learner.post(reply_path, {"text": " "}))
        monkeypatch.setattr(comments, "MAX_COMMENTS", 1)
        data = {"text": "Πολλά"}
        assert_page_is_translated(greek_learner.post(reply_path, data))
    assert Comment.objects.count() == 1


def test_the_choice_of_email(greek_learner, membership):
    group = membership.group_id
    with pseudo_language():
        for data in ({"wants_email": "on"}, {}):
            path = f"/groups/{group}/email/"
            assert_page_is_translated(greek_learner.post(path, data, follow=True))
