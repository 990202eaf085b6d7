"""POST /progress/topics/<topic id>/checked/ and …/unchecked/"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import rate_limit
from progress.models import StepProgress
from progress.topic_checks import TopicCheck
from roadmaps.models import Step
from roadmaps.step_parts import Topic
from tests.factories import (
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
)
from tests.html import read_html
from tests.progress.test_mark import HTMX, SAME_ORIGIN
from tests.progress.test_pending_mark import sign_in

MAY = datetime(2026, 5, 3, 12, tzinfo=UTC)


def address(topic, outcome="checked"):
    return reverse("progress:topic", args=[topic.pk, outcome])


@pytest.fixture
def step(db):
    return StepFactory(title="Caching", slug="caching")


@pytest.fixture
def topics(step):
    return [
        TopicFactory(step=step, slug=f"topic-{number}", title=f"Topic {number}")
        for number in (1, 2, 3)
    ]


@pytest.fixture
def check(signed_in):
    def check(topic, outcome="checked", headers=SAME_ORIGIN, **kwargs):
        return signed_in.post(address(topic, outcome), headers=headers, **kwargs)

    return check


def checked(user):
    return set(TopicCheck.objects.filter(user=user).values_list("topic", flat=True))


def state(user, step):
    row = StepProgress.objects.filter(user=user, step=step).first()
    return row.state if row else "none"


class TestStoredCheck:
    def test_a_tick_is_a_row_and_unticking_deletes_it(self, check, user, topics):
        check(topics[0])
        assert checked(user) == {topics[0].pk}
        check(topics[0], "unchecked")
        assert checked(user) == set()

    @pytest.mark.parametrize("outcome", ["checked", "unchecked"])
    def test_a_repeat_changes_nothing(self, check, user, topics, outcome):
        check(topics[0])
        check(topics[0], outcome)
        before = checked(user)
        assert check(topics[0], outcome).status_code == 302
        assert checked(user) == before

    def test_checks_of_others_stay(self, check, topics):
        other = UserFactory()
        TopicCheck.objects.create(user=other, topic=topics[0])
        check(topics[0])
        check(topics[0], "unchecked")
        assert checked(other) == {topics[0].pk}


class TestStateOfTheStep:
    def test_the_first_topic_makes_it_in_progress(self, check, user, step, topics):
        check(topics[0])
        assert state(user, step) == "learning"

    @pytest.mark.parametrize("before", ["learning", "done", "skipped"])
    def test_a_topic_changes_no_other_state(self, check, user, step, topics, before):
        StepProgressFactory(user=user, step=step, state=before, started_at=MAY)
        rows = list(StepProgress.objects.values())
        check(topics[0])
        assert list(StepProgress.objects.values()) == rows

    def test_the_last_topic_offers_to_mark_it_done_and_does_not(
        self, check, user, step, topics
    ):
        for topic in topics[:-1]:
            assert "every topic" not in read_html(check(topic, headers=HTMX))
        html = read_html(check(topics[-1], headers=HTMX))
        assert "You have ticked every topic." in html
        assert 'id="topics_offer"' in html
        assert "Topic 3, ticked. 3 of 3. You can mark the step done." in html
        assert state(user, step) == "learning"

    def test_a_topic_never_enters_the_total(self, check, signed_in, step, topics):
        for topic in topics:
            check(topic)
        page = read_html(signed_in.get(step.roadmap.get_absolute_url()))
        assert "<b>0 of 1</b> required" in page

    def test_unticking_the_last_one_leaves_it_in_progress(
        self, check, user, step, topics
    ):
        check(topics[0])
        check(topics[0], "unchecked")
        assert state(user, step) == "learning"

    def test_marking_the_step_changes_no_topic(self, check, signed_in, user, topics):
        check(topics[0])
        for outcome in ("done", "none", "skipped"):
            path = reverse("progress:mark", args=[topics[0].step_id, outcome])
            signed_in.post(path, headers=SAME_ORIGIN)
        assert checked(user) == {topics[0].pk}


class TestResponse:
    def test_a_plain_form_returns_to_the_topic(self, check, step, topics):
        response = check(topics[1])
        assert response.status_code == 302
        assert response.url == f"{step.get_absolute_url()}#topic_topic-2"

    def test_htmx_gets_every_region_that_changed_and_no_other(self, check, topics):
        check(topics[0])
        html = read_html(check(topics[1], headers=HTMX))
        for region in ("step_bar", "check_topic-2", "topics_count", "side_topics"):
            assert f'hx-target="#{region}"' in html
        assert "check_topic-1" not in html
        assert "step_side" not in html
        assert 'aria-checked="true"' in html
        assert "Topic 2, ticked. 2 of 3." in html
        assert address(topics[1], "unchecked") in html

    def test_the_box_is_the_same_as_on_the_page(self, check, signed_in, step, topics):
        html = read_html(check(topics[0], headers=HTMX))
        start = html.index('<button id="check_topic-1"')
        box = html[start : html.index("</button>", start)]
        assert box in read_html(signed_in.get(step.get_absolute_url()))

    def test_another_tab_refreshes_its_boxes(self, check, signed_in, step, topics):
        check(topics[0])
        html = read_html(signed_in.get(step.get_absolute_url(), headers=HTMX))
        assert html.count('aria-checked="true"') == 1
        assert 'hx-target="#step_topics"' in html


class TestQueries:
    @pytest.mark.parametrize("count", [1, 40])
    def test_a_tick_takes_at_most_seven(self, check, step, assert_max_queries, count):
        """The session, the person, the lock, the snapshot, the check and the mark.

        The seventh reads the confirmations if the state of the step is shown anew.
        """
        topics = TopicFactory.create_batch(count, step=step)
        StepProgress.objects.all().delete()
        check(topics[0], "unchecked", headers=HTMX)  # fills the cache of the content
        for outcome in ("checked", "checked", "unchecked", "checked"):
            with assert_max_queries(7):
                check(topics[-1], outcome, headers=HTMX)

    def test_a_row_takes_at_most_eighty_bytes(self, step):
        """With every index, if people tick in no particular order."""
        people = [User(email=f"person{n}@size.example") for n in range(300)]
        people = User.objects.bulk_create(people)
        topics = TopicFactory.build_batch(100, step=step)
        topics = Topic.objects.bulk_create(topics)
        checks = [
            TopicCheck(user=user, topic=topic) for user in people for topic in topics
        ]
        checks.sort(key=lambda row: (row.user_id * 7919 + row.topic_id * 104729) % 9973)
        TopicCheck.objects.bulk_create(checks, batch_size=10_000)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_total_relation_size('progress_topiccheck')")
            (size,) = cursor.fetchone()
        assert size / len(checks) <= 80


class TestRefusal:
    @pytest.mark.parametrize(
        "path",
        [
            "/progress/topics/999999/checked/",
            "/progress/topics/3000000000/unchecked/",
            "/progress/topics/999999999999999999/checked/",
            "/progress/topics/1/toggle/",
        ],
    )
    def test_an_unknown_topic_or_outcome_is_404(self, signed_in, path):
        assert signed_in.post(path, headers=SAME_ORIGIN).status_code == 404

    def test_get_is_405(self, signed_in, topics):
        assert signed_in.get(address(topics[0])).status_code == 405

    @pytest.mark.parametrize("model", [Topic, Step])
    def test_a_retired_topic_or_step_is_404_and_keeps_the_check(
        self, check, user, topics, model
    ):
        check(topics[0])
        model.objects.update(is_retired=True)
        assert check(topics[0], "unchecked").status_code == 404
        assert checked(user) == {topics[0].pk}

    def test_a_draft_is_404_except_for_staff(self, check, user):
        draft = RoadmapFactory(is_published=False)
        topic = TopicFactory(step__roadmap=draft)
        assert check(topic).status_code == 404
        user.is_staff = True
        user.save()
        assert check(topic).status_code == 302

    @pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}])
    def test_a_foreign_or_missing_origin_is_403(self, check, user, topics, headers):
        assert check(topics[0], headers=headers).status_code == 403
        assert checked(user) == set()

    def test_too_many_changes_are_429(self, check, topics, monkeypatch):
        monkeypatch.setattr(rate_limit, "CHANGES_PER_MINUTE", 1)
        check(topics[0])
        assert check(topics[0], "unchecked").status_code == 429

    def test_a_broken_database_stores_nothing(self, check, topics, monkeypatch):
        def fail(*_args):
            raise OperationalError("the connection is lost")

        monkeypatch.setattr(TopicCheck.objects, "change", fail)
        with pytest.raises(OperationalError):
            check(topics[0])
        assert not TopicCheck.objects.exists()


class TestVisitor:
    def test_comes_back_to_a_ticked_topic(self, client, user, step, topics):
        response = client.post(address(topics[0]), headers=SAME_ORIGIN)
        assert response.url.startswith("/accounts/signup/?next=")
        destination = topics[0].get_absolute_url()
        login = client.get("/accounts/login/", query_params={"next": destination})
        assert "“<bdi>Topic 1</bdi>” will be ticked." in login.text
        assert sign_in(client, user, destination).url == destination
        assert checked(user) == {topics[0].pk}
        assert state(user, step) == "learning"

    def test_unticking_is_not_remembered(self, client, topics):
        client.post(address(topics[0], "unchecked"), headers=SAME_ORIGIN)
        assert not client.cookies

    def test_a_retired_topic_is_404(self, client, topics):
        Topic.objects.update(is_retired=True)
        path = address(topics[0])
        assert client.post(path, headers=SAME_ORIGIN).status_code == 404


class TestReset:
    def test_it_unticks_the_topics_and_its_undo_ticks_them_again(
        self, check, signed_in, user, step, topics
    ):
        elsewhere = TopicFactory()
        check(topics[0])
        check(elsewhere)
        slug = step.roadmap.slug
        signed_in.post(reverse("progress:reset", args=[slug]))
        assert checked(user) == {elsewhere.pk}
        past = signed_in.session["reset"][slug]
        signed_in.post(reverse("progress:restore", args=[slug]), {"past": past})
        assert checked(user) == {topics[0].pk, elsewhere.pk}


def test_nobody_can_delete_a_topic_that_somebody_ticked(check, topics):
    check(topics[0])
    with pytest.raises(ProtectedError):
        topics[0].delete()


def test_checks_can_be_copied_to_another_topic(check, user, topics):
    other = UserFactory()
    TopicCheck.objects.create(user=other, topic=topics[0])
    check(topics[0])
    check(topics[1])
    pairs = {topics[0].pk: topics[1].pk, topics[1].pk: topics[2].pk}
    for _ in range(2):
        TopicCheck.objects.copy(pairs, [user.pk, other.pk])
        assert checked(user) == {topic.pk for topic in topics}
        assert topics[1].pk in checked(other)


@pytest.mark.django_db(transaction=True)
def test_many_ticks_at_the_same_moment_leave_consistent_rows(monkeypatch):
    monkeypatch.setattr(rate_limit, "CHANGES_PER_MINUTE", 1000)
    user, step = UserFactory(), StepFactory()
    topics = TopicFactory.create_batch(4, step=step)
    presses = [
        (topic, outcome)
        for outcome in ("checked", "unchecked", "checked")
        for topic in topics
    ]

    def press_all(_):
        client = Client()
        client.force_login(user)
        try:
            return {
                client.post(address(*press), headers=HTMX).status_code
                for press in presses
            }
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert set.union(*threads.map(press_all, range(4))) == {200}
    assert checked(user) == {topic.pk for topic in topics}
    assert StepProgress.objects.get().state == "learning"
