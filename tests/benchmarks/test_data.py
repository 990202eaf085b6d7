import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from accounts.models import User
from benchmarks.bench.data import STEPS, Database
from progress.models import StepProgress
from progress.route import State
from roadmaps.models import Roadmap

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database(backend):
    User.objects.create_user("person0@example.com")
    params = connection.get_connection_params()
    named = {
        key: params[key]
        for key in ("dbname", "user", "host", "port", "password")
        if params.get(key)
    }
    database = Database(make_conninfo(**named))
    yield database
    database.close()


def stored_progress():
    return set(StepProgress.objects.values_list("user", "step", "state", "done_at"))


def test_people_have_progress_on_every_step_in_all_states(database):
    database.grow_progress(3 * STEPS - 1)
    assert database.count_people() == 3
    assert StepProgress.objects.count() == 3 * STEPS
    states = set(StepProgress.objects.values_list("state", flat=True))
    assert states == {State.DONE, State.LEARNING, State.SKIPPED}


def test_new_steps_belong_to_the_roadmap_and_have_progress(database, backend):
    database.grow_progress(STEPS)
    database.grow_steps(50)
    assert backend.steps.count() == 50
    assert StepProgress.objects.count() == 50


def test_new_roadmaps_have_their_own_steps(database):
    database.grow_roadmaps(3)
    counts = [roadmap.steps.count() for roadmap in Roadmap.objects.all()]
    assert counts == [STEPS] * 3


def test_progress_can_be_reset(database):
    database.grow_progress(2 * STEPS)
    before = stored_progress()
    people = list(StepProgress.objects.values_list("user", flat=True).distinct())
    database.finish_all(people)
    assert set(StepProgress.objects.values_list("state", flat=True)) == {State.DONE}
    database.reset_progress(people)
    assert stored_progress() == before
