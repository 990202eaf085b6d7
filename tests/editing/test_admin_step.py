"""/admin/roadmaps/step/, a step's page in it, and its preview"""

import re

import pytest
from django.test import Client

from progress.models import Completion
from roadmaps.models import MAX_BODY_LENGTH, Resource, Roadmap, Step
from tests.editing.editor import (
    ADMIN,
    NO_PARTS,
    everything,
    order,
    page_of,
    resource_row,
    send,
)
from tests.factories import (
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
)
from tests.progress.test_mark import SAME_ORIGIN

PATH = f"{ADMIN}step/"
OILS = "https://example.org/oils"


@pytest.fixture
def edit(admin_client, fry):
    def edit(**changes):
        answer = send(admin_client, fry, **changes)
        fry.refresh_from_db()
        return answer, fry

    return edit


class TestEditing:
    def test_its_body_is_rendered_on_save(self, edit):
        _, step = edit(body="## Why it matters")
        assert step.html["body"] == "<h2>Why it matters</h2>\n"

    def test_saving_returns_to_the_roadmap(self, edit, cooking):
        answer, _ = edit(title="Fry It")
        assert answer.url == page_of(cooking)

    def test_a_save_without_a_change_records_no_version(self, edit, fry):
        before = everything()
        edit()
        assert everything() == before

    def test_line_ends_are_normalized(self, edit, fry):
        StepProgressFactory(step=fry)
        fry.body = "One.\n\nTwo.\n"
        fry.save()
        before = everything()
        answer, _ = edit(body="One.\r\n\r\nTwo.\r\n")
        assert answer.status_code == 302
        assert everything() == before

    def test_a_body_that_is_too_long_is_reported_at_its_field(self, edit, fry):
        before = everything()
        answer, _ = edit(body="ab " * (MAX_BODY_LENGTH // 3) + "cd")
        (error,) = answer.context["adminform"].form.errors["body"]
        assert "at most 40000 characters (it has 40001)" in error
        assert everything() == before

    def test_a_body_that_is_too_complex_is_reported_at_its_field(self, edit, fry):
        before = everything()
        answer, _ = edit(body="|a|\n|-|\n" * 2_000)
        (error,) = answer.context["adminform"].form.errors["body"]
        assert error.startswith("This text is too complex to display. Use fewer")
        assert everything() == before

    def test_the_longest_body_is_kept(self, edit):
        body = "\U0001f9ed " * (MAX_BODY_LENGTH // 2)
        assert edit(body=body)[1].body == body

    def test_the_slug_cannot_be_changed(self, edit):
        _, step = edit(slug="other")
        assert step.slug == "fry"

    def test_the_number_of_affected_learners_is_shown(self, admin_client, fry):
        row = StepProgressFactory(step=fry)
        html = admin_client.get(page_of(fry)).content.decode()
        assert "1 learner has done this." in html
        assert row.user.email not in html

    @pytest.mark.parametrize("same_as", ["x", "a/b/c", "Food/Fry"])
    def test_an_invalid_step_path_is_reported(self, edit, same_as):
        answer, step = edit(same_as=same_as)
        assert "such as cooking/fry" in answer.content.decode()
        assert step.same_as == ""

    def test_a_same_as_that_names_no_step_is_saved_with_a_warning(
        self, edit, admin_client, cooking
    ):
        answer, step = edit(same_as="cooking/fryy")
        assert step.same_as == "cooking/fryy"
        html = admin_client.get(answer.url).content.decode()
        assert "There is no step cooking/fryy. Did you mean cooking/fry?" in html

    def test_a_same_as_that_names_a_step_is_saved_without_a_warning(
        self, edit, admin_client
    ):
        StepFactory(roadmap__slug="baking", slug="fry")
        answer, _ = edit(same_as="baking/fry")
        assert "There is no step" not in admin_client.get(answer.url).content.decode()

    def test_making_the_last_required_step_optional_completes(self, edit, cooking):
        user = StepProgressFactory(step=cooking.steps.first()).user
        for slug in ("bake", "braise"):
            StepProgressFactory(step=cooking.steps.get(slug=slug), user=user)
        edit(is_optional="on")
        assert Completion.objects.get().user == user

    def test_making_the_only_one_that_was_done_required_completes(self, edit, cooking):
        fry = cooking.steps.get(slug="fry")
        fry.is_optional = True
        fry.save()
        user = StepProgressFactory(step=fry).user
        for step in cooking.steps.exclude(slug="fry"):
            StepProgressFactory(step=step, user=user, state="skipped")
        edit(is_optional="", meaning="no")
        assert Completion.objects.get().user == user

    def test_the_list_finds_by_title(self, admin_client, fry):
        html = admin_client.get(f"{PATH}?q=fry").content.decode()
        assert "1 step" in html

    def test_the_list_finds_by_the_title_of_a_topic(self, admin_client, fry):
        TopicFactory.create_batch(2, step=fry, title="Hot Oil")
        for words in ("hot oil", "hot", "fry"):
            html = admin_client.get(f"{PATH}?q={words}").content.decode()
            assert "1 step" in html
        html = admin_client.get(f"{PATH}?q=cold").content.decode()
        assert "0 steps" in html

    @pytest.mark.parametrize(
        "path",
        [
            "999/change/",
            "abc/change/",
            "1%00/change/",
            f"{10**30}/change/",
            "٣/change/",
        ],
    )
    def test_an_unknown_step_is_not_an_error(self, admin_client, db, path):
        assert admin_client.get(PATH + path).status_code in (302, 400)

    @pytest.mark.parametrize("field", ["title", "summary"])
    def test_text_that_shows_nothing_is_empty(self, edit, field):
        before = everything()
        answer, _ = edit(**{field: "\u200b\u3164"})
        errors = answer.context["adminform"].form.errors
        assert errors == {field: ["This field is required."]}
        assert everything() == before

    def test_a_body_that_shows_nothing_is_empty(self, edit):
        assert edit(body="\u200b\n\u3164")[1].body == ""

    @pytest.mark.parametrize("field", ["title", "summary", "body"])
    def test_marks_that_reorder_text_are_refused_as_in_files(self, edit, field):
        before = everything()
        answer, _ = edit(**{field: "a\u202eb"})
        (error,) = answer.context["adminform"].form.errors[field]
        assert error == "Remove the character U+202E, which reorders text."
        assert everything() == before

    def test_a_title_has_one_line(self, edit):
        answer, _ = edit(title="a\nb")
        (error,) = answer.context["adminform"].form.errors["title"]
        assert error == "Use one line of plain text."


class TestResources:
    def test_a_resource_is_added(self, edit):
        row = resource_row(0, OILS)
        _, step = edit(**row, **{"resources-TOTAL_FORMS": 1})
        assert step.resources.get().host == "example.org"
        row = {"title": "A page", "url": OILS, "kind": "docs"}
        row |= {"publisher": "", "role": "", "minutes": None}
        assert step.history.first().resources == [row]

    def test_a_resource_is_changed_and_one_deleted(self, edit, fry):
        for number in (1, 2):
            Resource.objects.create(
                step=fry, title="x", url=f"{OILS}/{number}", kind="docs"
            )
        _, step = edit(**{"resources-0-title": "y", "resources-1-DELETE": "on"})
        assert list(step.resources.values_list("title", "url")) == [("y", f"{OILS}/1")]

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.example/a", "x"])
    def test_an_invalid_address_is_refused(self, edit, url):
        row = resource_row(0, url)
        answer, step = edit(**row, **{"resources-TOTAL_FORMS": 1})
        html = answer.content.decode()
        assert 'class="errorlist" id="id_resources-0-url_error"' in html
        assert not step.resources.exists()

    def test_a_host_of_an_intranet_is_refused_with_the_reason(self, edit):
        row = resource_row(0, "http://wiki/page")
        answer, _ = edit(**row, **{"resources-TOTAL_FORMS": 1})
        html = answer.content.decode()
        assert "Use a public host: “wiki” has no dot." in html
        assert "INTRANET_LINKS" in html

    def test_a_host_of_an_intranet_is_accepted_where_the_operator_allows_it(
        self, edit, settings, client
    ):
        settings.INTRANET_LINKS = True
        row = resource_row(0, "http://wiki/page")
        _, step = edit(**row, **{"resources-TOTAL_FORMS": 1})
        assert step.resources.get().url == "http://wiki/page"
        html = client.get(step.get_absolute_url()).content.decode()
        assert 'href="http://wiki/page"' in html

    def test_another_steps_resource_is_not_changed(self, edit, cooking):
        boil = cooking.steps.get(slug="boil")
        other = Resource.objects.create(step=boil, title="x", url=OILS, kind="docs")
        counts = {"resources-TOTAL_FORMS": 1, "resources-INITIAL_FORMS": 1}
        row = resource_row(0, OILS) | {"resources-0-id": other.pk}
        _, step = edit(**counts, **row)
        assert boil.resources.get() == other
        assert step.resources.get() != other

    @pytest.mark.parametrize(
        "broken",
        [
            {"resources-TOTAL_FORMS": "x"},
            {"resources-INITIAL_FORMS": 7},
            {"version": "x"},
            {"meaning": "perhaps"},
            {"resources-0-position": "x"},
        ],
    )
    def test_an_invalid_form_changes_nothing(self, edit, broken):
        row = resource_row(0, "nowhere")
        counts = {"resources-TOTAL_FORMS": 1}
        before = everything()
        answer, _ = edit(**(row | counts | broken), title="Other")
        assert answer.status_code == 200
        assert everything() == before


class TestMeaning:
    @pytest.fixture
    def ticked(self, fry):
        return StepProgressFactory(step=fry)

    def test_a_step_that_nobody_ticked_is_saved_without_the_question(self, edit, fry):
        StepProgressFactory(step=fry, state="learning")
        answer, step = edit(body="Other.")
        assert answer.status_code == 302
        assert step.revised_at is None

    @pytest.mark.parametrize(
        "change",
        [
            *({"title": "x"}, {"summary": "x"}, {"body": "x"}, {"is_optional": "on"}),
            *({"why": "x"}, {"primer": "x"}, {"exercise": "x"}, {"mistakes": "x"}),
        ],
    )
    def test_a_change_of_the_text_asks_about_the_meaning(self, edit, ticked, change):
        before = everything()
        answer, _ = edit(**change)
        html = answer.content.decode()
        assert "Learners have done this step. Has the step’s meaning changed?" in html
        assert 'type="radio" name="meaning" value="yes"' in html
        assert "Please correct the error" not in html
        assert everything() == before

    def test_the_submitted_text_is_kept_in_the_form(self, edit, ticked):
        answer, _ = edit(body="A long text.", **{"resources-TOTAL_FORMS": 0})
        assert "A long text.</textarea>" in answer.content.decode()

    @pytest.mark.parametrize(("answer", "is_revised"), [("yes", True), ("no", False)])
    def test_only_yes_sets_the_date_of_revision(self, edit, ticked, answer, is_revised):
        response, step = edit(body="Other.", meaning=answer)
        assert response.status_code == 302
        assert step.body == "Other."
        assert bool(step.revised_at) == is_revised

    def test_learners_see_the_badge(self, edit, ticked, client):
        edit(body="Other.", meaning="yes")
        client.force_login(ticked.user)
        html = client.get(ticked.step.get_absolute_url()).content.decode()
        assert "Changed since you did it" in html

    @pytest.fixture
    def parts(self, fry):
        fry.topics.create(slug="oil", title="Oil", position=1)
        fry.topics.create(slug="lid", title="Lid", position=2, is_retired=True)
        fry.done_when.create(text="fry an egg", position=1)
        fry.done_when.create(text="fry a fish", position=2)

    @pytest.mark.usefixtures("parts", "ticked")
    @pytest.mark.parametrize(
        ("change", "asks"),
        [
            (
                {"topics-TOTAL_FORMS": 3, "topics-2-title": "Pan"}
                | {"topics-2-position": 0, "topics-1-is_retired": "on"},
                True,
            ),
            ({"topics-0-is_retired": "on", "topics-1-is_retired": "on"}, True),
            ({"topics-0-DELETE": "on", "topics-1-is_retired": "on"}, True),
            ({}, True),  # the form lacks the box of the retired one: it comes back
            ({"topics-1-is_retired": "on"}, False),
            (
                {"topics-1-is_retired": "on", "topics-0-title": "Oils"},
                False,
            ),
            ({"topics-1-is_retired": "on", "topics-0-text": "Which one?"}, False),
            ({"topics-1-is_retired": "on", "done_when-0-text": "boil it"}, True),
            ({"topics-1-is_retired": "on", "done_when-0-DELETE": "on"}, True),
            ({"topics-1-is_retired": "on", "done_when-0-position": 3}, False),
            ({"topics-1-is_retired": "on", "hints": "Hot.", "stretch": "x"}, False),
        ],
    )
    def test_other_topics_or_outcomes_ask_and_corrected_topics_do_not(
        self, edit, change, asks
    ):
        answer, _ = edit(**change)
        assert answer.status_code == (200 if asks else 302)
        if asks:
            before = everything()
            assert "Has the step’s meaning changed?" in answer.text
            assert everything() == before
            assert edit(**change, meaning="yes")[1].revised_at

    def test_a_changed_link_is_saved_without_the_question(self, edit, ticked):
        row = resource_row(0, OILS)
        answer, step = edit(**row, **{"resources-TOTAL_FORMS": 1})
        assert answer.status_code == 302
        assert step.revised_at is None

    def test_an_answer_without_a_change_has_no_effect(self, edit, ticked):
        before = everything()
        _, step = edit(meaning="yes")
        assert step.revised_at is None
        assert everything() == before


class TestSection:
    @pytest.fixture
    def heat(self, cooking):
        """Cooking has Heat over "bake", after "boil" and "fry", and Oil is empty."""
        cooking.sections.create(slug="oil", title="Oil", position=2)
        heat = cooking.sections.create(slug="heat", title="Heat", position=1)
        cooking.steps.filter(slug="bake").update(section=heat)
        cooking.steps.filter(slug="braise").update(section=heat, is_retired=True)
        return heat

    def outline(self, cooking):
        return Roadmap.objects.related_snapshot([cooking.pk])[cooking.pk]["order"]

    def test_the_form_shows_it(self, admin_client, sign_in_staff, cooking, heat):
        bake = cooking.steps.get(slug="bake")
        html = admin_client.get(page_of(bake)).content.decode()
        assert f'<option value="{heat.pk}" selected>Heat</option>' in html
        html = sign_in_staff("Publishers").get(page_of(bake)).content.decode()
        assert re.search('<div class="readonly">.*?Heat', html, re.DOTALL)

    def test_it_is_not_in_the_form_if_there_are_none(self, admin_client, fry):
        html = admin_client.get(page_of(fry)).content.decode()
        assert "in_section" not in html

    def test_the_step_moves_to_the_end_of_the_chosen_section(self, edit, cooking, heat):
        opened = {"initial-in_section": ""}
        answer, step = edit(in_section=heat.pk, title="Sear", **opened)
        assert answer.status_code == 302
        assert (step.title, step.section) == ("Sear", heat)
        wanted = ["boil", "#heat", "bake", "braise", "fry"]
        assert self.outline(cooking) == wanted
        assert cooking.history.first().order == wanted
        edit(in_section="", **{"initial-in_section": heat.pk})
        assert self.outline(cooking) == ["boil", "fry", "#heat", "bake", "braise"]
        edit(in_section=cooking.sections.get(slug="oil").pk, **opened)
        assert self.outline(cooking) == [
            "boil",
            "#heat",
            "bake",
            "braise",
            "#oil",
            "fry",
        ]

    def test_only_the_roadmap_gets_a_version(self, edit, cooking, fry, heat):
        versions = cooking.history.count(), fry.history.count()
        edit(in_section=heat.pk, **{"initial-in_section": ""})
        after = cooking.history.count(), fry.history.count()
        assert after == (versions[0] + 1, versions[1])
        assert cooking.history.first().history_change_reason == (
            "Moved fry to another section"
        )

    def test_a_step_that_somebody_else_has_moved_since_stays(self, edit, fry, heat):
        fry.section = heat
        fry.save()
        _, step = edit(title="Sear", in_section="", **{"initial-in_section": ""})
        assert step.section == heat

    @pytest.mark.parametrize("which", ["unknown", "of another roadmap"])
    def test_another_section_is_refused(self, edit, heat, which):
        other = RoadmapFactory().sections.create(slug="heat", title="Heat")
        pk = {"unknown": 0, "of another roadmap": other.pk}[which]
        before = everything()
        answer, _ = edit(in_section=pk, title="Sear")
        html = answer.content.decode()
        assert "This section no longer exists. Choose another." in html
        assert 'value="Sear"' in html
        assert everything() == before


class TestAdding:
    @pytest.fixture
    def add(self, admin_client, cooking):
        def add(**changes):
            data = {
                "roadmap": cooking.pk,
                "title": "Steam",
                "slug": "steam",
                "summary": "Over water.",
                **NO_PARTS,
            }
            return admin_client.post(f"{PATH}add/", data | changes)

        return add

    def test_a_new_step_comes_last(self, add, cooking):
        assert add().url == page_of(cooking)
        assert order(cooking) == ["boil", "fry", "bake", "braise", "steam"]
        assert cooking.history.first().order == order(cooking)
        assert cooking.steps.get(slug="steam").history.get().history_type == "+"

    def test_the_roadmaps_page_links_to_the_form(self, admin_client, cooking):
        address = f"{PATH}add/?roadmap={cooking.pk}"
        assert address in admin_client.get(page_of(cooking)).content.decode()
        html = admin_client.get(address).content.decode()
        assert f'<option value="{cooking.pk}" selected>Cooking</option>' in html

    @pytest.mark.parametrize("slug", ["Fry It", "fry_it", "-fry", "fry--it", "frü"])
    def test_an_invalid_slug_is_reported_at_its_field(self, add, slug):
        html = add(slug=slug).content.decode()
        assert "Use lower-case letters and digits" in html

    def test_a_taken_slug_is_reported(self, add, cooking):
        before = everything()
        html = add(slug="boil").content.decode()
        assert "This roadmap already has a step with this slug." in html
        assert everything() == before

    def test_the_former_slug_of_another_step_is_refused(self, add, cooking, fry):
        fry.slug = "deep-fry"
        fry.save()
        before = everything()
        assert "“Fry” used to have this slug" in add(slug="fry").content.decode()
        assert everything() == before
        other = RoadmapFactory()
        assert add(roadmap=other.pk, slug="fry").url == page_of(other)

    def test_an_unknown_roadmap_is_reported(self, add):
        assert "Select a valid choice" in add(roadmap=999).content.decode()


class TestViewOnSite:
    def test_a_draft_is_shown_to_staff_and_marked(self, admin_client, client, fry):
        type(fry.roadmap).objects.update(is_published=False)
        address = fry.get_absolute_url()
        assert f'href="{address}"' in admin_client.get(page_of(fry)).content.decode()
        assert (
            "Only staff can see this roadmap."
            in admin_client.get(address).content.decode()
        )
        assert client.get(address).status_code == 404

    def test_a_retired_step_links_to_its_roadmap(self, admin_client):
        step = StepFactory(is_retired=True)
        html = admin_client.get(page_of(step)).content.decode()
        assert f'href="{step.get_row_url()}"' in html


class TestPreview:
    @staticmethod
    def preview(client, **typed):
        headers = {**SAME_ORIGIN, "Sec-Fetch-Mode": "cors"}  # as of a script
        return client.post(f"{PATH}preview/", typed, headers=headers)

    def test_it_shows_the_text_as_a_learner_sees_it(self, admin_client):
        typed = {"title": "Fry <it>", "summary": "In oil.", "body": "## Why\n\n*Hot*"}
        html = self.preview(admin_client, **typed).text
        assert "<h1>Fry &lt;it&gt;</h1>" in html
        assert ">Why</h2>" in html
        assert "css/step-page.css" in html
        assert not Step.objects.exists()

    def test_it_has_the_parts_of_the_page_in_their_order(self, admin_client, fry):
        places = {"topics-0-position": 2, "topics-1-position": 1}
        typed = {
            "title": "Fry",
            "is_optional": "on",
            "hours_min": "0.5",
            "hours_max": "2",
            "needs": "cooking/fry\nnowhere",
            "checked_on": "2026-11-29",
            "skip_if": "You can *fry*.",
            "why": "It is *hot*.",
            "primer": "## Oil",
            "topics-TOTAL_FORMS": 4,
            "topics-INITIAL_FORMS": 0,
            **places,
            "topics-0-title": "Second",
            "topics-0-url": "https://example.org/",
            "topics-0-publisher": "MDN",
            "topics-1-title": "First",
            "topics-1-text": "Of *all*.",
            "topics-2-title": "Third",
            "topics-2-position": "0",
            "topics-3-title": "Gone",
            "topics-3-is_retired": "on",
            "exercise": "Fry *two*.",
            "hints": "Use a *lid*.",
            "questions-TOTAL_FORMS": 1,
            "questions-INITIAL_FORMS": 0,
            "questions-0-question": "Why?",
            "questions-0-answer": "*Heat*.",
            "mistakes": "Too *cold*.",
            "resources-TOTAL_FORMS": 1,
            "resources-INITIAL_FORMS": 0,
            **resource_row(0, OILS, "Oils"),
            "resources-0-role": "deeper",
            "done_when-TOTAL_FORMS": 1,
            "done_when-INITIAL_FORMS": 0,
            "done_when-0-text": "fry *eggs*",
        }
        before = everything()
        html = self.preview(admin_client, **typed).text
        expected = [
            *("Optional", "0.5–2 hours", ">Fry</bdi></a>", "checked Nov 2026"),
            *("<em>fry</em>", "<em>hot</em>", ">Oil</h2>"),
            *("First", "<em>all</em>", "Second", "MDN", "Third", "<em>two</em>"),
            *("<em>lid</em>", "Why?", "<em>Heat</em>", "<em>cold</em>"),
            *("Go deeper", "Oils", "<em>eggs</em>"),
        ]
        found = [html.find(text) for text in expected]
        assert -1 not in found, dict(zip(expected, found, strict=True))
        assert found == sorted(found)
        assert "Gone" not in html
        assert everything() == before

    @pytest.mark.parametrize(
        "typed",
        [
            {"hours_min": "NaN", "hours_max": "1e99999"},
            {"checked_on": "yesterday", "is_optional": "maybe"},
            {"needs": "a/b/c\n/\nx", "hints": "a\u202eb"},
            {"title": "a\0b", "summary": "\0", "why": "\0"},
            {"topics-0-url": "http://[", "topics-0-title": "\0"},
            {"topics-0-url": "javascript:alert(1)", "topics-0-title": "x"},
            {"topics-0-title": "x" * 5_000, "topics-0-position": "9" * 5_000},
            {"topics-0-text": "- a\n" * 5_000, "topics-0-is_retired": "?"},
            {"topics-TOTAL_FORMS": "x"},
            {"topics-TOTAL_FORMS": 10**9, "topics-INITIAL_FORMS": 10**9},
            {"topics-0-id": "7", "topics-INITIAL_FORMS": 1},
            {"resources-0-kind": "x", "resources-0-minutes": "-1e9"},
        ],
    )
    def test_invalid_values_do_not_break_it(self, admin_client, typed):
        counts = {
            f"{name}-{kind}_FORMS": number
            for name in ("topics", "resources")
            for kind, number in (("TOTAL", 1), ("INITIAL", 0))
        }
        answer = self.preview(admin_client, **counts | {"body": "*Ok*"} | typed)
        assert answer.status_code == 200
        assert "<em>Ok</em>" in answer.text
        assert 'href="javascript' not in answer.text

    def test_it_takes_few_queries(self, admin_client, fry, assert_max_queries):
        typed = {"needs": "cooking/fry\ncooking/boil", "topics-INITIAL_FORMS": 0}
        typed |= {"topics-TOTAL_FORMS": 40, "title": "x"}
        typed |= {f"topics-{n}-title": "x" for n in range(40)}
        self.preview(admin_client, **typed)
        with assert_max_queries(5):
            self.preview(admin_client, **typed)

    def test_it_runs_nothing(self, admin_client):
        body = "<script>alert(1)</script> [x](javascript:alert(1))"
        html = self.preview(admin_client, body=body).content.decode()
        assert "<script>" not in html
        assert 'href="javascript' not in html

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("|a|\n|-|\n" * 2_000, "too complex to display"),
            ("a" * (MAX_BODY_LENGTH + 1), "at most 40000 characters"),
        ],
    )
    def test_it_says_why_a_body_cannot_be_shown(self, admin_client, body, reason):
        html = self.preview(admin_client, body=body).content.decode()
        assert reason in html
        assert "<table>" not in html
        assert "aaaa" not in html

    def test_only_our_own_page_may_frame_it(self, admin_client, fry):
        answer = admin_client.get(f"{PATH}preview/")
        assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
        page = admin_client.get(page_of(fry))
        assert "frame-src 'self'" in page["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
        assert page["X-Frame-Options"] == "DENY"

    def test_it_is_for_editors(self, signed_in, sign_in_staff, client):
        assert self.preview(signed_in).status_code in (302, 403)
        assert self.preview(client).status_code == 302
        assert self.preview(sign_in_staff()).status_code == 403
        assert self.preview(sign_in_staff("Editors")).status_code == 200

    def test_it_needs_no_csrf_token_but_a_page_of_this_site(self, admin_user):
        client = Client(enforce_csrf_checks=True)
        client.force_login(admin_user)
        assert self.preview(client, csrfmiddlewaretoken="old").status_code == 200
        cross_site = {"Sec-Fetch-Site": "cross-site"}
        for headers in (cross_site, {}):
            refused = client.post(f"{PATH}preview/", {}, headers=headers)
            assert refused.status_code == 403


class TestList:
    def test_steps_are_grouped_by_roadmap(self, admin_client):
        second, first = RoadmapFactory(position=2), RoadmapFactory(position=1)
        for place in (1, 2):
            StepFactory(roadmap=second, title=f"Second {place}", position=place)
            StepFactory(roadmap=first, title=f"First {place}", position=place)
        html = admin_client.get(PATH).content.decode()
        titles = re.findall(r">((?:First|Second) \d)<", html)
        assert titles == ["First 1", "First 2", "Second 1", "Second 2"]
        assert f"?roadmap__id__exact={first.pk}" in html


class TestResourcePlaces:
    def test_a_resource_without_a_position_comes_last(self, admin_client, fry):
        Resource.objects.create(
            step=fry, title="Oil", url="https://example.org/", kind="docs", position=3
        )
        new = resource_row(1, "https://example.org/new", "New", position=0)
        send(admin_client, fry, **{"resources-TOTAL_FORMS": 2}, **new)
        positions = fry.resources.values_list("title", "position")
        assert list(positions) == [("Oil", 3), ("New", 4)]

    def test_more_than_200_are_refused_without_showing_as_many(self, admin_client, fry):
        answer = send(admin_client, fry, **{"resources-TOTAL_FORMS": 10**9})
        html = answer.content.decode()
        assert "Please submit at most 200 forms." in html
        assert html.count('class="inline-related') < 210


class TestParts:
    """Topics, questions and what a learner can do at the end."""

    def test_they_are_added_without_positions_and_slugs(self, admin_client, fry):
        new = {
            "topics-TOTAL_FORMS": 3,
            **{f"topics-{n}-position": 0 for n in range(3)},
            "questions-0-position": 0,
            "done_when-0-position": 0,
            "topics-0-title": "Which oil?",
            "topics-1-title": "Which oil",
            "topics-1-text": "The `smoke` point.",
            "topics-2-title": "油",
            "questions-TOTAL_FORMS": 1,
            "questions-0-question": "Why *hot*?",
            "questions-0-answer": "It stays dry.",
            "done_when-TOTAL_FORMS": 1,
            "done_when-0-text": "fry an egg",
        }
        send(admin_client, fry, **new)
        topics = list(fry.topics.values_list("slug", "position"))
        assert topics == [("which-oil", 1), ("which-oil-2", 2), ("topic", 3)]
        assert "<code>smoke</code>" in fry.topics.get(position=2).text_html
        assert "<em>hot</em>" in fry.questions.get().question_html
        assert fry.done_when.get().text_html == "<p>fry an egg</p>\n"
        version = fry.history.first()
        assert [row["slug"] for row in version.topics] == [slug for slug, _ in topics]
        assert len(version.questions) == len(version.done_when) == 1

    def test_stored_rows_behind_new_ones_are_kept(self, admin_client, fry):
        """A browser sends them so if an editor moved a new row up and removed one."""
        for position, slug in enumerate(["oil", "pan"], start=1):
            fry.topics.create(slug=slug, title=slug, position=position)
        oil, pan = fry.topics.all()
        rows = {"topics-TOTAL_FORMS": 4}
        for index, (pk, title) in enumerate(
            [("", "First"), (oil.pk, "Oil"), (pan.pk, "Pan"), (pan.pk, "Again")]
        ):
            start = f"topics-{index}"
            rows |= {f"{start}-id": pk, f"{start}-title": title}
            rows |= {f"{start}-position": index + 1}
        send(admin_client, fry, **rows)
        slugs = list(fry.topics.values_list("slug", "title"))
        expected = [("first", "First"), ("oil", "Oil"), ("pan", "Pan")]
        assert slugs == [*expected, ("again", "Again")]

    def test_a_new_row_with_only_a_place_is_ignored(self, admin_client, fry):
        rows = {"topics-TOTAL_FORMS": 2, "topics-0-position": 1}
        rows |= {"topics-1-position": 2, "topics-1-title": "Oil"}
        assert send(admin_client, fry, **rows).status_code == 302
        assert fry.topics.get().title == "Oil"

    def test_a_slug_is_shown_and_not_asked_for(self, admin_client, fry):
        fry.topics.create(slug="which-oil", title="Oil")
        page = admin_client.get(page_of(fry)).text
        assert "<code>which-oil</code>" in page
        assert "topics-0-slug" not in page

    def test_the_longest_step_can_be_saved(self, admin_client, fry):
        for number in range(100):
            fry.topics.create(slug=f"t{number}", title="T")
            fry.questions.create(question="?", answer="!")
            fry.done_when.create(text="x")
        for number in range(200):
            Resource.objects.create(
                step=fry, title="R", url=f"{OILS}/{number}", kind="docs"
            )
        assert send(admin_client, fry, title="Other").status_code == 302
        fry.refresh_from_db()
        assert fry.title == "Other"

    @pytest.mark.parametrize("count", [1, 40])
    def test_the_number_of_topics_adds_no_queries(
        self, admin_client, fry, assert_max_queries, count
    ):
        TopicFactory.create_batch(count, step=fry)
        admin_client.get(page_of(fry))
        with assert_max_queries(21):
            admin_client.get(page_of(fry))

    def test_a_former_slug_is_not_used_again(self, admin_client, fry):
        topic = fry.topics.create(slug="oil", title="Oil")
        fry.save()
        fry.topics.filter(pk=topic.pk).update(slug="fat")
        new = {"topics-TOTAL_FORMS": 2, "topics-1-title": "Oil"}
        new |= {"topics-1-position": 0}
        send(admin_client, fry, **new)
        assert set(fry.topics.values_list("slug", flat=True)) == {"fat", "oil-2"}

    def test_they_are_changed_moved_and_retired(self, admin_client, fry):
        for position, slug in enumerate(["oil", "pan", "lid"], start=1):
            fry.topics.create(slug=slug, title=slug, position=position)
        changes = {
            "topics-0-position": 2,
            "topics-1-position": 1,
            "topics-1-title": "Pot",
            "topics-1-is_retired": "on",
            "topics-2-DELETE": "on",
        }
        send(admin_client, fry, **changes)
        rows = list(fry.topics.values_list("slug", "title", "is_retired"))
        assert rows == [("pan", "Pot", True), ("oil", "oil", False)]

    def test_texts_hours_and_lists_are_saved(self, admin_client, fry):
        send(
            admin_client,
            fry,
            why="Because.",
            hours_min="0.5",
            hours_max="2",
            needs="cooking/boil\r\n\r\n cooking/bake ",
            hints="One.\r\nTwo, three.",
            checked_on="2026-11-29",
        )
        fry.refresh_from_db()
        assert (fry.hours_min, fry.hours_max) == (0.5, 2)
        form = admin_client.get(page_of(fry)).context["adminform"].form
        assert 'value="0.5"' in str(form["hours_min"])
        assert 'value="2"' in str(form["hours_max"])
        assert fry.needs == ["cooking/boil", "cooking/bake"]
        assert fry.html["hints"] == ["<p>One.</p>\n", "<p>Two, three.</p>\n"]
        assert fry.html["why"] == "<p>Because.</p>\n"

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            ({"hours_min": "3", "hours_max": "2"}, "Fill in both numbers of hours"),
            ({"hours_min": "3"}, "Fill in both numbers of hours"),
            ({"needs": "boil"}, "Line 1: Use the slugs of a roadmap and one"),
            ({"needs": "cooking/boil\ncooking/fry"}, "A step cannot need itself."),
        ],
    )
    def test_a_mistake_is_reported(self, admin_client, fry, wrong, error):
        answer = send(admin_client, fry, **wrong)
        assert answer.status_code == 200
        errors = answer.context["adminform"].form.errors
        assert error in str(errors)

    def test_a_step_that_does_not_exist_is_a_warning(self, admin_client, fry):
        send(admin_client, fry, needs="cooking/boyl")
        page = admin_client.get(page_of(fry)).text
        assert "There is no step cooking/boyl. Did you mean cooking/boil?" in page

    def test_every_text_is_previewed(self, admin_client):
        data = {"title": "Fry", "why": "*Hot*", "mistakes": "Cold"}
        path = f"{PATH}preview/"
        headers = {**SAME_ORIGIN, "Sec-Fetch-Mode": "cors"}
        page = admin_client.post(path, data, headers=headers).text
        assert "<h2>Why it matters</h2>" in page
        assert "<em>Hot</em>" in page
        assert page.index("Hot") < page.index("Cold")
