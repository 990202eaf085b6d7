"""Every string of a step's page can be translated."""

import pytest

from progress.models import StepProgress
from progress.notes import MAX_NOTE_LENGTH
from roadmaps.measured_effort import MeasuredEffort
from roadmaps.models import Resource
from tests.factories import add_greek_parts
from tests.progress.test_mark import HTMX, SAME_ORIGIN, address
from tests.progress.test_topic import address as topic_address
from tests.pseudo_language import assert_page_is_translated, pseudo_language


@pytest.fixture
def steps(greek):
    """Steps that are done, in progress, skipped and not started for `greek_learner`."""
    steps = list(greek.steps.all())
    for step in steps[:2]:
        add_greek_parts(step)
    for kind in Resource.Kind.values:
        url = f"https://{kind}.example/"
        Resource.objects.create(step=steps[0], title="Πηγή", url=url, kind=kind)
    return steps


def read(client, path, **kwargs):
    with pseudo_language():
        response = client.get(path, **kwargs)
        assert_page_is_translated(response)
    return response


def test_a_visitor(client, steps):
    for step in steps:
        read(client, step.get_absolute_url())


def test_a_step_in_each_state(greek_learner, steps):
    for step in steps:
        read(greek_learner, step.get_absolute_url())
        read(greek_learner, step.get_absolute_url(), headers=HTMX)


def test_each_mark_and_the_offer_to_undo_it(greek_learner, steps):
    for step in steps:
        for state in ("done", "none", "learning", "skipped"):
            with pseudo_language():
                response = greek_learner.post(
                    address(step, state), {"at": "finish"}, headers=HTMX
                )
                assert_page_is_translated(response)


def test_each_tick_of_a_topic(greek_learner, steps):
    for step in steps[:2]:
        for outcome in ("checked", "unchecked"):
            with pseudo_language():
                path = topic_address(step.topics.get(), outcome)
                assert_page_is_translated(greek_learner.post(path, headers=HTMX))


@pytest.mark.parametrize("days", [1, 9, 20, 75])
def test_how_long_learners_usually_take(client, steps, days):
    for step in steps[1:3]:  # with and without other parts
        MeasuredEffort.objects.create(step=step, days=days)
        read(client, step.get_absolute_url())


def test_all_answers(client, steps):
    read(client, f"{steps[0].get_absolute_url()}?answers=1")


def test_a_visitors_tick_of_a_topic(client, steps):
    topic = steps[0].topics.get()
    client.post(topic_address(topic), headers=SAME_ORIGIN)
    destination = {"next": topic.get_absolute_url()}
    with pseudo_language():
        response = client.get("/accounts/login/", query_params=destination)
    assert "<bdi>Θέμα</bdi>" in response.text
    assert "will be ticked" not in response.text


def test_a_completed_roadmap(greek_learner, user, steps):
    for step in steps:
        StepProgress.objects.mark(user, step.pk, "done")
    response = read(greek_learner, steps[0].get_absolute_url())
    assert "roadmap_completion" in response.text


def test_a_draft_for_an_editor(sign_in_staff, greek, steps):
    greek.is_published = False
    greek.save()
    read(sign_in_staff("Editors"), steps[0].get_absolute_url())


@pytest.mark.parametrize("visibility", ["signed-in", "groups"])
def test_a_step_that_is_not_for_everybody(sign_in_staff, greek, steps, visibility):
    greek.visibility = visibility
    greek.save()
    read(sign_in_staff("Editors"), steps[0].get_absolute_url())


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("text", "status"),
    [("Νέα", 200), ("Άλλη", 409), ("α" * (MAX_NOTE_LENGTH + 1), 422)],
)
def test_saving_a_note(greek_learner, user, steps, text, status, headers):
    data = {"text": text, "page": "1"}
    if status == 200:
        data["base"] = user.notes.get(step=steps[0].pk).version
    path = steps[0].get_absolute_url()
    with pseudo_language():
        response = greek_learner.post(path, data, headers=headers)
        if response.status_code == 302:
            response = greek_learner.get(response.url)
        else:
            assert response.status_code == status
        assert_page_is_translated(response)
