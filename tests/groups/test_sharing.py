"""The page "What mentors see", where a member starts and stops showing a roadmap."""

import threading

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.audit import AuditAction, AuditEvent
from groups.models import Assignment, Group, Membership, SharedRoadmap
from groups.roles import Role
from progress.models import StepProgress
from roadmaps.models import Roadmap
from tests.factories import AssignmentFactory, MembershipFactory, UserFactory
from tests.html import read_html


@pytest.fixture
def url(group):
    return f"/groups/{group.pk}/sharing/"


def is_shown(assignment):
    return Membership.objects.showing(assignment).exists()


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


class TestPage:
    def test_has_a_member_s_own_progress_as_the_example(
        self, signed_in, user, membership, assignment, group_mentor, fry, url
    ):
        StepProgress.objects.mark(user, fry.pk, "done")
        response = signed_in.get(url)
        html = read_html(response)
        assert "<b>1</b> of 4" in html
        assert "Active today" in html
        assert "Mentor M" in html
        assert "Mentors can’t see your progress on this roadmap." in html
        assert "What mentors never see" in html
        assert "Leave group</button>" in html
        assert response["Cache-Control"] == "no-store"

    def test_last_active_counts_only_what_mentors_see(
        self, signed_in, user, membership, assignment, group, fry, url
    ):
        other = AssignmentFactory(group=group)
        StepProgress.objects.mark(user, fry.pk, "done")
        assert read_html(signed_in.get(url)).count("Active today") == 1
        membership.show(assignment)
        assert read_html(signed_in.get(url)).count("Active today") == 2
        assert not is_shown(other)

    @pytest.mark.parametrize("role", [Role.MENTOR, Role.OWNER])
    def test_has_no_buttons_for_mentors(
        self, signed_in, user, group_owner, assignment, group, url, role
    ):
        MembershipFactory(user=user, group=group, role=role)
        html = read_html(signed_in.get(url))
        assert (
            "Nobody else can see it, because mentors don’t show their progress." in html
        )
        assert "<b>0</b> of 4" in html
        assert 'name="show"' not in html
        assert "Leave group</button>" in html

    def test_is_not_there_for_strangers(self, signed_in, assignment, url):
        MembershipFactory()
        assert signed_in.get(url).status_code == 404
        assert signed_in.post(url, {"show": assignment.pk}).status_code == 404
        assert signed_in.get("/groups/999999999999/sharing/").status_code == 404
        assert not is_shown(assignment)

    def test_is_not_there_for_former_members(
        self, signed_in, user, membership, assignment, url
    ):
        membership.show(assignment)
        membership.end(user)
        assert signed_in.get(url).status_code == 404
        assert signed_in.post(url, {"show": assignment.pk}).status_code == 404
        assert not is_shown(assignment)

    def test_a_visitor_signs_in_first(self, client, url):
        for response in (client.get(url), client.post(url, {"show": 1})):
            assert response["Location"] == f"/accounts/login/?next={url}"

    def test_names_a_hidden_roadmap_without_a_link(
        self, signed_in, membership, assignment, url
    ):
        Roadmap.objects.update(is_published=False)
        html = read_html(signed_in.get(url))
        assert "Cooking" in html
        assert "/roadmaps/cooking/" not in html
        assert "This roadmap isn’t available at the moment." in html
        assert 'name="show"' not in html

    def test_runs_few_queries_whatever_the_number_of_members(
        self, signed_in, membership, assignment, group, url, assert_max_queries
    ):
        for _ in range(3):
            MembershipFactory(group=group, showing=[assignment])
            membership.show(AssignmentFactory(group=group))
        signed_in.get(url)  # caches the content of the roadmaps
        with assert_max_queries(8):
            signed_in.get(url)


class TestChanging:
    def test_show_and_stop_showing(self, signed_in, membership, assignment, url):
        response = signed_in.post(url, {"show": assignment.pk}, follow=True)
        assert is_shown(assignment)
        html = read_html(response)
        assert "Mentors can now see your progress on Cooking." in html
        assert "Mentors can see your progress on this roadmap." in html
        response = signed_in.post(url, {"hide": assignment.pk}, follow=True)
        assert not is_shown(assignment)
        assert "Mentors can no longer see" in read_html(response)
        assert actions() == [AuditAction.SHARING_STARTED, AuditAction.SHARING_STOPPED]
        event = AuditEvent.objects.last()
        assert (event.actor, event.person) == (membership.user, membership.user)

    def test_repeats_change_nothing(self, signed_in, membership, assignment, url):
        for _ in range(2):
            signed_in.post(url, {"show": assignment.pk})
        assert read_html(signed_in.get(url)).count("Mentors can now see") == 1
        agreed_at = SharedRoadmap.objects.get().agreed_at
        signed_in.post(url, {"show": assignment.pk})
        assert SharedRoadmap.objects.get().agreed_at == agreed_at
        for _ in range(2):
            signed_in.post(url, {"hide": assignment.pk})
        assert actions() == [AuditAction.SHARING_STARTED, AuditAction.SHARING_STOPPED]

    @pytest.mark.parametrize("at", ["", "group", "roadmap", "//evil.example"])
    def test_returns_to_the_page_with_the_button(
        self, signed_in, membership, assignment, url, at
    ):
        response = signed_in.post(url, {"show": assignment.pk, "at": at})
        expected = {
            "group": url.replace("sharing/", ""),
            "roadmap": "/roadmaps/cooking/",
        }
        assert response["Location"] == expected.get(at, url)

    @pytest.mark.parametrize("value", ["", "x", "0", "9" * 40, "²"])
    def test_an_unknown_roadmap_changes_nothing(
        self, signed_in, membership, assignment, url, value
    ):
        foreign = AssignmentFactory()
        for chosen in (value, foreign.pk):
            for name in ("show", "hide"):
                response = signed_in.post(url, {name: chosen}, follow=True)
                assert response.status_code == 200
                assert "The group has changed." in read_html(response)
        assert not SharedRoadmap.objects.exists()
        assert actions() == []

    def test_a_post_without_a_choice_changes_nothing(
        self, signed_in, membership, assignment, url
    ):
        membership.show(assignment)
        assert signed_in.post(url).status_code == 302
        assert is_shown(assignment)

    def test_a_mentor_shows_nothing(
        self, signed_in, user, group_owner, assignment, group, url
    ):
        MembershipFactory(user=user, group=group, role=Role.MENTOR)
        response = signed_in.post(url, {"show": assignment.pk}, follow=True)
        assert "The group has changed." in read_html(response)
        assert not SharedRoadmap.objects.exists()

    def test_an_assignment_starts_hidden_again(
        self, signed_in, membership, group_owner, assignment, group
    ):
        membership.show(assignment)
        assignment.unassign(group_owner.user)
        again = group.assign(assignment.roadmap, None, actor=group_owner.user)
        assert not is_shown(again)

    def test_other_methods(self, signed_in, membership, url):
        assert signed_in.put(url).status_code == 405
        assert signed_in.delete(url).status_code == 405

    def test_csrf_is_checked(self, user, membership, assignment, url):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        assert client.post(url, {"show": assignment.pk}).status_code == 403
        assert not is_shown(assignment)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    """A change waits for the one that came first, and then sees its outcome."""

    @pytest.fixture
    def show_meanwhile(self):
        """A function that agrees while the changes of a block are not committed yet."""

        def show(membership, assignment, change):
            errors = []

            def agree():
                try:
                    membership.show(assignment)
                except (Membership.DoesNotExist, Assignment.DoesNotExist) as error:
                    errors.append(type(error))
                finally:
                    connection.close()

            thread = threading.Thread(target=agree)
            with transaction.atomic():
                Group.objects.select_for_update().get(pk=membership.group_id)
                thread.start()
                change()
            thread.join()
            return errors

        return show

    def test_leaving_wins(self, show_meanwhile, membership, assignment):
        same = Membership.objects.get(pk=membership.pk)
        errors = show_meanwhile(membership, assignment, lambda: same.end(same.user))
        assert errors == [Membership.DoesNotExist]
        assert not SharedRoadmap.objects.exists()

    def test_becoming_a_mentor_wins(
        self, show_meanwhile, membership, assignment, group_owner
    ):
        same = Membership.objects.get(pk=membership.pk)
        errors = show_meanwhile(
            membership,
            assignment,
            lambda: same.change_role(Role.MENTOR, group_owner.user),
        )
        assert errors == [Membership.DoesNotExist]
        assert not SharedRoadmap.objects.exists()

    def test_removing_the_roadmap_wins(
        self, show_meanwhile, membership, assignment, group_owner
    ):
        same = Assignment.objects.get(pk=assignment.pk)
        errors = show_meanwhile(
            membership, assignment, lambda: same.unassign(group_owner.user)
        )
        assert errors == [Assignment.DoesNotExist]


def test_another_member_s_agreement_is_not_touched(
    signed_in, membership, assignment, group, url
):
    other = MembershipFactory(group=group, user=UserFactory(), showing=[assignment])
    signed_in.post(url, {"show": assignment.pk})
    signed_in.post(url, {"hide": assignment.pk})
    assert list(Membership.objects.showing(assignment)) == [other]
