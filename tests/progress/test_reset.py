"""/progress/reset/<roadmap>/ and /progress/restore/<roadmap>/"""

import html
import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from editing import step_operations
from progress.models import Completion, StepProgress
from progress.notes import Note
from roadmaps.models import Step
from tests.factories import (
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)

PATH = "/progress/reset/backend-developer/"
RESTORE = "/progress/restore/backend-developer/"
MAY = datetime(2026, 5, 3, 12, 34, 56, 789012, tzinfo=UTC)


@pytest.fixture
def marked_roadmap(backend, user):
    for step, state in zip(
        backend.steps.all(), ["done", "learning", "skipped"], strict=False
    ):
        StepProgressFactory(user=user, step=step, state=state, started_at=MAY)
    Completion.objects.create(user=user, roadmap=backend, completed_at=MAY)
    return backend


def rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (StepProgress, Completion)
    ]


def reset(client):
    """Reset, and return the token of the undo that the roadmap's page offers."""
    page = client.get(client.post(PATH).url).content.decode()
    return html.unescape(re.search('name="past" value="([^"]+)"', page)[1])


def test_it_asks_first(signed_in, marked_roadmap):
    before = rows()
    assert "on 3 steps" in signed_in.get(PATH).content.decode()
    assert rows() == before


def test_it_deletes_only_the_persons_marks_on_this_roadmap(
    signed_in, user, marked_roadmap
):
    step = marked_roadmap.steps.first()
    Note.objects.create(user=user, step=step, text="Kept", page="p")
    theirs = StepProgressFactory(step=step)
    elsewhere = StepProgressFactory(user=user)
    reset(signed_in)
    assert set(StepProgress.objects.all()) == {theirs, elsewhere}
    assert not Completion.objects.exists()
    assert Note.objects.get().text == "Kept"


def test_undo_restores_everything_with_exact_dates(signed_in, marked_roadmap):
    before = rows()
    response = signed_in.post(RESTORE, {"past": reset(signed_in)})
    assert response.url == marked_roadmap.get_absolute_url()
    assert rows() == before


def test_undo_keeps_what_was_marked_since(signed_in, user, marked_roadmap):
    token = reset(signed_in)
    first = marked_roadmap.steps.first()
    StepProgressFactory(user=user, step=first, state="skipped")
    signed_in.post(RESTORE, {"past": token})
    assert StepProgress.objects.get(step=first).state == "skipped"
    assert StepProgress.objects.count() == 3


def test_undo_works_after_a_step_was_deleted(signed_in, user, backend):
    step = StepFactory(roadmap=backend, slug="gone", position=99)
    StepProgressFactory(user=user, step=step)
    token = reset(signed_in)
    step.delete()
    assert signed_in.post(RESTORE, {"past": token}).status_code == 302


def test_undo_completes_a_roadmap_on_which_an_edit_left_nothing_to_do(signed_in, user):
    roadmap = RoadmapFactory(slug="backend-developer")
    step, other = StepFactory.create_batch(2, roadmap=roadmap)
    StepProgressFactory(user=user, step=step, started_at=MAY)
    token = reset(signed_in)
    step_operations.retire(other)
    signed_in.post(RESTORE, {"past": token})
    assert Completion.objects.get().completed_at == MAY


def test_the_roadmap_offers_the_undo_until_a_step_is_marked(
    signed_in, user, marked_roadmap
):
    reset(signed_in)
    path = marked_roadmap.get_absolute_url()
    assert "Undo reset" in signed_in.get(path).text
    StepProgressFactory(user=user, step=marked_roadmap.steps.first())
    assert "Undo reset" not in signed_in.get(path).text


def test_other_roadmaps_do_not_offer_it(signed_in, marked_roadmap, cooking):
    reset(signed_in)
    assert "Undo reset" not in signed_in.get(cooking.get_absolute_url()).text


def test_a_second_reset_keeps_the_undo(signed_in, marked_roadmap):
    before = rows()
    reset(signed_in)
    signed_in.post(RESTORE, {"past": reset(signed_in)})
    assert rows() == before


def test_undo_restores_a_long_roadmap(signed_in, user):
    roadmap = RoadmapFactory(slug="backend-developer")
    built = StepFactory.build_batch(230, roadmap=roadmap)
    StepProgress.objects.bulk_create(
        StepProgressFactory.build(user=user, step=step)
        for step in Step.objects.bulk_create(built)
    )
    signed_in.post(RESTORE, {"past": reset(signed_in)})
    assert StepProgress.objects.count() == 230


@pytest.mark.parametrize("token", ["", "nonsense", "\x00"])
def test_an_invalid_token_is_400(signed_in, marked_roadmap, token):
    assert signed_in.post(RESTORE, {"past": token}).status_code == 400


def test_a_token_of_another_person_is_400(signed_in, marked_roadmap):
    token = reset(signed_in)
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.post(RESTORE, {"past": token}).status_code == 400
    assert not StepProgress.objects.exists()


def test_a_roadmap_without_marks_has_nothing_to_reset(signed_in, backend):
    assert "to reset" in signed_in.get(PATH).content.decode()


def test_a_visitor_is_taken_to_sign_in(client, backend):
    assert client.get(PATH).url.startswith("/accounts/login/")
    assert client.post(RESTORE).url.startswith("/accounts/login/")


def test_an_unknown_roadmap_is_404(signed_in, db):
    assert signed_in.get("/progress/reset/nope/").status_code == 404
