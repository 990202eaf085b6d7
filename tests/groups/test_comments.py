"""Comments of mentors, replies of members, their deletion, and email about them."""

import re

import pytest
from django.urls import reverse

from groups import comments
from groups.comments import Comment
from groups.member_work import read_comments
from groups.models import Membership, SharedRoadmap
from tests.accounts.actions import mail_server_down
from tests.factories import (
    AssignmentFactory,
    CommentFactory,
    MembershipFactory,
    StepFactory,
    UserFactory,
)
from tests.groups.conftest import sign_in
from tests.html import read_html

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
def membership(assignment):
    user = UserFactory(name="Ada")
    return MembershipFactory(user=user, group=assignment.group, showing=[assignment])


@pytest.fixture
def mentor(group):
    user = UserFactory(name="Grace")
    MembershipFactory(user=user, group=group, role="mentor")
    return user


@pytest.fixture
def write(mentor, membership, step):
    """A function that posts a comment, by default of the mentor to the member."""

    def write(text="Look at the Age header.", client=None, to=membership, on=step):
        path = reverse("groups:comment", args=[to.group_id, to.pk, on.pk])
        return (client or sign_in(mentor)).post(path, {"text": text})

    return write


@pytest.fixture
def reply(group, membership, step):
    def reply(text="Thank you.", client=None):
        path = reverse("groups:reply", args=[group.pk, step.pk])
        return (client or sign_in(membership.user)).post(path, {"text": text})

    return reply


def page(client, step):
    return " ".join(read_html(client.get(step.get_absolute_url())).split())


def delete(client, comment, **data):
    path = reverse("groups:delete_comment", args=[comment.pk])
    return client.post(path, data)


class TestComment:
    def test_the_member_sees_it_on_the_step_and_replies(
        self, write, reply, membership, step, group
    ):
        assert write("One\r\ntwo <b>").status_code == 302
        member = sign_in(membership.user)
        html = page(member, step)
        assert "Comments in Spring cohort" in html
        assert "Grace" in html
        assert "One<br>two &lt;b&gt;" in html
        response = reply("Thank\nyou")
        assert response.url == f"{step.get_absolute_url()}#comments_{group.pk}"
        assert "Thank<br>you" in page(member, step)
        texts = Comment.objects.values_list("text", "author__name")
        assert list(texts) == [("One\ntwo <b>", "Grace"), ("Thank\nyou", "Ada")]

    def test_nobody_else_sees_it(self, write, mentor, group, step, client):
        write()
        other = MembershipFactory(group=group)
        for each in (client, sign_in(other.user), sign_in(mentor)):
            assert "Age header" not in page(each, step)

    def test_mentors_read_the_comments_of_their_group_in_one_statement(
        self, write, assignment, membership, step, assert_max_queries
    ):
        write()
        CommentFactory(member=membership.user, step=step)
        CommentFactory(group=assignment.group, step=step)
        with assert_max_queries(1):
            found = read_comments(assignment, membership)
            assert [each.author.name for each in found[step.pk]] == ["Grace"]

    def test_a_form_that_is_sent_twice_adds_one(self, write, reply):
        for send in (write, write, reply, reply):
            send()
        assert Comment.objects.count() == 2

    @pytest.mark.parametrize(
        "text", ["", " \n", "\u200b", "é" * 1001, "a\x00b", "a\u202eb"]
    )
    def test_a_wrong_text_is_refused_with_what_was_typed(self, write, reply, text):
        response = write(text)
        assert response.status_code == 422
        html = response.content.decode()
        assert 'class="errorlist"' in html
        assert text.strip() in html
        write()
        assert reply(text).status_code == 422
        assert Comment.objects.count() == 1

    def test_their_number_is_limited(self, write, reply, monkeypatch):
        monkeypatch.setattr(comments, "MAX_COMMENTS", 2)
        write("first")
        reply("second")
        response = write("third")
        assert response.status_code == 422
        assert "third" in read_html(response)
        assert Comment.objects.count() == 2


class TestWhoMayWrite:
    def test_visitors_are_sent_to_sign_in(self, write, reply, client):
        for send in (write, reply):
            assert send(client=client).url.startswith("/accounts/login/")

    @pytest.mark.parametrize("role", [None, "member"])
    def test_strangers_and_members_cannot(self, write, reply, group, role):
        user = UserFactory()
        if role:
            MembershipFactory(user=user, group=group, role=role)
        write()
        for send in (write, reply):
            assert send(client=sign_in(user)).status_code == 404
        assert Comment.objects.count() == 1

    def test_mentors_of_another_group_cannot(self, write, step):
        other = AssignmentFactory(roadmap=step.roadmap).group
        client = sign_in(MembershipFactory(group=other, role="mentor").user)
        assert write(client=client).status_code == 404

    def test_nobody_writes_to_a_mentor(self, write, group):
        other = MembershipFactory(group=group, role="mentor")
        assert write(to=other).status_code == 404

    def test_a_member_cannot_begin(self, reply):
        assert reply().status_code == 404

    def test_only_on_a_step_that_is_shown(self, write, group):
        assert write(on=StepFactory()).status_code == 404
        other = AssignmentFactory(group=group)
        assert write(on=StepFactory(roadmap=other.roadmap)).status_code == 404

    def test_only_by_post(self, mentor, membership, group, step):
        for name, args in (
            ("comment", [group.pk, membership.pk, step.pk]),
            ("reply", [group.pk, step.pk]),
            ("delete_comment", [1]),
            ("choose_email", [group.pk]),
        ):
            path = reverse(f"groups:{name}", args=args)
            assert sign_in(mentor).get(path).status_code == 405


class TestAfterwards:
    def test_without_consent_the_member_reads_and_deletes_but_nobody_writes(
        self, write, reply, membership, step
    ):
        write()
        reply()
        SharedRoadmap.objects.all().delete()
        assert write("more").status_code == reply("more").status_code == 404
        member = sign_in(membership.user)
        html = page(member, step)
        assert "Age header" in html
        assert "You can reply only while" in html

    def test_a_former_member_reads_and_deletes_their_replies(
        self, write, reply, membership, step
    ):
        write()
        reply()
        user = membership.user
        membership.delete()
        member = sign_in(user)
        html = page(member, step)
        assert "Age header" in html
        assert html.count("/delete/") == 1
        delete(member, Comment.objects.get(author=user))
        assert "Thank you." not in page(member, step)

    def test_they_go_with_the_group(self, write, group):
        write()
        group.delete()
        assert not Comment.objects.exists()


class TestDeletion:
    def test_everybody_deletes_their_own_and_no_other(
        self, write, reply, mentor, membership, client
    ):
        write()
        reply()
        own, replied = Comment.objects.all()
        assert delete(client, own).url.startswith("/accounts/login/")
        for person, comment in (
            (mentor, replied),
            (membership.user, own),
            (UserFactory(), own),
        ):
            assert delete(sign_in(person), comment).status_code == 302
        assert Comment.objects.count() == 2
        for _repeat in range(2):
            response = delete(sign_in(mentor), own, next="/groups/#a")
            assert response.url == "/groups/#a"
        assert list(Comment.objects.all()) == [replied]
        evil = delete(sign_in(membership.user), replied, next="https://evil.example")
        assert evil.url == "/groups/"
        assert not Comment.objects.exists()


class TestEmail:
    def choose(self, client, group, **data):
        path = reverse("groups:choose_email", args=[group.pk])
        return client.post(path, data)

    def test_members_are_asked_first(self, write, mailoutbox):
        write()
        assert mailoutbox == []

    def test_it_says_who_wrote_where_but_not_what(
        self, write, reply, membership, group, step, mailoutbox
    ):
        member = sign_in(membership.user)
        group_page = member.get(group.get_absolute_url()).content.decode()
        assert reverse("groups:choose_email", args=[group.pk]) in group_page
        response = self.choose(member, group, wants_email="on")
        assert response.url == group.get_absolute_url()
        assert "You’ll get emails about comments" in member.get(response.url).text
        write()
        write()  # a repeat
        reply()
        (mail,) = mailoutbox
        assert mail.to == [membership.user.email]
        assert mail.subject == "A comment on Caching"
        text = re.sub(r"\s+", " ", mail.body)
        assert (
            "Grace, a mentor of Spring cohort, commented on your step Caching." in text
        )
        assert f"{step.get_absolute_url()}#comments_{group.pk}" in text
        assert f"{group.get_absolute_url()}#email_choice" in text
        html = mail.alternatives[0][0]
        assert "Age header" not in mail.body + html
        self.choose(member, group)
        write("Another one")
        assert len(mailoutbox) == 1

    def test_a_deactivated_account_gets_none(self, write, membership, mailoutbox):
        Membership.objects.filter(pk=membership.pk).update(wants_email=True)
        membership.user.is_active = False
        membership.user.save()
        write()
        assert mailoutbox == []
        assert Comment.objects.exists()

    def test_only_for_oneself(self, membership, group, client):
        assert self.choose(client, group, wants_email="on").status_code == 302
        stranger = sign_in(UserFactory())
        assert self.choose(stranger, group, wants_email="on").status_code == 404
        assert not Membership.objects.filter(wants_email=True).exists()

    def test_if_the_mail_cannot_be_queued_nothing_is_saved(self, write, membership):
        Membership.objects.filter(pk=membership.pk).update(wants_email=True)
        client = sign_in(Membership.objects.get(role="mentor").user)
        client.raise_request_exception = False
        with mail_server_down():
            assert write(client=client).status_code == 503
        assert not Comment.objects.exists()
