"""/admin/roadmaps/synonym/: the short forms that searches know."""

import pytest

from roadmaps.synonyms import DEFAULT_SYNONYMS, Synonym
from tests.editing.editor import ADMIN

PATH = f"{ADMIN}synonym/"


@pytest.fixture
def editor(sign_in_staff):
    return sign_in_staff("Editors")


def add(client, word, meaning):
    return client.post(f"{PATH}add/", {"word": word, "meaning": meaning})


def test_a_new_database_has_the_usual_ones(db):
    stored = set(Synonym.objects.values_list("word", "meaning"))
    assert stored == set(DEFAULT_SYNONYMS)
    assert {"k8s", "js", "ts", "db", "auth", "a11y", "ci"} <= {
        word for word, _ in stored
    }


def test_an_editor_adds_changes_and_deletes_one(editor):
    assert add(editor, "RFC", "Request for Comments").status_code == 302
    synonym = Synonym.objects.get(word="RFC")
    assert (synonym.folded_word, synonym.folded_meaning) == (
        "rfc",
        "request for comments",
    )
    change = f"{PATH}{synonym.pk}/change/"
    editor.post(change, {"word": "RFCs", "meaning": "Request for Comments"})
    synonym.refresh_from_db()
    assert synonym.word == "RFCs"
    editor.post(f"{PATH}{synonym.pk}/delete/", {"post": "yes"})
    assert not Synonym.objects.filter(pk=synonym.pk).exists()


@pytest.mark.parametrize(
    ("word", "meaning", "error"),
    [
        ("ci/cd", "delivery", "Enter one word of letters and digits."),
        ("!", "wow", "Enter one word of letters and digits."),
        ("rfc", "?", "Enter what the short form means."),
        ("organise", "Organize", "Enter what the short form means."),
        ("K8S", "kubernetes", "already exists"),
        ("rfc", "", "This field is required."),
    ],
)
def test_what_finds_nothing_new_is_refused(editor, word, meaning, error):
    response = add(editor, word, meaning)
    assert response.status_code == 200
    assert error in response.content.decode()


def test_a_publisher_may_not(sign_in_staff):
    assert sign_in_staff("Publishers").get(PATH).status_code == 403


def test_a_user_may_not(signed_in):
    assert signed_in.get(PATH).status_code in (302, 403, 404)
