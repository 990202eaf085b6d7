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


def standings():
    return set(StepProgress.objects.values_list("user", "step", "state", "done_at"))


def test_people_walk_every_step_and_stand_at_each_state(database):
    people = database.grow_progress(3 * STEPS - 1)
    assert people == 3
    assert StepProgress.objects.count() == 3 * STEPS
    states = set(StepProgress.objects.values_list("state", flat=True))
    assert states == {State.DONE, State.LEARNING, State.SKIPPED}


def test_what_a_row_takes_in_order_of_time_leaves_nothing_behind(database):
    database.grow_progress(STEPS)
    before = standings()
    with_a_page_each = 3 * 8192 / STEPS  # the table and its two indexes
    assert database.bytes_a_row_in_time() >= with_a_page_each
    assert standings() == before
    assert "in_time" not in connection.introspection.table_names()


def test_more_steps_are_on_the_same_roadmap_and_walked(database, backend):
    database.grow_progress(STEPS)
    database.grow_steps(50)
    assert backend.steps.count() == 50
    assert StepProgress.objects.count() == 50


def test_more_roadmaps_have_steps_of_their_own(database):
    database.grow_roadmaps(3)
    counts = [roadmap.steps.count() for roadmap in Roadmap.objects.all()]
    assert counts == [STEPS] * 3


def test_what_ticks_changed_can_be_put_back(database):
    database.grow_progress(2 * STEPS)
    before = standings()
    people = list(StepProgress.objects.values_list("user", flat=True).distinct())
    database.finish(people)
    assert set(StepProgress.objects.values_list("state", flat=True)) == {State.DONE}
    database.put_back(people)
    assert standings() == before
