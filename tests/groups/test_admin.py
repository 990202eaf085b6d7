"""/admin/groups/group/: groups by number, without who does what"""

from datetime import date

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User
from groups.models import (
    MAX_ROADMAPS,
    Assignment,
    Comment,
    Confirmation,
    Group,
    Membership,
    SharedRoadmap,
    WorkLink,
)
from groups.roles import Role
from progress.models import StepProgress
from roadmaps.models import Step
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.html import read_html

PATH = "/admin/groups/group/"


@pytest.fixture
def administrator(db):
    return UserFactory(email="admin@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def client(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def group(db):
    """A group with an owner and two members, who show their progress and have all else
    that groups can hold.
    """
    group = GroupFactory(name="Class 7")
    owner = person("olga", group, Role.OWNER).user
    assignment = AssignmentFactory(group=group, roadmap__title="Cooking")
    step = StepFactory(roadmap=assignment.roadmap)
    for name in ("mia", "max"):
        user = person(name, group, showing=[assignment]).user
        StepProgressFactory(user=user, step=step)
        WorkLink.objects.create(user=user, step=step, url="https://work.example/")
        Comment.objects.create(
            group=group, member=user, step=step, author=owner, text="A secret comment."
        )
        Confirmation.objects.create(
            group=group,
            group_name=group.name,
            user=user,
            step=step,
            confirmed_by=owner,
            sentence="A secret sentence.",
        )
    return group


def person(name, group, role=Role.MEMBER, **fields):
    user = UserFactory(email=f"{name}@example.com", name=f"Person {name}")
    return MembershipFactory(user=user, group=group, role=role, **fields)


def form(group, *rows, **changes):
    """What the form of a group sends. `rows` are (assignment or None, roadmap, due)."""
    data = {
        "name": group.name,
        "purpose": group.purpose,
        "assignments-TOTAL_FORMS": len(rows),
        "assignments-INITIAL_FORMS": sum(row[0] is not None for row in rows),
    }
    for number, (assignment, roadmap, due) in enumerate(rows):
        row = f"assignments-{number}"
        data |= {f"{row}-group": group.pk, f"{row}-due_on": due}
        data[f"{row}-roadmap"] = roadmap.pk if roadmap else ""
        data[f"{row}-id"] = assignment.pk if assignment else ""
    return data | changes


def change(group):
    return f"{PATH}{group.pk}/change/"


def actions():
    return list(AuditEvent.objects.values_list("action", flat=True))


def secrets():
    return ["mia", "max@", "Person", "secret", "work.example", "Done"]


class TestList:
    def test_has_only_numbers(self, client, group):
        page = read_html(client.get(PATH))
        for column, number in (("member", 2), ("mentor", 1), ("roadmap", 1)):
            assert f'class="field-{column}_count">{number}</td>' in page
        assert "Class 7" in page
        for text in (*secrets(), "olga"):
            assert text not in page

    @pytest.mark.parametrize("order", ["1", "-1", "-2", "5"])
    def test_can_be_sorted_and_searched(self, client, group, order):
        GroupFactory(name="Another", purpose="To cook")
        query = {"q": "cook", "o": order}
        groups = client.get(PATH, query).context["cl"].result_list
        assert [each.name for each in groups] == ["Another"]
        assert client.get(PATH, {"q": "mia"}).context["cl"].result_count == 0

    def test_takes_as_many_queries_for_many_groups(
        self, client, group, assert_max_queries
    ):
        for _ in range(20):
            MembershipFactory(group=AssignmentFactory().group)
        with assert_max_queries(7):
            client.get(PATH)

    def test_only_with_the_permission(self, sign_in_staff, group):
        publisher = sign_in_staff("Publishers")
        for path in (PATH, change(group), f"{PATH}{group.pk}/delete/"):
            assert publisher.get(path).status_code == 403


class TestPage:
    def test_names_the_owners_and_nobody_else(self, client, group):
        page = read_html(client.get(change(group)))
        assert "olga@example.com" in page
        assert "Cooking" in page
        for text in secrets():
            assert text not in page

    def test_a_group_that_does_not_exist(self, client, group):
        for pk in (group.pk + 1, "x", "9" * 30):
            assert client.get(f"{PATH}{pk}/change/").status_code == 302
            assert client.post(f"{PATH}{pk}/change/").status_code == 302

    def test_a_group_is_renamed(self, client, group):
        assignment = group.assignments.get()
        row = (assignment, assignment.roadmap, "")
        assert client.post(change(group), form(group, row, name="A")).status_code == 302
        group.refresh_from_db()
        assert group.name == "A"
        assert actions() == []

    def test_a_name_is_one_line(self, client, group):
        assert client.post(change(group), form(group, name="")).status_code == 200
        answer = client.post(change(group), form(group, name="a\u202eb"))
        assert "U+202E" in answer.content.decode()

    def test_no_group_is_made_here(self, client):
        assert client.get(f"{PATH}add/").status_code == 403


class TestRoadmaps:
    def test_one_is_assigned_with_a_due_date(self, client, group):
        hidden = RoadmapFactory(visibility="groups")
        old = group.assignments.get()
        rows = [(old, old.roadmap, ""), (None, hidden, "2027-01-31")]
        assert client.post(change(group), form(group, *rows)).status_code == 302
        new = group.assignments.get(roadmap=hidden)
        assert new.due_on == date(2027, 1, 31)
        assert not new.shared_roadmaps.exists()
        assert old.shared_roadmaps.count() == 2
        assert actions() == [AuditAction.ROADMAP_ASSIGNED]

    def test_a_due_date_is_changed(self, client, group):
        old = group.assignments.get()
        client.post(change(group), form(group, (old, old.roadmap, "2027-01-31")))
        old.refresh_from_db()
        assert old.due_on == date(2027, 1, 31)
        assert old.shared_roadmaps.count() == 2
        assert actions() == []

    def test_members_never_show_another_roadmap_than_they_agreed_to(
        self, client, group
    ):
        old = group.assignments.get()
        other = RoadmapFactory()
        client.post(change(group), form(group, (old, other, "")))
        old.refresh_from_db()
        assert old.roadmap != other

    def test_removing_one_ends_the_agreements(self, client, group):
        old = group.assignments.get()
        delete = {"assignments-0-DELETE": "on"}
        client.post(change(group), form(group, (old, old.roadmap, ""), **delete))
        assert not Assignment.objects.exists()
        assert not SharedRoadmap.objects.exists()
        assert StepProgress.objects.count() == 2
        assert actions() == [AuditAction.ROADMAP_UNASSIGNED]

    def test_none_is_assigned_twice(self, client, group):
        old = group.assignments.get()
        rows = [(old, old.roadmap, ""), (None, old.roadmap, "")]
        answer = client.post(change(group), form(group, *rows))
        assert "already has this roadmap" in answer.content.decode()
        new = RoadmapFactory()
        rows = [(old, old.roadmap, ""), (None, new, ""), (None, new, "")]
        assert client.post(change(group), form(group, *rows)).status_code == 200
        assert group.assignments.count() == 1

    def test_there_is_a_limit(self, client, group):
        old = group.assignments.get()
        new = [(None, RoadmapFactory(), "") for _ in range(MAX_ROADMAPS)]
        rows = [(old, old.roadmap, ""), *new]
        answer = client.post(change(group), form(group, *rows))
        assert f"at most {MAX_ROADMAPS}" in answer.content.decode()
        assert group.assignments.count() == 1


class TestNewOwner:
    @pytest.fixture
    def orphan(self, group):
        owner = group.memberships.owners().get().user
        owner.is_active = False
        owner.save()
        return group

    def appoint(self, client, group, address):
        return client.post(change(group), form(group, new_owner=address))

    def test_is_asked_for_only_if_no_owner_is_left(self, client, group, orphan):
        page = client.get(change(group)).content.decode()
        assert "closed account" in page
        assert 'name="new_owner"' in page
        MembershipFactory(group=group, role=Role.OWNER)
        assert 'name="new_owner"' not in client.get(change(group)).content.decode()
        stranger = UserFactory()
        self.appoint(client, group, stranger.email)
        assert not stranger.memberships.exists()

    def test_staff_who_only_view_groups_are_not_asked(
        self, sign_in_staff, client, orphan
    ):
        viewer = sign_in_staff()
        user = viewer.get("/admin/").context["user"]
        user.user_permissions.add(
            Permission.objects.get(
                content_type__app_label="groups", codename="view_group"
            )
        )
        page = viewer.get(change(orphan)).content.decode()
        assert "olga@example.com" in page
        assert "new_owner" not in page

    def test_a_member_stops_showing_progress(self, client, orphan):
        membership = orphan.memberships.get(user__name="Person mia")
        assert self.appoint(client, orphan, "MIA@example.com").status_code == 302
        membership.refresh_from_db()
        assert membership.role == Role.OWNER
        assert not membership.shared_roadmaps.exists()
        event = AuditEvent.objects.get()
        assert event.action == AuditAction.ROLE_CHANGED
        assert event.person == membership.user
        assert event.actor.email == "admin@example.com"

    def test_somebody_who_is_not_in_the_group(self, client, orphan):
        stranger = UserFactory()
        assert self.appoint(client, orphan, stranger.email).status_code == 302
        assert orphan.memberships.get(user=stranger).role == Role.OWNER
        assert actions() == [AuditAction.GROUP_JOINED]

    @pytest.mark.parametrize("fields", [{"is_active": False}, {"confirmed": False}])
    def test_only_an_account_that_can_be_used(self, client, orphan, fields):
        for address in ("nobody@example.com", UserFactory(**fields).email):
            answer = self.appoint(client, orphan, address)
            assert "No account has this email address." in answer.content.decode()
        assert Membership.objects.owners().count() == 1


class TestDeletion:
    def test_the_page_says_what_stays_and_names_nobody(self, client, group):
        page = read_html(client.get(f"{PATH}{group.pk}/delete/"))
        assert "Members keep their progress" in page
        assert "Memberships: 3" in page
        for text in (*secrets(), "olga", "user 1"):
            assert text not in page

    def test_what_belongs_to_the_learners_stays(self, client, group, administrator):
        client.post(f"{PATH}{group.pk}/delete/", {"post": "yes"})
        assert not Group.objects.exists()
        assert not Membership.objects.exists()
        assert not Comment.objects.exists()
        assert WorkLink.objects.count() == 2
        assert StepProgress.objects.count() == 2
        confirmations = Confirmation.objects.values_list("group", "group_name")
        assert list(confirmations) == [(None, "Class 7")] * 2
        event = AuditEvent.objects.get()
        assert event.action == AuditAction.GROUP_DELETED
        assert event.actor == administrator

    def test_several_groups(self, client, group):
        ids = [group.pk, GroupFactory().pk]
        data = {"action": "delete_selected", "_selected_action": ids}
        page = read_html(client.post(PATH, data))
        assert "Members keep their progress" in page
        client.post(PATH, data | {"post": "yes"})
        assert not Group.objects.exists()
        assert actions() == [AuditAction.GROUP_DELETED] * 2


class TestWhatGroupsProtect:
    """A roadmap with a confirmation, a link to work or a comment can't be deleted."""

    @pytest.fixture
    def roadmap(self, group):
        StepProgress.objects.all().delete()
        return group.assignments.get().roadmap

    def test_a_roadmap_stays(self, client, roadmap):
        path = f"/admin/roadmaps/roadmap/{roadmap.pk}/delete/"
        for request in (client.get, client.post):
            answer = request(path, {"post": "yes"})
            assert answer.status_code in (200, 409)
            assert "can’t be deleted" in answer.text or "protected" in answer.text
        data = {"action": "delete_selected", "_selected_action": [roadmap.pk]}
        client.post("/admin/roadmaps/roadmap/", data | {"post": "yes"}, follow=True)
        assert Step.objects.exists()

    def test_its_people_can_be_deleted(self, client, roadmap, administrator):
        people = User.objects.exclude(pk=administrator.pk).values_list("pk", flat=True)
        data = {"action": "delete_selected", "_selected_action": list(people)}
        client.post("/admin/accounts/user/", data | {"post": "yes"}, follow=True)
        assert User.objects.get() == administrator
        assert not Group.objects.exists()
        path = f"/admin/roadmaps/roadmap/{roadmap.pk}/delete/"
        assert client.post(path, {"post": "yes"}).status_code == 302
        assert not Step.objects.exists()


def test_the_history_of_a_group_names_no_member(client, group):
    old = group.assignments.get()
    client.post(change(group), form(group, (old, old.roadmap, "2027-01-31")))
    page = client.get(f"{PATH}{group.pk}/history/").content.decode()
    for text in secrets():
        assert text not in page


def test_nothing_else_of_groups_is_in_the_admin():
    models = apps.get_app_config("groups").get_models()
    assert {model for model in models if admin.site.is_registered(model)} == {Group}


class TestNames:
    def test_nobody_takes_permission_groups_for_groups(self, client, group):
        page = client.get("/admin/")
        [people] = [
            each for each in page.context["app_list"] if each["name"] == "People"
        ]
        names = [model["name"] for model in people["models"]]
        assert {"Learning groups", "Permission groups"} <= set(names)
        assert "Groups" not in names

    def test_the_permission_to_make_groups_is_given_to_a_person(self, client):
        permission = Permission.objects.get(
            content_type__app_label="groups", codename="add_group"
        )
        user = UserFactory()
        path = f"/admin/accounts/user/{user.pk}/change/"
        page = read_html(client.get(path))
        assert "People | learning group | Can add learning group" in page
        assert ">Permission groups:<" in page
        data = {"email": user.email, "name": user.name, "is_active": "on"}
        data["user_permissions"] = [permission.pk]
        assert client.post(path, data).status_code == 302
        assert user.has_perm("groups.add_group")


class TestClaim:
    def test_staff_enter_its_values(self, client, group):
        values = {"member_claim": "/school/7b", "mentor_claim": "teachers"}
        client.post(change(group), form(group, **values))
        group.refresh_from_db()
        assert {name: getattr(group, name) for name in values} == values

    def test_it_is_one_line(self, client, group):
        response = client.post(change(group), form(group, member_claim="a\nb"))
        assert response.status_code == 200
        group.refresh_from_db()
        assert group.member_claim == ""
