"""The page of an invitation, and joining."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import AuditAction, AuditEvent
from groups.invitations import Invitation
from groups.models import Membership, SharedRoadmap
from groups.roles import Role
from progress.models import StepProgress
from roadmaps.models import Roadmap
from roadmaps.visibility import Visibility
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    NoteFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
)
from tests.html import read_html


@pytest.fixture
def url(invitation):
    return invitation.get_absolute_url()


@pytest.fixture
def mentors_url(group, group_owner):
    return Invitation.objects.create(group=group, role=Role.MENTOR).get_absolute_url()


def shown():
    rows = SharedRoadmap.objects.order_by("assignment")
    return list(rows.values_list("membership__user", "assignment"))


class TestVisitor:
    def test_sees_the_group_but_no_names_and_no_roadmaps(
        self, client, url, assignment, group_mentor, group_owner
    ):
        response = client.get(url)
        assert response.status_code == 200
        html = read_html(response)
        assert "Spring cohort" in html
        assert "To learn to cook." in html
        assert "They never see your notes." in html
        for secret in ("Mentor M", "Owner O", "Cooking", group_owner.user.email):
            assert secret not in html
        assert f'href="/accounts/signup/?next={url.replace("/", "%2F")}"' in html
        assert f'href="/accounts/login/?next={url.replace("/", "%2F")}"' in html

    def test_gets_no_cookie_and_no_token(self, client, url, assignment):
        response = client.get(url)
        assert not response.cookies
        assert "csrf" not in read_html(response)

    def test_no_copy_is_kept_and_no_search_engine_lists_it(self, client, url):
        response = client.get(url)
        assert response["Cache-Control"] == "no-store"
        assert '<meta name="robots" content="noindex">' in read_html(response)

    def test_a_post_leads_to_the_sign_in(self, client, url):
        response = client.post(url)
        assert response["Location"].startswith("/accounts/login/?next=")
        assert not Membership.objects.filter(role=Role.MEMBER).exists()

    def test_one_who_cannot_sign_up_is_asked_to_sign_in(self, client, url, settings):
        settings.SIGN_UP = "invited"
        assert client.get(url).status_code == 200

    def test_reads_little(self, client, url, assert_max_queries):
        with assert_max_queries(2):
            client.get(url)


class TestPreview:
    def test_shows_the_row_that_mentors_will_see(
        self, signed_in, user, url, assignment, cooking
    ):
        user.name = "Member A"
        user.save()
        boil, fry, _bake, _braise = cooking.steps.all()
        StepProgress.objects.mark(user, boil.pk, "done")
        StepProgress.objects.mark(user, fry.pk, "learning")
        html = read_html(signed_in.get(url))
        assert '<p class="name">Member A</p>' in html
        assert "<b>1</b> of 4" in html
        assert "Active today" in html
        assert "On Fry since today" in html

    def test_lists_marked_steps_with_dates_and_topics(
        self, signed_in, user, url, assignment, fry
    ):
        unmarked = "Mentors see every step and topic that you mark, with dates."
        assert unmarked in read_html(signed_in.get(url))
        may_3 = timezone.now().replace(year=2026, month=5, day=3)
        StepProgressFactory(user=user, step=fry, started_at=may_3)
        for title, is_checked in (("Oil", True), ("Butter", False)):
            topic = TopicFactory(step=fry, title=title)
            StepProgress.objects.check_topic(user, topic.pk, is_checked)
        html = read_html(signed_in.get(url))
        assert "Done 3 May 2026" in html
        assert "<li>Oil</li>" in html
        assert unmarked not in html
        assert "Butter" not in html

    def test_shows_nothing_of_notes_and_of_other_roadmaps(
        self, signed_in, user, url, assignment, fry
    ):
        NoteFactory(user=user, step=fry, text="A secret")
        other = StepFactory(roadmap__title="Woodwork", title="Sawing")
        StepProgress.objects.mark(user, other.pk, "done")
        html = read_html(signed_in.get(url))
        assert "A secret" not in html
        assert "Woodwork" not in html
        assert "Sawing" not in html
        assert "Not yet active" in html  # on the roadmaps of the group

    def test_names_the_mentors_but_no_members(
        self, signed_in, url, assignment, group_mentor, group_owner, group
    ):
        MembershipFactory(group=group, user=UserFactory(name="Member X"))
        html = read_html(signed_in.get(url))
        assert "Mentor M" in html
        assert "Owner O" in html
        assert "Member X" not in html

    def test_says_whether_mentors_see_the_email_address(self, signed_in, user, url):
        html = read_html(signed_in.get(url))
        address = f"so your email address is shown instead: {user.email}."
        assert address in html
        assert "/accounts/settings/#name" in html
        user.name = "Member A"
        user.save()
        html = read_html(signed_in.get(url))
        assert address not in html
        assert "<li>your email address</li>" in html

    def test_says_when_a_roadmap_is_due(self, signed_in, url, assignment):
        assignment.due_on = timezone.localdate() + timedelta(weeks=2)
        assignment.save()
        html = read_html(signed_in.get(url))
        assert "needs about 2 required steps a week" in html
        assignment.due_on = date(2020, 5, 28)
        assignment.save()
        html = read_html(signed_in.get(url))
        assert "Due 28 May 2020" in html
        assert "needs about" not in html

    def test_links_to_a_roadmap_only_if_the_person_sees_it(
        self, signed_in, url, assignment
    ):
        link = 'href="/roadmaps/cooking/"'
        assert link in read_html(signed_in.get(url))
        Roadmap.objects.update(visibility=Visibility.GROUPS)
        html = read_html(signed_in.get(url))
        assert link not in html
        assert "<b>0</b> of 4" in html
        Roadmap.objects.update(is_published=False)
        html = read_html(signed_in.get(url))
        assert link not in html
        assert "This roadmap isn’t available at the moment." in html
        assert "<b>0</b> of 4" not in html
        assert "Join and show" not in html

    def test_names_no_step_that_the_person_can_open_only_after_joining(
        self, signed_in, user, url, assignment, cooking
    ):
        StepProgress.objects.mark(user, cooking.steps.get(slug="boil").pk, "done")
        assert "On Fry since today" in read_html(signed_in.get(url))
        Roadmap.objects.update(visibility=Visibility.GROUPS)
        html = read_html(signed_in.get(url))
        assert "Boil" in html
        assert "Fry" not in html

    def test_asks_for_consent_with_nothing_chosen(self, signed_in, url, assignment):
        html = read_html(signed_in.get(url))
        assert "Join and show my progress</button>" in html
        assert "Join without showing my progress</button>" in html
        AssignmentFactory(group=assignment.group)
        html = read_html(signed_in.get(url))
        assert "Join and show my progress on 2 roadmaps</button>" in html
        assert html.count('type="checkbox"') == 2
        assert "checked" not in html

    def test_a_group_without_roadmaps(self, signed_in, url):
        html = read_html(signed_in.get(url))
        assert "The group has no roadmaps yet." in html
        assert ">Join</button>" in html

    def test_runs_few_queries_whatever_the_number_of_members(
        self, signed_in, url, assignment, group, assert_max_queries
    ):
        signed_in.get(url)  # caches the content of the roadmaps
        for _ in range(3):
            MembershipFactory(group=group, showing=[assignment])
            AssignmentFactory(group=group)
        signed_in.get(url)
        with assert_max_queries(8):
            signed_in.get(url)


class TestJoining:
    def test_with_what_the_form_shows(
        self, signed_in, user, url, assignment, group, group_owner
    ):
        other = AssignmentFactory(group=group)
        response = signed_in.post(url, {"show": [assignment.pk]})
        assert response.status_code == 302
        assert response["Location"] == f"/groups/{group.pk}/"
        membership = Membership.objects.get(user=user)
        assert membership.role == Role.MEMBER
        assert shown() == [(user.pk, assignment.pk)]
        assert not Membership.objects.showing(other).exists()
        events = AuditEvent.objects.filter(person=user).order_by("pk")
        assert list(events.values_list("action", "actor", "details")) == [
            (
                AuditAction.GROUP_JOINED,
                user.pk,
                {"group": "Spring cohort", "group_id": group.pk, "role": "member"},
            ),
            (
                AuditAction.SHARING_STARTED,
                user.pk,
                {"group": "Spring cohort", "group_id": group.pk, "roadmap": "cooking"},
            ),
        ]

    def test_without_showing_anything(self, signed_in, user, url, assignment):
        signed_in.post(url)
        assert Membership.objects.filter(user=user).exists()
        assert shown() == []

    def test_a_repeat_changes_nothing(self, signed_in, user, url, assignment):
        signed_in.post(url, {"show": [assignment.pk]})
        response = signed_in.post(url, {"show": []})
        assert response["Location"] == assignment.group.get_absolute_url()
        assert shown() == [(user.pk, assignment.pk)]
        assert Membership.objects.filter(user=user).count() == 1

    def test_a_roadmap_that_was_assigned_meanwhile_stays_hidden(
        self, signed_in, user, url, assignment, group
    ):
        html = read_html(signed_in.get(url))
        AssignmentFactory(group=group)
        assert f'name="show" value="{assignment.pk}"' in html
        signed_in.post(url, {"show": [assignment.pk]})
        assert shown() == [(user.pk, assignment.pk)]

    @pytest.mark.parametrize("value", ["x", "-1", "0", "9" * 40, "²", ""])
    def test_unknown_roadmaps_are_ignored(self, signed_in, user, url, value):
        foreign = AssignmentFactory()
        response = signed_in.post(url, {"show": [value, foreign.pk]})
        assert response.status_code == 302
        assert shown() == []

    def test_the_last_place_is_given_once(self, signed_in, client_of, invitation, url):
        Invitation.objects.update(max_uses=1)
        signed_in.get(url)
        assert client_of(UserFactory()).post(url).status_code == 302
        response = signed_in.post(url)
        assert response.status_code == 410
        assert "This invitation doesn’t work" in read_html(response)
        assert Membership.objects.filter(role=Role.MEMBER).count() == 1

    def test_csrf_is_checked(self, user, url):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        assert client.post(url).status_code == 403
        assert not Membership.objects.filter(user=user).exists()


class TestMentorInvitation:
    def test_says_what_mentors_do(self, signed_in, mentors_url, assignment):
        html = read_html(signed_in.get(mentors_url))
        assert "Nobody in the group sees your own progress." in html
        assert "What mentors will see" not in html

    def test_makes_a_mentor_who_shows_nothing(
        self, signed_in, user, mentors_url, assignment
    ):
        signed_in.post(mentors_url, {"show": [assignment.pk]})
        assert Membership.objects.get(user=user).role == Role.MENTOR
        assert shown() == []

    def test_a_member_becomes_a_mentor_and_stops_showing(
        self, signed_in, user, group, mentors_url, assignment
    ):
        MembershipFactory(user=user, group=group, showing=[assignment])
        assert "You’re a member of this group now." in read_html(
            signed_in.get(mentors_url)
        )
        signed_in.post(mentors_url)
        assert Membership.objects.get(user=user).role == Role.MENTOR
        assert shown() == []

    @pytest.mark.parametrize("role", [Role.MENTOR, Role.OWNER])
    def test_changes_nothing_for_mentors(
        self, signed_in, user, group, mentors_url, role
    ):
        MembershipFactory(user=user, group=group, role=role)
        for response in (signed_in.get(mentors_url), signed_in.post(mentors_url)):
            assert response["Location"] == group.get_absolute_url()
        assert Membership.objects.get(user=user).role == role


class TestWithoutUse:
    @pytest.fixture(params=["visitor", "stranger"])
    def anybody(self, request, client, signed_in):
        return client if request.param == "visitor" else signed_in

    @pytest.mark.parametrize("token", ["x", "A" * 32, "A" * 500, "ä", "%00"])
    def test_an_unknown_token(self, anybody, db, token):
        response = anybody.get(f"/groups/join/{token}/")
        assert response.status_code == 404
        assert "Ask the person who invited you" in read_html(response)

    @pytest.mark.parametrize(
        "change",
        [
            {"revoked_at": timezone.now()},
            {"expires_at": timezone.now() - timedelta(days=1)},
            {"max_uses": 1, "uses": 1},
        ],
    )
    def test_an_ended_invitation(self, anybody, url, change):
        Invitation.objects.update(**change)
        for response in (anybody.get(url), anybody.post(url)):
            assert response.status_code == 410
            html = read_html(response)
            assert "Ask the person who invited you" in html
            assert "Spring cohort" not in html
            assert response["Cache-Control"] == "no-store"

    def test_a_member_comes_to_the_group_all_the_same(
        self, signed_in, user, group, url
    ):
        MembershipFactory(user=user, group=group)
        Invitation.objects.update(revoked_at=timezone.now())
        assert signed_in.get(url)["Location"] == group.get_absolute_url()

    def test_a_former_member_may_come_back(self, signed_in, user, group, url):
        MembershipFactory(user=user, group=group).end(user)
        assert signed_in.get(url).status_code == 200
        signed_in.post(url)
        assert Membership.objects.filter(user=user).exists()

    def test_other_methods(self, signed_in, url):
        assert signed_in.put(url).status_code == 405
        assert signed_in.delete(url).status_code == 405
