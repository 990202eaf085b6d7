"""The sections on a roadmap's page in the admin."""

import re

import pytest
from django.db.models.expressions import RawSQL

from roadmaps.models import Roadmap, Section, Step
from tests.editing.editor import (
    everything,
    page_of,
    roadmap_form,
    section_row,
    send,
)
from tests.factories import StepFactory, StepProgressFactory


@pytest.fixture
def heat(cooking):
    """Cooking has Heat over "bake" and "braise", after "boil" and "fry"."""
    heat = cooking.sections.create(slug="heat", title="Heat", position=1)
    cooking.steps.filter(slug__in=["bake", "braise"]).update(section=heat)
    Roadmap.objects.record([cooking])
    return heat


@pytest.fixture
def rows(cooking, heat):
    """The names of the rows, by slug."""
    return {"heat": f"section-{heat.pk}"} | {
        step.slug: str(step.pk) for step in cooking.steps.all()
    }


def outline(roadmap):
    """Return the order as a version has it, with the titles of sections."""
    return Roadmap.objects.related_snapshot([roadmap.pk])[roadmap.pk]["order"]


def rows_shown(client, roadmap):
    return rows_shown_in(client.get(page_of(roadmap)).content.decode())


def rows_shown_in(html):
    return re.findall('name="order" value="(.+?)"', html.partition("<template")[0])


def shown_errors(answer):
    """Return the errors of the forms of sections, by the fields' names."""
    form = answer.context["adminform"].form
    return {
        f"{row}-{name}": errors
        for row, section in form.sections.items()
        for name, errors in section.errors.items()
    }


class TestOrder:
    def test_headings_are_rows_of_the_list(self, admin_client, cooking, rows):
        wanted = ["boil", "fry", "heat", "bake", "braise"]
        assert rows_shown(admin_client, cooking) == [rows[slug] for slug in wanted]

    def test_a_step_joins_the_section_that_it_is_dragged_under(
        self, admin_client, cooking, rows
    ):
        wanted = ["fry", "heat", "bake", "boil", "braise"]
        answer = send(admin_client, cooking, order=[rows[slug] for slug in wanted])
        assert answer.status_code == 302
        assert outline(cooking) == ["fry", "#heat", "bake", "boil", "braise"]
        assert cooking.history.first().order == outline(cooking)

    def test_a_heading_is_moved(self, admin_client, cooking, rows):
        wanted = ["heat", "boil", "fry", "bake", "braise"]
        send(admin_client, cooking, order=[rows[slug] for slug in wanted])
        assert outline(cooking) == ["#heat", "boil", "fry", "bake", "braise"]

    def test_only_what_changed_is_written(self, admin_client, cooking, heat, rows):
        written = cooking.steps.annotate(row=RawSQL("ctid::text", []))
        before = dict(written.values_list("slug", "row"))
        section = Section.objects.annotate(row=RawSQL("ctid::text", [])).get().row
        wanted = ["boil", "heat", "fry", "bake", "braise"]
        send(admin_client, cooking, order=[rows[slug] for slug in wanted])
        after = dict(written.all().values_list("slug", "row"))
        assert {slug for slug in after if after[slug] != before[slug]} == {"fry"}
        assert (
            Section.objects.annotate(row=RawSQL("ctid::text", [])).get().row == section
        )

    def test_a_repeat_changes_nothing(self, admin_client, cooking, heat):
        send(admin_client, cooking)
        before = everything()
        assert send(admin_client, cooking).status_code == 302
        assert everything() == before

    def test_without_javascript_a_button_moves_a_heading(
        self, admin_client, cooking, rows
    ):
        answer = send(admin_client, cooking, place=f"{rows['heat']}:2")
        assert answer.url == f"{page_of(cooking)}#{rows['heat']}"
        assert outline(cooking) == ["boil", "#heat", "fry", "bake", "braise"]

    def test_a_section_is_moved_to_a_typed_number_with_its_steps(
        self, admin_client, cooking, rows
    ):
        cold = cooking.sections.create(slug="cold", title="Cold", position=0)
        cooking.steps.filter(slug="fry").update(section=cold)
        typed = {"place": "typed", "moved": rows["heat"], "moved_to": "1"}
        answer = send(admin_client, cooking, **typed)
        assert answer.url == f"{page_of(cooking)}#{rows['heat']}"
        wanted = ["boil", "#heat", "bake", "braise", "#cold", "fry"]
        assert outline(cooking) == wanted
        titles = list(cooking.sections.values_list("title", flat=True))
        assert titles == ["Heat", "Cold"]

    def test_steps_of_no_section_after_one_stay_so(
        self, admin_client, cooking, heat, rows
    ):
        cooking.steps.filter(slug="braise").update(section=None)
        Roadmap.objects.record([cooking])
        shown = rows_shown(admin_client, cooking)
        assert [row.partition("-")[0] for row in shown[3:]] == [
            *(rows["bake"], "none", rows["braise"])
        ]
        send(admin_client, cooking, title="To Cook")
        assert outline(cooking) == ["boil", "fry", "#heat", "bake", "#", "braise"]
        send(admin_client, cooking, order=[*shown[:4], shown[5], shown[4]])
        assert outline(cooking) == ["boil", "fry", "#heat", "bake", "braise"]

    @pytest.mark.parametrize("which", ["missing", "twice", "strange"])
    def test_another_set_of_sections_is_refused(
        self, admin_client, cooking, rows, heat, which
    ):
        own = list(rows.values())
        wrong = {
            "missing": own[1:],
            "twice": [*own, own[0]],
            "strange": [*own, "section"],
        }
        before = everything()
        answer = send(admin_client, cooking, order=wrong[which], title="Other")
        assert "were not saved" in answer.content.decode()
        assert everything() == before


class TestEditing:
    def test_a_section_is_renamed(self, admin_client, cooking, heat):
        send(admin_client, cooking, **section_row(heat.pk, "Hot", "hot"))
        heat.refresh_from_db()
        assert (heat.title, heat.slug) == ("Hot", "hot")
        assert cooking.history.first().sections == [{"slug": "hot", "title": "Hot"}]
        html = admin_client.get(page_of(cooking, "history")).content.decode()
        assert "<del>Heat (heat)</del>" in html
        assert "<ins>Hot (hot)</ins>" in html

    def test_a_section_is_added_where_its_row_is(self, admin_client, cooking, rows):
        wanted = [rows["boil"], "section-new1", rows["fry"], rows["heat"]]
        wanted += [rows["bake"], rows["braise"]]
        new = {"order": wanted, **section_row("new1", "Fat & Oil")}
        assert send(admin_client, cooking, **new).status_code == 302
        wanted = ["boil", "#fat-oil", "fry", "#heat", "bake", "braise"]
        assert outline(cooking) == wanted
        assert list(cooking.sections.values_list("title", "position")) == [
            ("Fat & Oil", 1),
            ("Heat", 2),
        ]

    @pytest.mark.parametrize(
        ("before", "wanted"),
        [
            ("2", ["boil", "#oil", "fry", "#heat", "bake", "braise"]),
            ("1", ["#oil", "boil", "fry", "#heat", "bake", "braise"]),
            ("", ["boil", "fry", "#heat", "bake", "braise"]),
            ("99", ["boil", "fry", "#heat", "bake", "braise"]),
        ],
    )
    def test_without_javascript_a_section_is_added_before_a_step(
        self, admin_client, cooking, heat, before, wanted
    ):
        typed = {"place": "new", "new_section": "Oil", "new_section_before": before}
        answer = send(admin_client, cooking, **typed)
        new = cooking.sections.get(slug="oil")
        assert answer.url == f"{page_of(cooking)}#section-{new.pk}"
        assert outline(cooking) == wanted

    def test_save_adds_the_section_that_was_typed(self, admin_client, cooking, heat):
        send(admin_client, cooking, new_section="Oil", place=f"section-{heat.pk}:1")
        assert [section.title for section in cooking.sections.all()] == ["Heat", "Oil"]
        assert outline(cooking)[0] == "#heat"

    def test_slugs_from_the_same_title_differ(self, admin_client, cooking, heat):
        send(admin_client, cooking, new_section="Heat")
        send(admin_client, cooking, new_section="Heat")
        send(admin_client, cooking, new_section="Ζέστη")
        slugs = set(cooking.sections.values_list("slug", flat=True))
        assert slugs == {"heat", "heat-2", "heat-3", "section"}

    def test_two_sections_swap_their_slugs(self, admin_client, cooking, heat):
        cold = cooking.sections.create(slug="cold", title="Cold", position=2)
        swapped = section_row(heat.pk, "Heat", "cold")
        swapped |= section_row(cold.pk, "Cold", "heat")
        assert send(admin_client, cooking, **swapped).status_code == 302
        pairs = cooking.sections.values_list("title", "slug")
        assert dict(pairs) == {"Heat": "cold", "Cold": "heat"}

    def test_the_steps_of_a_removed_heading_join_the_section_above(
        self, admin_client, cooking, fry, heat
    ):
        oil = cooking.sections.create(slug="oil", title="Oil", position=0)
        cooking.steps.filter(pk=fry.pk).update(section=oil)
        row = StepProgressFactory(step=cooking.steps.get(slug="bake"))
        send(admin_client, cooking, **{f"section-{heat.pk}-is_removed": "on"})
        assert outline(cooking) == ["boil", "#oil", "fry", "bake", "braise"]
        row.refresh_from_db()
        assert row.state == "done"
        send(admin_client, cooking, **{f"section-{oil.pk}-is_removed": "on"})
        assert outline(cooking) == ["boil", "fry", "bake", "braise"]
        assert not Section.objects.exists()

    def test_a_removed_heading_needs_no_title(self, admin_client, cooking, heat):
        removed = {**section_row(heat.pk, ""), f"section-{heat.pk}-is_removed": "on"}
        assert send(admin_client, cooking, **removed).status_code == 302
        assert not Section.objects.exists()


class TestErrors:
    @pytest.mark.parametrize(
        ("field", "value", "error"),
        [
            ("title", "", "This field is required."),
            ("title", "\u200b", "This field is required."),
            ("title", "x" * 121, "Ensure this value has at most 120 characters"),
            ("title", "a\u202eb", "Remove the character U+202E"),
            ("slug", "Hot Pan", "Use lower-case letters and digits"),
            ("slug", "x" * 81, "Ensure this value has at most 80 characters"),
            ("slug", "cold", "Another section of this roadmap has this slug."),
        ],
    )
    def test_they_are_shown_beside_the_field_and_nothing_is_lost(
        self, admin_client, cooking, rows, heat, field, value, error
    ):
        name = f"section-{heat.pk}-{field}"
        typed = {
            "order": ["section-new1", rows["heat"], *list(rows.values())[1:]],
            **section_row("new1", "Cold", "cold"),
            **section_row(heat.pk, "Hot", "hot"),
            name: value,
            "title": "Mine",
        }
        before = everything()
        answer = send(admin_client, cooking, **typed)
        html = answer.content.decode()
        assert list(shown_errors(answer)) == [name]
        assert error in html
        assert "Correct the sections in the list of steps." in html
        assert re.search(rf'name="{name}"[^>]*aria-invalid="true"', html)
        assert 'value="Mine"' in html
        assert 'value="Cold"' in html
        assert rows_shown_in(html)[:2] == ["section-new1", rows["heat"]]
        assert everything() == before

    @pytest.mark.parametrize(
        ("typed", "error"),
        [
            ({"new_section": "\u200b"}, "Enter the title of the new section."),
            ({"new_section": ""}, "Enter the title of the new section."),
            ({"new_section": "Oil", "new_section_before": "x"}, "Enter a whole number"),
        ],
    )
    def test_a_section_that_cannot_be_added_is_reported(
        self, admin_client, cooking, heat, typed, error
    ):
        before = everything()
        answer = send(admin_client, cooking, place="new", **typed)
        form = answer.context["adminform"].form
        assert error in str(form.errors)
        assert error in answer.content.decode()
        assert form["new_section"].value() == typed["new_section"]
        assert everything() == before

    def test_a_typed_section_is_kept_when_another_field_is_wrong(
        self, admin_client, cooking, heat
    ):
        answer = send(admin_client, cooking, new_section="Oil", icon="x")
        html = answer.content.decode()
        assert 'name="section-new1-title" value="Oil"' in html
        assert not cooking.sections.filter(title="Oil").exists()


class TestConflict:
    @pytest.fixture
    def other(self, sign_in_staff):
        return sign_in_staff("Editors")

    def again(self, client, cooking, opened):
        """Send the form that the refused save shows, as its browser would."""
        form = client.post(page_of(cooking), opened).context["adminform"].form
        shown = {"version": form["version"].value(), "order": form.order}
        for row, section in form.sections.items():
            for name in ("title", "slug"):
                shown[f"{row}-{name}"] = section[name].value()
        return client.post(page_of(cooking), opened | shown)

    def test_both_versions_are_shown(self, admin_client, other, cooking, heat):
        opened = roadmap_form(cooking, **section_row(heat.pk, "Mine", "mine"))
        send(other, cooking, **section_row(heat.pk, "Theirs", "theirs"))
        before = everything()
        html = admin_client.post(page_of(cooking), opened).content.decode()
        assert "Which version do you want to keep?" in html
        assert "<del>Theirs (theirs)</del>" in html
        assert "<ins>Mine (mine)</ins>" in html
        assert "<del>Section: theirs</del>" in html
        assert 'value="Mine"' in html
        assert everything() == before
        assert self.again(admin_client, cooking, opened).status_code == 302
        heat.refresh_from_db()
        assert heat.title == "Mine"

    def test_a_section_that_they_added_is_in_the_list(
        self, admin_client, other, cooking, heat
    ):
        opened = roadmap_form(cooking, title="Mine")
        send(other, cooking, new_section="Oil", new_section_before="1")
        html = admin_client.post(page_of(cooking), opened).content.decode()
        assert "were not saved" in html
        assert 'value="Oil"' in html
        assert self.again(admin_client, cooking, opened).status_code == 302
        wanted = ["#oil", "boil", "fry", "#heat", "bake", "braise"]
        assert outline(cooking) == wanted

    def test_a_section_that_they_removed_can_be_saved_again(
        self, admin_client, other, cooking, heat
    ):
        opened = roadmap_form(cooking, title="Mine")
        send(other, cooking, **{f"section-{heat.pk}-is_removed": "on"})
        assert self.again(admin_client, cooking, opened).status_code == 302
        assert outline(cooking) == ["boil", "fry", "#heat", "bake", "braise"]


class TestPermissions:
    def test_editors_add_change_and_remove_sections(self, sign_in_staff, cooking, heat):
        editor = sign_in_staff("Editors")
        send(editor, cooking, new_section="Oil", **section_row(heat.pk, "Hot", "hot"))
        assert set(cooking.sections.values_list("slug", flat=True)) == {"hot", "oil"}
        send(editor, cooking, **{f"section-{heat.pk}-is_removed": "on"})
        assert cooking.sections.get().slug == "oil"

    def test_publishers_neither_add_nor_rename_them(self, sign_in_staff, cooking, heat):
        publisher = sign_in_staff("Publishers")
        html = publisher.get(page_of(cooking)).content.decode()
        assert "new_section" not in html
        assert "section_template" not in html
        assert len(re.findall('name="section-[^>]*disabled', html)) == 2
        renamed = section_row(heat.pk, "Hot", "hot")
        send(publisher, cooking, new_section="Oil", title="Mine", **renamed)
        cooking.refresh_from_db()
        assert cooking.title == "Mine"
        assert cooking.sections.get().title == "Heat"
        added = [*roadmap_form(cooking)["order"], "section-new1"]
        answer = send(publisher, cooking, order=added, **section_row("new1", "Oil"))
        assert "were not saved" in answer.content.decode()
        assert cooking.sections.count() == 1


class TestQueries:
    def add_rows(self, cooking):
        for _ in range(10):
            StepFactory(roadmap=cooking)
            cooking.sections.create(slug=f"s-{cooking.steps.count()}", title="Heat")

    def test_the_page_needs_the_same_number_for_more_rows(
        self, admin_client, cooking, heat, assert_max_queries
    ):
        admin_client.get(
            page_of(cooking)
        )  # also records when the session was last seen
        for _ in range(2):
            with assert_max_queries(7):
                admin_client.get(page_of(cooking))
            self.add_rows(cooking)

    def test_saving_needs_the_same_number_for_more_rows(
        self, admin_client, cooking, heat, assert_max_queries
    ):
        for _ in range(2):
            order = roadmap_form(cooking)["order"]
            with assert_max_queries(25):
                send(admin_client, cooking, order=[*order[1:], order[0]])
            admin_client.get(page_of(cooking))
            Section.objects.exclude(pk=heat.pk).delete()
            self.add_rows(cooking)


def test_deleting_a_section_leaves_progress_as_it_was(cooking, heat):
    progress = StepProgressFactory(step=cooking.steps.get(slug="bake"))
    heat.delete()
    progress.refresh_from_db()
    assert Step.objects.get(slug="bake").section is None
