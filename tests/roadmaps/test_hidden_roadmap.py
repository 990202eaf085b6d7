"""GET of a roadmap that the person may no longer see, and of its steps"""

import pytest

from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    NoteFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.html import read_html

NOT_IN_A_GROUP = "Only certain groups can see this roadmap. Your progress is safe."
HIDDEN = "This roadmap is hidden for now. Your progress is safe."
PATHS = ["/roadmaps/cooking/", "/roadmaps/cooking/fry/", "/roadmaps/cooking/gone/"]


@pytest.fixture
def hidden(cooking):
    cooking.is_published = False
    cooking.save()
    return cooking


@pytest.fixture
def learner(hidden, fry, signed_in, user):
    """A client of a user who has done a step of it."""
    StepProgressFactory(user=user, step=fry)
    return signed_in


@pytest.mark.parametrize("path", PATHS)
def test_it_tells_who_has_marks_that_they_are_safe(learner, path):
    response = learner.get(path)
    html = read_html(response)
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"
    assert HIDDEN in html
    assert "<h1>Cooking</h1>" in html
    assert 'href="/progress/"' in html
    assert "Fry" not in html


@pytest.mark.parametrize("path", PATHS)
def test_a_note_counts_too(hidden, fry, signed_in, user, path):
    NoteFactory(user=user, step=fry)
    assert HIDDEN in read_html(signed_in.get(path))


@pytest.mark.parametrize("path", PATHS)
def test_it_tells_who_is_no_longer_in_a_group(cooking, fry, signed_in, user, path):
    cooking.visibility = "groups"
    cooking.save()
    membership = MembershipFactory(
        user=user, group=AssignmentFactory(roadmap=cooking).group
    )
    StepProgressFactory(user=user, step=fry)
    assert NOT_IN_A_GROUP not in read_html(signed_in.get(path))
    membership.delete()
    response = signed_in.get(path)
    html = read_html(response)
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"
    assert NOT_IN_A_GROUP in html
    assert "You can open it again if you join a group that follows it." in html
    assert "its editors publish it" not in html


def test_its_old_address_says_the_same(learner, hidden):
    hidden.slug = "kitchen"
    hidden.save()
    for path in ("/roadmaps/cooking/", "/roadmaps/kitchen/fry/"):
        assert HIDDEN in read_html(learner.get(path))


@pytest.mark.parametrize("path", PATHS)
def test_nobody_else_learns_of_it(learner, client, path):
    stranger = UserFactory()
    for user in (None, stranger):
        if user:
            client.force_login(user)
        response = client.get(path)
        assert response.status_code == 404
        assert HIDDEN not in read_html(response)
        assert "Cooking" not in read_html(response)


def test_a_published_roadmap_without_the_step_is_not_hidden(cooking, signed_in, user):
    StepProgressFactory(user=user, step=cooking.steps.first())
    response = signed_in.get("/roadmaps/cooking/gone/")
    assert response.status_code == 404
    assert HIDDEN not in read_html(response)


def test_an_open_page_does_not_swap_it_in(learner):
    for path in PATHS[:2]:
        response = learner.get(path, headers={"HX-Request": "true"})
        assert response.status_code == 404


def test_the_persons_own_pages_still_open(learner, hidden, user):
    user.completions.create(roadmap=hidden, completed_at=hidden.steps.first().added_at)
    for path in ("/", "/progress/"):
        response = learner.get(path)
        assert response.status_code == 200
        assert "Cooking" in read_html(response)


def test_editors_still_read_it(hidden, sign_in_staff):
    assert sign_in_staff().get("/roadmaps/cooking/").status_code == 200
