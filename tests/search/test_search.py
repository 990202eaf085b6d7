"""GET /search/?q=…"""

import html
import re

import pytest
from django.test import Client

from progress.models import StepProgress
from progress.notes import Note
from roadmaps.models import MAX_BODY_LENGTH, TEXT_FIELDS
from roadmaps.step_parts import DoneWhen, Question, Resource
from roadmaps.synonyms import Synonym
from search.highlight import EXCERPT_LENGTH
from search.query import MAX_CORRECTED_LENGTH, Query, one_typo_away
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
)
from tests.html import decode

PATH = "/search/"
HTMX = {"HX-Request": "true"}


def search(client, text, **kwargs):
    response = client.get(PATH, {"q": text}, **kwargs)
    assert response.status_code == 200
    return decode(response)


def results(client, text):
    """Return the kind and title of each result."""
    matches = re.findall(
        r'<li class="hit">\s*<p class="muted">\s*(.*?) · .*?<h2><a[^>]*>(.*?)</a>',
        search(client, text),
        re.DOTALL,
    )
    return [
        html.unescape(re.sub("<.*?>", "", f"{kind}: {title}"))
        for kind, title in matches
    ]


def status_text(page):
    return re.search(r'role="status">\s*(.*?)\s*</p>', page)[1]


def add_resource(step, title="HTTP Caching", url="https://www.example.org/a", **fields):
    return Resource.objects.create(
        step=step, title=title, url=url, kind="docs", **fields
    )


def add_question(step, question="What does a cache keep?", answer="Answers."):
    return Question.objects.create(step=step, question=question, answer=answer)


def write_note(user, step, text):
    return Note.objects.create(user=user, step=step, text=text, page="test")


@pytest.fixture
def step(db):
    roadmap = RoadmapFactory(
        slug="backend", title="Backend Developer", summary="Servers and such."
    )
    return StepFactory(
        roadmap=roadmap,
        slug="caching",
        title="Caching",
        summary="Improve performance.",
        body="## What to learn\n\nKeep **warm** what was asked before.",
    )


class TestMatching:
    def test_finds_a_roadmap(self, client, step):
        assert results(client, "developer") == ["Roadmap: Backend Developer"]
        assert 'href="/roadmaps/backend/"' in search(client, "developer")

    @pytest.mark.parametrize("text", ["caching", "performance", "warm"])
    def test_finds_a_step_by_title_summary_or_body(self, client, step, text):
        assert results(client, text) == ["Step: Caching"]
        page = search(client, text)
        assert 'href="/roadmaps/backend/caching/"' in page
        assert "Step · Backend Developer" in page

    @pytest.mark.parametrize(
        ("publisher", "site"), [("", "example.org"), ("MDN", "MDN")]
    )
    def test_finds_a_resource_and_names_its_site(self, client, step, publisher, site):
        add_resource(step, title="Cheat Sheet", publisher=publisher)
        assert results(client, "cheat") == ["Resource: Cheat Sheet"]
        page = search(client, "cheat")
        assert 'href="/roadmaps/backend/caching/"' in page
        assert "Resource · Caching, Backend Developer" in page
        assert f'<p class="muted">{site}</p>' in page

    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("caches", "Caching"),
            ("cac", "Caching"),
            ("cachin", "Caching"),
            ("authentica", "Authentication"),
            ("CI/CD", "CI/CD"),
            ("cd", "CI/CD"),
            ("node.js", "Node.js"),
            ("js", "Node.js"),
            ("real time", "Real-Time Communication"),
            ("the <canvas>", "The <canvas> element"),
            ("c++", "C++"),
            ("café", "Café"),
            ("маршр", "Маршруты"),
        ],
    )
    def test_finds_other_word_forms_and_unfinished_words(self, client, db, text, title):
        StepFactory(title=title)
        StepFactory(title="Cooking")
        assert results(client, text) == [f"Step: {title}"]

    def test_requires_all_words_but_the_last_may_be_unfinished(self, client, step):
        assert results(client, "caching warm") == ["Step: Caching"]
        assert results(client, "warm cach") == ["Step: Caching"]
        assert results(client, "cach warm") == ["Step: Caching"]  # "cach" is the stem
        assert results(client, "perf caching") == []
        assert results(client, "caching cold") == []

    def test_finds_changes_immediately(self, client, step):
        step.title = "Memoization"
        step.save()
        assert results(client, "caching") == []
        assert results(client, "memo") == ["Step: Memoization"]

    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("数据库", "关系数据库入门"),
            ("据库", "关系数据库入门"),
            ("库", "关系数据库入门"),
            ("ベース", "データベース設計"),
            ("ﾍﾞｰｽ", "データベース設計"),
            ("이터베", "데이터베이스를 배우기"),
        ],
    )
    def test_finds_parts_of_words_in_chinese_japanese_and_korean(
        self, client, db, text, title
    ):
        StepFactory(title=title)
        StepFactory(title="汉字 かな 한글")
        assert results(client, text) == [f"Step: {title}"]
        assert results(client, "汉字") == ["Step: 汉字 かな 한글"]
        assert "<mark>" in search(client, text)

    @pytest.mark.parametrize("letter", ["C", "R", "S"])  # S is a stop word
    def test_finds_a_title_of_one_letter(self, client, db, letter):
        StepFactory(title="Caching, S3 and Redis")
        StepFactory(title=letter)
        assert results(client, letter.lower()) == [f"Step: {letter}"]

    def test_folds_query_and_text_alike(self, client, db):
        StepFactory(title="Conta\u00adineris\u00e9d na\u0308ive behaviour")
        assert len(results(client, "CONTAINERIZED na\u00efve behavior")) == 1
        page = search(client, "containerize")
        assert "<mark>Conta\u00adineris\u00e9d</mark>" in page

    def test_does_not_find_the_urls_of_links(self, client, db):
        StepFactory(body="[Read](https://example.org/elsewhere)")
        assert results(client, "elsewhere") == []
        assert results(client, "nofollow") == []


class TestTextsOfAStep:
    @pytest.mark.parametrize("field", TEXT_FIELDS)
    def test_each_is_searched_like_a_body(self, client, step, field):
        setattr(step, field, "Look for the **quokka**.")
        step.save()
        assert results(client, "quokka") == ["Step: Caching"]
        assert "for the <mark>quokka</mark>." in search(client, "quokka")

    def test_hints_are_searched(self, client, step):
        step.hints = ["Not this one.", "Ask the **quokka**."]
        step.save()
        assert results(client, "quokka") == ["Step: Caching"]
        assert "Ask the <mark>quokka</mark>." in search(client, "quokka")

    def test_outcomes_are_searched_and_stand_for_their_step_once(self, client, step):
        for text in ("tame a **quokka**", "feed a quokka", "swim"):
            DoneWhen.objects.create(step=step, text=text)
        assert results(client, "quokka") == ["Step: Caching"]
        assert "tame a <mark>quokka</mark>" in search(client, "quokka")
        assert results(client, "quoka") == ["Step: Caching"]
        step.exercise = "Find a quokka."
        step.save()
        assert results(client, "quokka") == ["Step: Caching"]
        step.is_retired = True
        step.save()
        assert results(client, "quokka") == []


class TestTopics:
    @pytest.fixture
    def topic(self, step):
        return TopicFactory(
            step=step,
            slug="stampedes",
            title="Stampedes",
            text="Many readers **rebuild** one answer.",
        )

    def test_a_topic_leads_to_its_place_on_the_page_of_its_step(self, client, topic):
        for text in ("stampedes", "rebuilding", "stampede rebuild"):
            assert results(client, text) == ["Topic: Stampedes"]
        page = search(client, "rebuilding")
        assert 'href="/roadmaps/backend/caching/#topic_stampedes"' in page
        assert "Topic · Caching, Backend Developer" in page
        assert "readers <mark>rebuild</mark> one answer." in page
        step_page = client.get("/roadmaps/backend/caching/").content.decode()
        assert 'id="topic_stampedes"' in step_page

    def test_a_topic_without_a_text_has_no_excerpt(self, client, step):
        TopicFactory(step=step, title="Stampedes", text="")
        assert 'class="excerpt"' not in search(client, "stampedes")

    def test_retired_topics_are_not_found(self, client, signed_in, user, topic):
        StepProgress.objects.check_topic(user, topic.pk, is_checked=True)
        topic.is_retired = True
        topic.save()
        assert results(client, "stampedes") == results(signed_in, "stampedes") == []

    def test_topics_of_retired_steps_are_not_found(self, client, step, topic):
        step.is_retired = True
        step.save()
        assert results(client, "stampedes") == []

    def test_typos_and_short_forms_work(self, client, step, topic):
        assert results(client, "stampdes") == ["Topic: Stampedes"]
        TopicFactory(step=step, title="Kubernetes")
        assert results(client, "k8s") == ["Topic: Kubernetes"]

    def test_users_see_which_are_ticked(self, signed_in, user, step, topic):
        StepProgressFactory(user=user, step=step, state="done")
        assert not re.search(r"· Done\s*</p>", search(signed_in, "stampedes"))
        StepProgress.objects.check_topic(user, topic.pk, is_checked=True)
        assert re.search(r"· Done\s*</p>", search(signed_in, "stampedes"))
        other = Client()
        other.force_login(UserFactory())
        assert not re.search(r"· Done\s*</p>", search(other, "stampedes"))


class TestQuestions:
    def test_a_question_leads_to_its_open_answer(self, client, step):
        question = add_question(step, "What is a **stampede**?", "Many readers.")
        assert results(client, "stampede") == ["Question: What is a stampede?"]
        page = search(client, "stampede")
        assert "Question · Caching, Backend Developer" in page
        href = f"/roadmaps/backend/caching/?answers=1#question_{question.pk}"
        assert f'href="{href}"' in page
        step_page = client.get(href).content.decode()
        assert (
            f'<details id="question_{question.pk}" class="fold question" open>'
            in step_page
        )

    def test_the_answer_is_shown_only_if_nothing_else_matches(self, client, step):
        add_question(step, "What is a stampede?", "A stampede of many `readers`.")
        assert "many readers" not in search(client, "stampede")
        assert "of many <mark>readers</mark>." in search(client, "reader")

    def test_a_long_question_is_cut(self, client, step):
        add_question(step, f"{'Nothing. ' * 100} What of quokkas?")
        page = search(client, "quokkas")
        title = re.search(r"<h2><a[^>]*>(.*?)</a>", page, re.DOTALL)[1]
        assert title.startswith("… ")
        assert "What of <mark>quokkas</mark>?" in title
        assert len(title) < 400

    def test_questions_of_retired_steps_are_not_found(self, client, step):
        add_question(step)
        step.is_retired = True
        step.save()
        assert results(client, "keep") == []

    def test_typos_work(self, client, step):
        add_question(step, answer="The quokkas.")
        assert results(client, "qoukkas") == ["Question: What does a cache keep?"]


class TestLinesOfAStep:
    @pytest.fixture
    def step(self, step):
        for number in range(4):
            TopicFactory(step=step, title=f"Caching {number}")
            add_resource(step, f"Caching {number}", f"https://example.org/{number}")
            add_question(step, "What does caching mean?")
        return step

    def test_are_at_most_two_and_the_title_of_the_step_comes_first(self, client, step):
        assert results(client, "caching") == ["Step: Caching", "Topic: Caching 0"]

    def test_do_not_hide_other_steps(self, client, step):
        StepFactory(title="Cooking", body="No caching here.")
        assert results(client, "caching") == [
            "Step: Caching",
            "Topic: Caching 0",
            "Step: Cooking",
        ]

    def test_a_note_is_one_more(self, signed_in, user, step):
        write_note(user, step, "On caching.")
        assert set(results(signed_in, "caching")) == {
            "Step: Caching",
            "Topic: Caching 0",
            "Your note: Caching",
        }

    def test_all_are_shown_of_one_type(self, client, step):
        page = decode(client.get(PATH, {"q": "caching", "type": "topic"}))
        assert status_text(page) == "4 results"


class TestTypos:
    @pytest.mark.parametrize(
        "text", ["kubernetez", "kubernete", "kubernetess", "kubenretes", "cubernetes"]
    )
    def test_one_typo_is_forgiven_and_said(self, client, db, text):
        StepFactory(title="Kubernetes")
        assert results(client, text) == ["Step: Kubernetes"]
        page = search(client, text)
        assert "<mark>Kubernetes</mark>" in page
        if text != "kubernete":  # the beginning of the word
            assert f"Nothing matches “{text}” exactly." in page

    def test_works_in_other_alphabets(self, client, db):
        StepFactory(title="Контейнеры")
        assert results(client, "контенеры") == ["Step: Контейнеры"]

    def test_two_typos_are_not_forgiven(self, client, db):
        StepFactory(title="Kubernetes")
        assert results(client, "cubernetez") == []

    def test_short_and_very_long_words_have_no_typos(self):
        assert one_typo_away("git") == set()
        assert one_typo_away("x" * (MAX_CORRECTED_LENGTH + 1)) == set()
        assert len(one_typo_away("x" * MAX_CORRECTED_LENGTH)) < 1_500

    def test_words_of_drafts_and_notes_are_never_shown(self, signed_in, user, step):
        draft = RoadmapFactory(title="Zeppelin", is_published=False)
        StepFactory(roadmap=draft, title="Zeppelin")
        write_note(UserFactory(), step, "Zeppelin")
        page = search(signed_in, "zeppelim")
        assert status_text(page) == "No results"
        assert "exactly" not in page

    @pytest.mark.parametrize("save", ["save", "update"])
    def test_a_changed_word_can_be_corrected_immediately(self, client, step, save):
        if save == "save":
            step.title = "Memoization"
            step.save()
        else:
            type(step).objects.update(title="Memoization")
        assert results(client, "memoisatoin") == ["Step: Memoization"]


class TestSynonyms:
    def test_a_short_form_finds_its_meaning_and_the_other_way_round(self, client, db):
        Synonym.objects.create(word="K9s", meaning="Känine")
        StepFactory(title="Canine kanine")
        StepFactory(title="A tool for k9s")
        found = {"Step: Canine kanine", "Step: A tool for k9s"}
        assert set(results(client, "k9s")) == found
        assert set(results(client, "kanine")) == found
        assert "<mark>kanine</mark>" in search(client, "k9s")

    def test_a_short_form_of_several_words(self, client, db):
        StepFactory(title="Continuous Integration")
        StepFactory(title="Integration")
        assert results(client, "ci") == ["Step: Continuous Integration"]

    def test_several_meanings(self, client, db):
        StepFactory(title="Authentication")
        StepFactory(title="Authorisation")
        assert len(results(client, "auth")) == 2


class TestOrder:
    @pytest.mark.parametrize(
        ("better", "worse"),
        [
            ({"title": "About cats today"}, {"title": "About catalogues today"}),
            ({"title": "About cats today"}, {"summary": "Cat, cat and cat."}),
            ({"title": "About catalogues"}, {"body": "Cat, cat and cat."}),
            ({"summary": "Of a cat."}, {"body": "Cat, cat and cat."}),
            ({"summary": "Of a cat."}, {"title": "Catalogues", "body": "Cat."}),
            ({"title": "Cat"}, {"title": "Cat and dog"}),
            ({"body": "Cat, cat and cat."}, {"body": "Of a cat."}),
        ],
    )
    def test_the_better_match_comes_first(self, client, db, better, worse):
        worse = StepFactory(**{"title": "Worse", **worse})
        better = StepFactory(**{"title": "Better", **better})
        assert results(client, "cat") == [
            f"Step: {better.title}",
            f"Step: {worse.title}",
        ]

    def test_resources_that_match_move_their_step_up(self, client, db):
        StepFactory(title="First", body="Of caching.")
        add_resource(StepFactory(title="Second", body="Of caching."))
        steps = [title for title in results(client, "caching") if "Step" in title]
        assert steps == ["Step: Second", "Step: First"]

    def test_titles_rank_above_summaries_above_bodies_and_resources(self, client, db):
        roadmap = RoadmapFactory()
        in_body = StepFactory(roadmap=roadmap, title="Body", body="Of caching.")
        StepFactory(roadmap=roadmap, title="Summary", summary="Of caching.")
        StepFactory(roadmap=roadmap, title="Caching")
        add_resource(in_body)
        titles = results(client, "caching")
        assert titles[:2] == ["Step: Caching", "Step: Summary"]
        assert set(titles[2:]) == {"Step: Body", "Resource: HTTP Caching"}

    def test_topics_rank_between_the_titles_and_the_bodies_of_steps(self, client, db):
        TopicFactory(title="Caching", step__title="Other")
        StepFactory(title="Body", body="Of caching, caching and caching.")
        StepFactory(title="Caching and such")
        assert results(client, "caching") == [
            "Step: Caching and such",
            "Topic: Caching",
            "Step: Body",
        ]

    def test_results_of_equal_rank_have_a_fixed_order(self, client, db):
        for number in range(5):
            StepFactory(title=f"Caching {number}")
        titles = results(client, "caching")
        assert titles == [f"Step: Caching {number}" for number in range(5)]

    def test_at_most_eight_of_each_kind(self, client, db):
        roadmap = RoadmapFactory(title="Caching")
        StepFactory.create_batch(12, roadmap=roadmap, title="Caching")
        StepFactory.create_batch(12, roadmap=roadmap, body="Caching.")
        page = search(client, "caching")
        assert status_text(page) == "9 results"
        assert "Showing the top 9 results. Add a word to narrow them." in page

    def test_at_most_24_and_the_best_of_each_kind(self, signed_in, user, db):
        for number in range(8):
            RoadmapFactory(title=f"Caching {number}")
            StepFactory(title=f"Caching {number}")
            step = TopicFactory(title=f"Caching {number}").step
            add_question(step, f"Why is caching {number}?")
            resource_step = StepFactory()
            add_resource(resource_step, f"Caching {number}")
            write_note(user, resource_step, f"On caching {number}.")
        page = search(signed_in, "caching")
        assert status_text(page) == "24 results"
        assert "Showing the top 24 results." in page
        kinds = [result.partition(":")[0] for result in results(signed_in, "caching")]
        assert [kinds.count(kind) for kind in dict.fromkeys(kinds)] == [4] * 6


class TestHighlights:
    def test_mark_words_in_title_and_summary(self, client, db):
        StepFactory(title="Caching", summary="Learn to cache, with caches.")
        page = search(client, "caching")
        assert "<mark>Caching</mark></a>" in page
        assert "Learn to <mark>cache</mark>, with <mark>caches</mark>." in page

    def test_mark_the_unfinished_word(self, client, db):
        StepFactory(title="Authentication", summary="Who is it?")
        assert "<mark>Authentication</mark>" in search(client, "authentica")

    def test_do_not_change_punctuation(self, client, db):
        StepFactory(title="CI/CD", summary='Of <b>, "quotes" & so on (e.g. this).')
        page = search(client, "ci/cd")
        assert "<mark>CI</mark>/<mark>CD</mark>" in page
        summary = "Of &lt;b&gt;, &quot;quotes&quot; &amp; so on (e.g. this)."
        assert summary in page

    def test_show_the_matching_part_of_a_long_body(self, client, db):
        filler = "Nothing of note. " * 100
        StepFactory(summary="Short.", body=f"{filler}\n\nA **quokka**.\n\n{filler}")
        page = search(client, "quokka")
        excerpt = re.search(r'class="excerpt">(.*?)</p>', page, re.DOTALL)[1]
        assert "<mark>quokka</mark>" in excerpt
        assert excerpt.startswith("… ")
        assert excerpt.endswith(" …")
        assert len(excerpt) < 500

    def test_keep_list_items_apart(self, signed_in, user, client, db):
        step = StepFactory(
            body="Learn:\n\n- caches\n- queues\n  - brokers\n\nThen rest."
        )
        write_note(user, step, "# Caches\n\n- first, wait\n- second!\n1. third")
        page = search(signed_in, "caching")
        assert "Learn: <mark>caches</mark> · queues · brokers · Then rest." in page
        assert "<mark>Caches</mark> · first, wait · second! third" in page

    def test_show_a_match_at_the_end_of_the_longest_body(self, client, db):
        body = "filler word " * (MAX_BODY_LENGTH // 12 - 5) + "the caches are warm"
        StepFactory(title="Long", body=body)
        assert "<mark>caches</mark>" in search(client, "caching")

    def test_read_only_the_part_of_a_long_text_around_its_first_match(
        self, signed_in, user, step
    ):
        # PostgreSQL takes seconds to choose from a whole text with many matches.
        filler = "filler " * (EXCERPT_LENGTH // 7)
        write_note(user, step, f"Cheese first. {filler} Cheese with tomatoes.")
        page = search(signed_in, "cheese tomatoes")
        assert "<mark>Cheese</mark> first" in page
        assert "<mark>tomatoes</mark>" not in page

    def test_show_the_text_of_a_body_without_markup(self, client, db):
        body = "## Quokkas\n\n- ask `dig @<name> AT&T`, *then*\n- wait\n\n| a | b |"
        StepFactory(body=body)
        page = search(client, "quokka")
        excerpt = re.search(r'class="excerpt">(.*?)</p>', page, re.DOTALL)[1]
        assert " ".join(excerpt.split()) == (
            "<mark>Quokkas</mark> · ask dig @&lt;name&gt; AT&amp;T, then"
            " · wait · | a | b |"
        )

    @pytest.mark.parametrize("field", ["title", "summary", "body"])
    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script> caching",
            "caching <img src=x onerror=alert(1)>",
            "caching \x02<b>\x03 &lt;b&gt; \x80",
            "<mark>caching</mark>",
            "\x03caching\x02",
        ],
    )
    def test_escape_all_markup(self, client, db, field, text):
        StepFactory(**{field: text})
        page = search(client, "caching")
        assert status_text(page) == "1 result"
        main = page[page.index('id="search_hits"') : page.index("</main>")]
        assert not re.search("<(script|img|b)[ >]", main)
        assert main.count("<mark>") == main.count("</mark>")


class TestHiddenContent:
    @pytest.fixture
    def draft(self, user):
        roadmap = RoadmapFactory(title="Secret Roadmap", is_published=False)
        step = StepFactory(
            roadmap=roadmap, title="Secret Step", summary="", body="Most confidential."
        )
        TopicFactory(step=step, title="Confidential Topic")
        other = StepFactory(roadmap=roadmap, title="Other Step")
        add_question(other, "Is it confidential?", "It is.")
        DoneWhen.objects.create(step=other, text="say nothing confidential")
        add_resource(step, title="Secret Resource")
        write_note(user, step, "A secret note.")
        return roadmap

    @pytest.mark.parametrize("text", ["secret", "confidential"])
    def test_users_and_visitors_do_not_find_a_draft(
        self, client, signed_in, draft, text
    ):
        assert results(client, text) == []
        assert results(signed_in, text) == []

    def test_staff_find_a_draft_with_a_label(self, signed_in, user, draft):
        user.is_staff = True
        user.save()
        assert sorted(results(signed_in, "secret")) == [
            "Resource: Secret Resource",
            "Roadmap: Secret Roadmap",
            "Step: Secret Step",
            "Your note: Secret Step",
        ]
        assert sorted(results(signed_in, "confidential")) == [
            "Question: Is it confidential?",
            "Step: Other Step",
            "Step: Secret Step",
            "Topic: Confidential Topic",
        ]
        assert 'class="tag">Draft' in search(signed_in, "confidential")

    @pytest.mark.parametrize("text", ["secret", "confidential"])
    def test_a_roadmap_for_groups_is_found_by_their_members(
        self, client, signed_in, user, draft, text
    ):
        draft.is_published, draft.visibility = True, "groups"
        draft.save()
        assert results(client, text) == results(signed_in, text) == []
        MembershipFactory(user=user, group=AssignmentFactory(roadmap=draft).group)
        assert len(results(signed_in, text)) == 4
        assert 'class="tag">Groups only' in search(signed_in, text)

    def test_one_for_signed_in_people_is_not_found_by_visitors(
        self, client, signed_in, draft
    ):
        draft.is_published, draft.visibility = True, "signed-in"
        draft.save()
        assert results(client, "secret") == []
        assert 'class="tag">Signed-in people only' in search(signed_in, "secret")

    def test_a_retired_step_with_its_resources_and_notes_is_not_found(
        self, signed_in, user, step
    ):
        add_resource(step)
        write_note(user, step, "On caching.")
        assert len(results(signed_in, "caching")) == 3
        step.is_retired = True
        step.save()
        assert results(signed_in, "caching") == []
        assert results(signed_in, "warm") == []


class TestNotes:
    def test_users_find_their_own_notes(self, signed_in, user, step):
        write_note(user, step, "Ask the **librarian** <script>.")
        assert results(signed_in, "libra") == ["Your note: Caching"]
        page = search(signed_in, "libra")
        assert 'href="/roadmaps/backend/caching/"' in page
        assert "Ask the **<mark>librarian</mark>** &lt;script&gt;." in page

    def test_nobody_finds_the_notes_of_others(self, client, signed_in, step):
        write_note(UserFactory(), step, "Ask the librarian.")
        assert results(signed_in, "librarian") == []
        assert results(client, "librarian") == []
        staff = Client()
        staff.force_login(UserFactory(is_staff=True))
        assert results(staff, "librarian") == []

    def test_if_two_users_have_a_note_on_a_step_each_sees_their_own(
        self, signed_in, user, step
    ):
        write_note(UserFactory(), step, "A librarian of theirs.")
        write_note(user, step, "A librarian of mine.")
        page = search(signed_in, "librarian")
        assert status_text(page) == "1 result"
        assert "of mine" in page
        assert "of theirs" not in page


UNUSUAL_TEXTS = [
    "'",
    "''",
    "\\",
    "caching\\'",
    "a' & b | !c <-> (d :*",
    "&&",
    "| !",
    ":*",
    "!caching",
    "caching:*A",
    "caching % %s %(user)s {} {{ query }}",
    "'; DROP TABLE roadmaps_step; --",
    "🧭🧭",
    "👩‍💻 caching",
    "\x01\x02\x03 \x7f\x80\x9f",
    "don\u2019t \u201cquote\u201d \u2013 me",
    "\u202e caching \ufeff\u200b",
    "ﷺ ẞ İ \u0131",
    "the a of",
    "the",
    "x" * 10_000,
    "x " * 5_000,
    "🧭" * 10_000,
    "'" * 10_000,
]


class TestInput:
    def test_a_repeated_word_counts_once(self, db):
        query = Query("ab xy ab " * 5)
        query.read_terms()
        assert [term.word for term in query.terms] == ["xy", "ab"]
        assert query.parameters["finished"] == "('xy')"
        assert query.parameters["beginning"] == "'ab':*"

    @pytest.mark.parametrize("text", [None, "", "   ", "\t\n"])
    def test_without_text_the_page_explains_the_search_without_a_query(
        self, client, db, assert_max_queries, text
    ):
        with assert_max_queries(0):
            response = client.get(PATH, {} if text is None else {"q": text})
        page = response.content.decode()
        assert "The beginning of a word is enough." in page
        assert status_text(page) == ""
        assert " autofocus" in page

    @pytest.mark.parametrize("text", ["x", " x ", "🧭", "'"])
    def test_one_letter_is_too_short_unless_it_is_found(self, client, step, text):
        assert status_text(search(client, text)) == "Type at least two letters."

    def test_a_search_for_invisible_characters_is_empty(self, client, step):
        assert status_text(search(client, "\u200b\u3164")) == ""

    def test_without_results_the_page_gives_advice(self, client, step):
        page = search(client, "zeppelin <b>")
        assert status_text(page) == "No results"
        assert "No results for “zeppelin &lt;b&gt;”. Try fewer words" in page
        assert "all roadmaps" in page

    def test_any_text_is_accepted(self, client, step):
        for text in UNUSUAL_TEXTS:
            search(client, text)

    def test_invalid_bytes_are_accepted(self, client, step):
        assert client.get(PATH + "?q=%ff%fecaching").status_code == 200
        assert client.get(PATH + "?q=%ed%a0%80").status_code == 200

    def test_operators_count_as_spaces(self, client, step):
        assert results(client, "(caching) & !:*'") == ["Step: Caching"]

    def test_stop_words_are_ignored(self, client, step):
        assert results(client, "the caching of") == ["Step: Caching"]


class TestNarrowing:
    @pytest.fixture
    def found(self, signed_in, user, step):
        def found(kind):
            response = signed_in.get(PATH, {"q": "caching", "type": kind})
            return decode(response)

        step.roadmap.title = "All about caching"
        step.roadmap.save()
        TopicFactory(step=step, title="Where caching helps")
        add_question(step, "What is caching?")
        add_resource(step)
        write_note(user, step, "On caching.")
        return found

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            ("roadmap", "Roadmap"),
            ("step", "Step"),
            ("topic", "Topic"),
            ("question", "Question"),
            ("resource", "Resource"),
            ("note", "Your note"),
        ],
    )
    def test_shows_one_type(self, found, kind, name):
        page = found(kind)
        assert status_text(page) == "1 result"
        assert re.search(rf'<p class="muted">\s*{name} ·', page)
        assert f'<input type="hidden" name="type" value="{kind}">' in page
        assert re.search(rf'type={kind}"\s+aria-current="true"', page)

    @pytest.mark.parametrize("kind", ["", "zeppelin", "NOTE"])
    def test_an_unknown_type_is_ignored(self, found, kind):
        assert status_text(found(kind)) == "4 results"

    def test_shows_more_results(self, client, db):
        StepFactory.create_batch(12, title="Caching")
        page = decode(client.get(PATH, {"q": "caching", "type": "step"}))
        assert status_text(page) == "12 results"

    def test_without_results_the_page_offers_all(self, client, step):
        page = decode(client.get(PATH, {"q": "caching", "type": "roadmap"}))
        assert "No results of this type for “caching”." in page
        assert 'href="?q=caching"' in page

    def test_visitors_have_no_notes(self, client, step):
        page = search(client, "caching")
        assert "type=note" not in page
        page = decode(client.get(PATH, {"q": "caching", "type": "note"}))
        assert status_text(page) == "No results"


class TestOptions:
    PATH = "/search/options/"

    def test_are_results_for_a_combobox(self, client, step):
        page = decode(client.get(self.PATH, {"q": "caching"}))
        option = (
            '<a role="option" id="search_option_1" href="/roadmaps/backend/caching/"'
        )
        assert option in page
        assert "<mark>Caching</mark>" in page
        assert re.search(r'<p data-failure="[^"]+">\s*1 result\s*</p>', page)
        assert "<html" not in page

    def test_without_text_are_a_hint(self, client, db, assert_max_queries):
        with assert_max_queries(0):
            page = decode(client.get(self.PATH))
        assert "The beginning of a word is enough." in page
        assert "option" not in page

    def test_of_visitors_are_identical_without_cookies(self, client, step):
        response = client.get(self.PATH, {"q": "caching"})
        assert not response.cookies
        again = Client().get(self.PATH, {"q": "caching"})
        assert response.content == again.content

    def test_show_own_notes_and_are_not_cached(self, signed_in, user, step):
        write_note(user, step, "Ask the librarian.")
        response = signed_in.get(self.PATH, {"q": "librarian"})
        assert "Your note" in response.content.decode()
        assert response["Cache-Control"] == "no-store"

    def test_refuse_other_methods(self, client, db):
        assert client.post(self.PATH).status_code == 405


class TestPage:
    def test_shows_the_search_text_in_the_field_and_title(self, client, step):
        page = search(client, 'caching "> <b>')
        assert 'value="caching &quot;&gt; &lt;b&gt;"' in page
        assert "<title>caching &quot;&gt; &lt;b&gt; · Search · Cairn</title>" in page
        assert " autofocus" not in page

    def test_shows_the_number_of_results(self, client, step):
        assert status_text(search(client, "caching")) == "1 result"
        StepFactory(title="Caching again")
        assert status_text(search(client, "caching")) == "2 results"

    def test_has_a_form_that_works_without_javascript(self, client, db):
        page = client.get(PATH).content.decode()
        assert re.search(r'<form[^>]* role="search"\s+action="/search/"', page)

    def test_is_linked_from_every_page(self, client, db):
        page = client.get("/").content.decode()
        assert re.search(r'<a[^>]*\srel="search"\s+href="/search/"', page)

    def test_is_not_indexed_by_search_engines(self, client, db):
        assert '<meta name="robots" content="noindex">' in search(client, "caching")

    def test_htmx_gets_only_the_two_parts_that_change(self, client, step):
        part = search(client, "caching", headers=HTMX)
        assert part.count("<hx-partial") == 2
        assert "<html" not in part
        assert re.search(r">\s*1 result\s*</hx-partial>", part)

    def test_varies_by_the_htmx_header(self, client, db):
        assert "HX-Request" in client.get(PATH)["Vary"]

    def test_refuses_other_methods(self, client, db):
        assert client.post(PATH).status_code == 405


class TestVisitor:
    def test_gets_identical_pages_without_cookies(self, client, step):
        response = client.get(PATH, {"q": "caching"})
        assert not response.cookies
        assert "csrf" not in response.content.decode()
        assert response.content == Client().get(PATH, {"q": "caching"}).content
        assert response["Cache-Control"] == "no-cache"

    def test_the_link_to_sign_in_leads_back_to_the_search(self, client, db):
        assert "?next=%2Fsearch%2F%3Fq%3Dcaching" in search(client, "caching")

    def test_needs_two_queries(self, client, backend, assert_max_queries):
        with assert_max_queries(2):
            search(client, "caching")

    def test_needs_four_queries_if_there_is_a_typo(
        self, client, backend, assert_max_queries
    ):
        with assert_max_queries(4):
            search(client, "cachimg")


class TestSignedIn:
    def test_needs_two_queries_besides_those_for_session_and_user(
        self, signed_in, user, backend, assert_max_queries
    ):
        for step in backend.steps.all():
            write_note(user, step, "On caching.")
        with assert_max_queries(4):
            page = search(signed_in, "caching")
        assert "Your note" in page

    @pytest.mark.parametrize(
        ("state", "name"),
        [("done", "Done"), ("learning", "In progress"), ("skipped", "Skipped")],
    )
    def test_sees_the_state_of_a_step(self, signed_in, user, step, state, name):
        StepProgressFactory(user=user, step=step, state=state)
        StepProgressFactory(step=step, state="done")  # somebody else's
        assert re.search(rf"· {name}\s*</p>", search(signed_in, "caching"))

    def test_is_not_cached(self, signed_in, step):
        assert signed_in.get(PATH)["Cache-Control"] == "no-store"
