"""A group's own page, for its members."""

from datetime import timedelta

import pytest
from django.utils import timezone

from groups.roles import Role
from groups.views import group as views
from progress.models import StepProgress
from roadmaps.models import Roadmap, Step
from roadmaps.visibility import Visibility
from tests.factories import (
    AssignmentFactory,
    CommentFactory,
    MembershipFactory,
    StepFactory,
    UserFactory,
)
from tests.html import read_html

ORDER = ["Singing", "Woodwork", "Cooking"]
OFFER = "Mentors can’t see your progress on Cooking."


@pytest.fixture
def url(group):
    return f"/groups/{group.pk}/"


class TestMember:
    def test_sees_the_group_and_its_mentors(
        self, signed_in, membership, assignment, group_mentor, group_owner, url
    ):
        response = signed_in.get(url)
        html = read_html(response)
        assert "<h1>Spring cohort</h1>" in html
        assert "To learn to cook." in html
        assert "<li>Mentor M</li><li>Owner O</li>" in html.replace("</li> ", "</li>")
        assert f'href="{url}sharing/"' in html
        assert f'href="{url}sharing/#leave"' in html
        assert response["Cache-Control"] == "no-store"

    def test_sees_no_other_member(
        self, signed_in, membership, assignment, group, fry, url
    ):
        other = UserFactory(name="Member X")
        MembershipFactory(group=group, user=other, showing=[assignment])
        StepProgress.objects.mark(other, fry.pk, "done")
        html = read_html(signed_in.get(url))
        assert "Member X" not in html
        assert other.email not in html
        assert "2 members" in html
        assert "0 of 4" in html

    def test_sees_what_mentors_wrote_lately(
        self, signed_in, user, membership, assignment, group, fry, group_mentor, url
    ):
        own = {"group": group, "step": fry}
        author = group_mentor.user
        CommentFactory(member=user, author=author, text="Well done.", **own)
        CommentFactory(member=user, author=user, text="Thank you.", **own)
        other = UserFactory()
        CommentFactory(member=other, author=author, text="To somebody else", **own)
        html = read_html(signed_in.get(url))
        assert f'href="{fry.get_absolute_url()}#comments_{group.pk}"' in html
        assert "Well done." in html
        assert "Thank you." not in html
        assert "To somebody else" not in html
        Roadmap.objects.update(is_published=False)
        assert "Well done." not in read_html(signed_in.get(url))

    def test_sees_their_own_progress(
        self, signed_in, user, membership, assignment, fry, url
    ):
        html = read_html(signed_in.get(url))
        assert "Start: Boil" in html
        StepProgress.objects.mark(user, fry.pk, "learning")
        html = read_html(signed_in.get(url))
        assert "<b>0 of 4</b> required" in html
        assert 'data-state="learning"' in html
        assert "Continue: Fry" in html
        assert 'href="/roadmaps/cooking/fry/"' in html

    def test_sees_a_completed_roadmap(
        self, signed_in, user, membership, assignment, cooking, url
    ):
        assignment.due_on = timezone.localdate() + timedelta(weeks=2)
        assignment.save()
        for step in cooking.steps.all():
            StepProgress.objects.mark(user, step.pk, "done")
        html = read_html(signed_in.get(url))
        assert "Completed on" in html
        assert "Due " in html
        assert "needs about" not in html

    def test_sees_first_what_they_marked_last(
        self, signed_in, user, membership, assignment, group, cooking, url
    ):
        for title in ("Woodwork", "Singing"):
            step = StepFactory(roadmap__title=title, roadmap__position=9)
            AssignmentFactory(group=group, roadmap=step.roadmap)
        for step in cooking.steps.all():
            StepProgress.objects.mark(user, step.pk, "done")
        StepProgress.objects.mark(user, Step.objects.last().pk, "learning")
        html = read_html(signed_in.get(url))
        places = [html.index(f">{title}</a></h3>") for title in ORDER]
        assert places == sorted(places)

    @pytest.mark.parametrize(
        ("days", "pace"),
        [
            (14, "needs about 2 required steps a week"),
            (3, "needs 4 required steps by then"),
            (-1, None),
        ],
    )
    def test_sees_the_due_date_and_the_pace(
        self, signed_in, membership, assignment, url, days, pace
    ):
        assignment.due_on = timezone.localdate() + timedelta(days=days)
        assignment.save()
        html = read_html(signed_in.get(url))
        assert f"Due {assignment.due_on:%-d %B %Y}" in html
        assert "overdue" not in html
        assert (pace in html) if pace else ("needs" not in html)

    def test_the_due_date_counts_in_their_time_zone(
        self, signed_in, user, membership, assignment, url
    ):
        user.time_zone = "Pacific/Kiritimati"  # 14 hours ahead
        user.save()
        with timezone.override("Pacific/Kiritimati"):
            assignment.due_on = timezone.localdate()
        assignment.save()
        assert "needs 4 required steps by then" in read_html(signed_in.get(url))
        user.time_zone = "Pacific/Pago_Pago"  # a day later there, at any time
        user.save()
        assert "needs 4 required steps by then" in read_html(signed_in.get(url))

    def test_sees_whether_a_roadmap_is_shown(
        self, signed_in, membership, assignment, url
    ):
        html = read_html(signed_in.get(url))
        assert OFFER in html
        assert f'name="show" value="{assignment.pk}"' in html
        membership.show(assignment)
        html = read_html(signed_in.get(url))
        assert OFFER not in html
        assert "Mentors can see your progress on this roadmap." in html

    def test_sees_that_a_roadmap_is_hidden(
        self, signed_in, membership, assignment, url
    ):
        Roadmap.objects.update(is_published=False)
        html = read_html(signed_in.get(url))
        assert "<h3>Cooking</h3>" in html
        assert "This roadmap isn’t available at the moment." in html
        assert "/roadmaps/cooking/" not in html
        assert OFFER not in html

    def test_sees_a_roadmap_that_is_for_groups_only(
        self, signed_in, membership, assignment, url
    ):
        Roadmap.objects.update(visibility=Visibility.GROUPS)
        html = read_html(signed_in.get(url))
        assert '<a href="/roadmaps/cooking/">Cooking</a>' in html

    def test_sees_that_there_is_no_roadmap_yet(self, signed_in, membership, url):
        assert "The group has no roadmaps yet." in read_html(signed_in.get(url))

    def test_needs_few_queries_whatever_the_number_of_members(
        self, signed_in, membership, assignment, group, url, assert_max_queries
    ):
        for _ in range(3):
            MembershipFactory(group=group, showing=[assignment])
            MembershipFactory(group=group, role=Role.MENTOR)
            AssignmentFactory(group=group)
        signed_in.get(url)  # caches the content of the roadmaps
        with assert_max_queries(8):
            signed_in.get(url)


@pytest.mark.parametrize("role", [Role.MENTOR, Role.OWNER])
def test_mentors_have_a_page_of_their_own(
    client_of, group, assignment, url, role, monkeypatch
):
    monkeypatch.setattr(
        views,
        "show_to_mentor",
        lambda request, membership: views.HttpResponse(f"For {membership.role}s"),
    )
    membership = MembershipFactory(group=group, role=role)
    response = client_of(membership.user).get(url)
    assert response.content.decode() == f"For {role}s"


def test_strangers_and_former_members_find_no_group(
    signed_in, user, membership, group, url
):
    membership.end(user)
    MembershipFactory(user=user)
    response = signed_in.get(url)
    assert response.status_code == 404
    assert "Spring cohort" not in read_html(response)
    assert signed_in.get("/groups/999999999999/").status_code == 404


def test_a_visitor_signs_in_first(client, url):
    assert client.get(url)["Location"] == f"/accounts/login/?next={url}"


def test_other_methods(signed_in, membership, url):
    assert signed_in.post(url).status_code == 405
