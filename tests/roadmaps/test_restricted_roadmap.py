"""GET of a published roadmap that is not for everybody, and of its steps"""

from urllib.parse import quote

import pytest

from roadmaps.visibility import Visibility
from tests.factories import AssignmentFactory, MembershipFactory, UserFactory
from tests.html import read_html

ROADMAP, STEP, CARD = (f"/roadmaps/cooking/{page}" for page in ("", "fry/", "card.png"))
HTMX = {"HX-Request": "true"}


@pytest.fixture
def for_signed_in(cooking):
    cooking.visibility = Visibility.SIGNED_IN
    cooking.save()
    return cooking


@pytest.fixture
def for_groups(cooking):
    cooking.visibility = Visibility.GROUPS
    cooking.save()
    return cooking


@pytest.fixture
def member(for_groups, signed_in, user):
    """A client of a member of a group that follows the roadmap."""
    MembershipFactory(user=user, group=AssignmentFactory(roadmap=for_groups).group)
    return signed_in


class TestForSignedInPeople:
    @pytest.mark.parametrize("path", [ROADMAP, STEP, f"{STEP}?answers=1"])
    def test_a_visitor_signs_in_and_comes_back(self, client, for_signed_in, path):
        response = client.get(path)
        assert response.status_code == 302
        sign_in, _, destination = response.url.partition("?next=")
        assert sign_in == "/accounts/login/"
        client.force_login(UserFactory())
        assert client.get(destination.replace("%3F", "?")).status_code == 200

    def test_so_does_one_at_its_old_address(self, client, for_signed_in):
        for_signed_in.slug = "kitchen"
        for_signed_in.save()
        assert client.get(ROADMAP).url == f"/accounts/login/?next={ROADMAP}"

    def test_a_step_that_does_not_exist_looks_the_same(self, client, for_signed_in):
        path = f"{ROADMAP}nope/"
        assert client.get(path).url == f"/accounts/login/?next={path}"

    @pytest.mark.parametrize("path", [ROADMAP, STEP])
    def test_an_open_page_of_somebody_signed_out_reloads(
        self, client, for_signed_in, path
    ):
        response = client.get(path, headers=HTMX)
        assert response["HX-Refresh"] == "true"

    @pytest.mark.parametrize(("path", "queries"), [(ROADMAP, 4), (STEP, 7)])
    def test_it_costs_no_more_queries(
        self, signed_in, for_signed_in, assert_max_queries, path, queries
    ):
        signed_in.get(path)  # fills the cache of the content
        with assert_max_queries(queries):
            assert signed_in.get(path).status_code == 200


class TestForGroups:
    @pytest.mark.parametrize("path", [ROADMAP, STEP, CARD])
    def test_it_is_404_for_everybody_else(self, client, signed_in, for_groups, path):
        MembershipFactory(group=AssignmentFactory(roadmap=for_groups).group)
        for stranger in (client, signed_in):
            assert stranger.get(path).status_code == 404
            assert "Cooking" not in stranger.get(path).text

    def test_a_member_who_is_signed_out_comes_back_to_it(self, client, for_groups):
        links = f'href="/accounts/login/?next={quote(STEP, safe="")}"'
        assert links in client.get(STEP).text
        path = "/progress/999999/done/"
        page = client.post(path, headers={"Sec-Fetch-Site": "same-origin"})
        assert page.status_code == 404
        assert 'href="/accounts/login/"' in page.text

    @pytest.mark.parametrize(("path", "queries"), [(ROADMAP, 4), (STEP, 7)])
    def test_it_costs_members_no_more_queries(
        self, member, assert_max_queries, path, queries
    ):
        member.get(path)  # fills the cache of the content
        with assert_max_queries(queries):
            assert member.get(path).status_code == 200

    def test_whoever_leaves_the_group_no_longer_sees_it(self, member, user):
        assert member.get(ROADMAP).status_code == 200
        user.memberships.get().delete()
        assert member.get(ROADMAP).status_code == 404

    def test_nobody_sees_it_once_no_group_follows_it(self, member, for_groups):
        for_groups.assignments.all().delete()
        assert member.get(ROADMAP).status_code == 404


class TestPages:
    def test_they_say_who_can_see_them(self, signed_in, for_signed_in):
        for path in ("/", ROADMAP, STEP):
            assert "Signed-in people only" in read_html(signed_in.get(path))
        page = read_html(signed_in.get(STEP))
        assert "Only people who are signed in can see this roadmap." in page

    def test_so_do_those_for_groups(self, member):
        for path in ("/", ROADMAP, STEP):
            assert "Groups only" in read_html(member.get(path))
        page = read_html(member.get(STEP))
        assert "Only groups that follow this roadmap can see it." in page

    @pytest.mark.parametrize("path", [ROADMAP, STEP])
    def test_they_cannot_be_stored_shared_or_indexed(self, member, path):
        response = member.get(path)
        assert response["Cache-Control"] == "no-store"
        assert response.text.count('<meta name="robots" content="noindex">') == 1
        assert "og:image" not in response.text
        assert "canonical" not in response.text

    def test_a_visitors_note_is_never_answered_with_what_is_there(
        self, client, for_groups
    ):
        for path in (STEP, "/roadmaps/nope/fry/"):
            note = {"text": "Mine", "page": "1"}
            assert client.post(path, note, headers=HTMX).status_code == 401
            headers = {"Sec-Fetch-Mode": "cors"}  # not a form, which is shown again
            response = client.post(path, note, headers=headers)
            assert response.url == f"/accounts/login/?next={path}"
