"""/groups/<group>/settings/: the page, and the group's name and purpose."""

import re

import pytest

from accounts.audit import AuditAction, AuditEvent
from groups.models import Comment, Confirmation, Group
from groups.roles import Role
from progress.models import StepProgress
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
)
from tests.html import read_html


@pytest.fixture
def path(cooks):
    return f"/groups/{cooks.group.pk}/settings/"


def test_redirects_visitors_to_sign_in(client, path):
    assert client.get(path).url == f"/accounts/login/?next={path}"


def test_does_not_exist_for_others(not_an_owner, path, cooks):
    for request in (not_an_owner.get, not_an_owner.post):
        assert request(path, {"section": "group", "name": "Mine"}).status_code == 404
    missing = not_an_owner.get("/groups/999999999999999999/settings/")
    assert missing.status_code == 404
    cooks.group.refresh_from_db()
    assert cooks.group.name == "Cooks"


def test_refuses_other_methods(owner, path):
    assert owner.put(path).status_code == 405


def test_links_to_each_of_its_sections(owner, path):
    page = read_html(owner.get(path))
    for section in ("group", "roadmaps", "invitations", "people", "delete"):
        assert f'href="#{section}"' in page
        assert f'<section id="{section}"' in page


def test_saves_the_name_and_the_purpose(owner, path, cooks):
    fields = {"section": "group", "name": "Chefs", "purpose": "For the kitchen"}
    response = owner.post(path, fields)
    assert response.url == f"{path}#group"
    cooks.group.refresh_from_db()
    assert (cooks.group.name, cooks.group.purpose) == ("Chefs", "For the kitchen")
    page = read_html(owner.get(path))
    assert re.search('Save</button> *<p class="message" role="status">Saved</p>', page)


def test_errors_are_beside_their_fields_and_nothing_is_lost(owner, path):
    fields = {"section": "group", "name": "", "purpose": "For the kitchen"}
    response = owner.post(path, fields)
    page = read_html(response)
    assert response.status_code == 422
    assert page.count("This field is required.") == 1
    assert 'value="For the kitchen"' in page
    assert "<bdi>Cooks</bdi>" in response.content.decode()  # the stored name
    assert Group.objects.get().name == "Cooks"


@pytest.mark.parametrize("section", ["", "people", "\x00"])
def test_refuses_an_unknown_section(owner, path, section):
    assert owner.post(path, {"section": section}).status_code == 400


def test_lists_people_by_role_and_name(owner, path, cooks):
    MembershipFactory(group=cooks.group, user__name="", user__email="b@example.com")
    MembershipFactory(group=cooks.group, user__name="cleo")
    page = read_html(owner.get(path))
    names = re.findall(r"<b>([^<]+)</b> *<span class=\"muted\">(\w+)", page)
    assert names[-5:] == [
        ("Olga", "Owner"),
        ("Mona", "Mentor"),
        ("Ada", "Member"),
        ("b@example.com", "Member"),
        ("cleo", "Member"),
    ]


def test_many_people_are_on_several_pages(
    owner, path, cooks, assert_max_queries, monkeypatch
):
    monkeypatch.setattr("groups.views.settings.PEOPLE_PER_PAGE", 2)
    first = read_html(owner.get(path))
    assert "Page 1 of 2" in first
    assert "<b>Olga</b>" in first
    assert "<b>Ada</b>" not in first
    second = read_html(owner.get(path, {"page": 2}))
    assert "<b>Ada</b>" in second
    assert "<b>Olga</b>" not in second
    for odd in ("0", "99", "x", "-1"):
        assert owner.get(path, {"page": odd}).status_code == 200


def test_filters_people_by_their_visible_name(owner, path, cooks):
    MembershipFactory(group=cooks.group, user__email="zoe@example.com")
    found = read_html(owner.get(path, {"q": " ADA "}))
    assert "<b>Ada</b>" in found
    assert "<b>Mona</b>" not in found
    assert "zoe@example.com" in read_html(owner.get(path, {"q": "zoe@"}))
    # Those with a name show no address, so nobody can search for it.
    address = cooks.member.user.email
    page = read_html(owner.get(path, {"q": address}))
    assert f"No names match “{address}”." in page
    assert address not in read_html(owner.get(path))


def test_the_number_of_queries_does_not_grow(owner, path, cooks, assert_max_queries):
    for _ in range(4):
        AssignmentFactory(group=cooks.group)
        RoadmapFactory()
        MembershipFactory(group=cooks.group)
        cooks.group.invite(Role.MEMBER, actor=cooks.owner.user)
    with assert_max_queries(8):
        owner.get(path)


class TestDelete:
    @pytest.fixture
    def path(self, cooks):
        return f"/groups/{cooks.group.pk}/settings/delete/"

    def test_does_not_exist_for_others(self, not_an_owner, path):
        for request in (not_an_owner.get, not_an_owner.post):
            assert request(path).status_code == 404
        assert Group.objects.filter(name="Cooks").exists()

    def test_asks_first(self, owner, path, cooks, assert_max_queries):
        cooks.group.invite(Role.MEMBER, actor=cooks.owner.user)
        with assert_max_queries(6):
            page = read_html(owner.get(path))
        assert "the group, with 3 people in it, including you" in page
        assert "1 invitation, which stops working" in page
        assert "comment" not in page
        assert "everybody’s progress, notes and links to their work" in page
        assert Group.objects.exists()

    def test_deletes_the_group_and_leaves_what_is_the_learners(
        self, owner, path, cooks
    ):
        step = StepFactory(roadmap=cooks.assignment.roadmap)
        progress = StepProgressFactory(user=cooks.member.user, step=step)
        confirmation = Confirmation.objects.create(
            group=cooks.group, group_name="Cooks", user=cooks.member.user, step=step
        )
        Comment.objects.create(
            group=cooks.group,
            member=cooks.member.user,
            author=cooks.mentor.user,
            step=step,
            text="Well done",
        )
        assert "1 comment or reply" in read_html(owner.get(path))
        response = owner.post(path, follow=True)
        assert "The group “Cooks” was deleted." in read_html(response)
        assert not Group.objects.exists()
        assert not Comment.objects.exists()
        confirmation.refresh_from_db()
        assert (confirmation.group, confirmation.group_name) == (None, "Cooks")
        assert StepProgress.objects.filter(pk=progress.pk).exists()
        event = AuditEvent.objects.get()
        assert event.action == AuditAction.GROUP_DELETED
        assert event.details == {"group": "Cooks", "group_id": cooks.group.pk}
        assert owner.post(path).status_code == 404
