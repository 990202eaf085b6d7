"""Sections, topics, questions, outcomes, and the texts of a step."""

import pytest
from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from roadmaps.models import Step
from roadmaps.step_parts import Question, Topic, save_topics
from tests.factories import RoadmapFactory, StepFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def step():
    return StepFactory(title="Caching", slug="caching")


class TestTexts:
    def test_each_text_has_its_html(self, step):
        step.why, step.hints = "*Fast*", ["`TTL`"]
        step.save()
        assert step.html == {
            "why": "<p><em>Fast</em></p>\n",
            "hints": ["<p><code>TTL</code></p>\n"],
        }

    def test_all_texts_are_in_the_search_vector(self, step):
        step.mistakes, step.hints = "A <stampede>", ["Use a *mutex*."]
        step.save()
        for word in ("stampede", "mutex", "caching"):
            query = SearchQuery(word, config="english")
            assert Step.objects.filter(full_search_vector=query).exists(), word
        query = SearchQuery("em", config="english")
        assert not Step.objects.filter(full_search_vector=query).exists()


class TestHours:
    @pytest.mark.parametrize("hours", [(0.5, 400), (4, 4), (None, None)])
    def test_a_range_is_accepted(self, step, hours):
        step.hours_min, step.hours_max = hours
        step.full_clean()
        step.save()

    @pytest.mark.parametrize(
        "hours", [(0.4, 2), (2, 401), (3, 2), (None, 2), (2, None)]
    )
    def test_anything_else_is_refused(self, step, hours):
        step.hours_min, step.hours_max = hours
        with pytest.raises(ValidationError):
            step.full_clean()
        with pytest.raises(IntegrityError):
            step.save()


def test_the_section_of_another_roadmap_is_refused(step):
    step.section = RoadmapFactory().sections.create(slug="data", title="Data")
    with pytest.raises(ValidationError, match="same roadmap"):
        step.full_clean()


def test_without_its_section_a_step_is_in_none(step):
    step.section = step.roadmap.sections.create(slug="data", title="Data")
    step.save()
    step.section.delete()
    step.refresh_from_db()
    assert step.section is None


class TestTopics:
    def test_a_topic_has_html_and_is_found(self, step):
        topic = step.topics.create(slug="vary", title="Vary", text="The `Vary` header.")
        assert topic.text_html == "<p>The <code>Vary</code> header.</p>\n"
        for word in ("vary", "headers"):
            query = SearchQuery(word, config="english")
            assert Topic.objects.filter(search_vector=query).exists()

    def test_a_slug_is_unique_in_its_step(self, step):
        step.topics.create(slug="vary", title="Vary")
        StepFactory().topics.create(slug="vary", title="Vary")
        with pytest.raises(IntegrityError):
            step.topics.create(slug="vary", title="Vary")

    def test_topics_are_saved_by_id_and_missing_ones_retired(self, step):
        gone, kept = (step.topics.create(slug=s, title=s) for s in ("gone", "kept"))
        row = {"title": "T", "text": "*a*", "url": "", "publisher": "MDN"}
        row |= {"is_retired": False}
        rows = [row | {"slug": "new"}, row | {"id": kept.pk, "slug": "k"}]
        save_topics({step.pk: rows})
        new, renamed, retired = step.topics.all()
        assert (new.slug, new.text_html) == ("new", "<p><em>a</em></p>\n")
        assert (renamed.pk, renamed.slug) == (kept.pk, "k")
        assert new.publisher == renamed.publisher == "MDN"
        assert (retired.pk, retired.is_retired) == (gone.pk, True)


def test_a_question_is_found_by_its_answer(step):
    step.questions.create(question="What is `no-store`?", answer="Never *keep* it.")
    query = SearchQuery("kept | keep", config="english", search_type="raw")
    assert Question.objects.get(search_vector=query).answer_html.startswith("<p>Never")


def test_new_words_are_known_to_searches(step):
    step.topics.create(slug="etag", title="Etagere")
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM roadmaps_indexedword WHERE word LIKE 'etager%'")
        assert cursor.fetchone() is not None


def test_a_version_of_the_step_has_its_parts(step):
    topic = step.topics.create(slug="vary", title="Vary")
    step.questions.create(question="Why?", answer="So.")
    step.done_when.create(text="explain it")
    step.save()
    newest = step.history.first()
    assert newest.topics[0]["id"] == topic.pk
    assert newest.questions == [{"question": "Why?", "answer": "So."}]
    assert newest.done_when == [{"text": "explain it"}]


def test_a_version_of_the_roadmap_has_its_sections(step):
    roadmap = step.roadmap
    section = roadmap.sections.create(slug="data", title="Data")
    place = step.position
    StepFactory(roadmap=roadmap, slug="sql", section=section, position=place + 1)
    StepFactory(roadmap=roadmap, slug="end", position=place + 2)
    roadmap.save()
    newest = roadmap.history.first()
    assert newest.order == ["caching", "#data", "sql", "#", "end"]
    assert newest.sections == [{"slug": "data", "title": "Data"}]
