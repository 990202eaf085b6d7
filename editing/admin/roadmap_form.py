"""The editors' form for a roadmap: its fields, the order of its steps, its sections."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.forms import LineField
from core.text import shows_nothing
from editing.admin.history import VersionedForm
from editing.sections import (
    SECTION,
    assign_sections,
    find_new_row,
    find_place,
    get_row_id,
    is_section,
    is_step,
    list_rows,
    move_section,
)
from roadmaps.models import format_order
from roadmaps.sections import Section
from roadmaps.slugs import find_free_slug
from roadmaps.visibility import Visibility

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.http import QueryDict

    from roadmaps.models import Step

SLUG_TAKEN = _("Another section of this roadmap has this slug.")
NEW_SECTION = ("change", "delete")  # what everybody may do with a section not yet saved


class SectionForm(forms.ModelForm):
    """The heading of a section. Without a slug, it gets one from its title."""

    is_removed = forms.BooleanField(required=False, label=_("Remove"))

    class Meta:
        model = Section
        fields = ["title", "slug"]
        labels = {"title": _("Section title")}

    def __init__(
        self, *args: Any, permissions: Collection[str] = (), **kwargs: Any
    ) -> None:
        """`permissions` say what the editor may do with the section: change, delete."""
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        self.fields["slug"].help_text = ""  # the page says it once
        if "change" not in permissions:
            self.fields["title"].disabled = self.fields["slug"].disabled = True
        if "delete" not in permissions:
            del self.fields["is_removed"]

    @property
    def is_kept(self) -> bool:
        return "is_removed" not in self.fields or not self["is_removed"].value()

    def get_typed(self, name: str) -> str:
        """Return what would be stored, or what was typed if it is invalid."""
        value = getattr(self, "cleaned_data", {}).get(name, self[name].value())
        return str(value or "")


@dataclass(frozen=True)
class Row:
    """A row of the list: a step, the heading of a section, or "No section"."""

    name: str
    step: Step | None
    section: SectionForm | None
    number: int | None  # counts steps that are not retired; sections apart from them

    @property
    def id(self) -> str:
        return get_row_id(self.name)


class RoadmapForm(VersionedForm):
    """A roadmap's fields, and the rows of its route in the new order: see
    `editing.sections`. Each section's row has fields of its own.

    Without JavaScript, pressing an arrow button submits the form. The button's value
    is `row:place`: the row to move and its new place among all rows, from 1. Pressing
    "Move" sends `typed`; then `moved` is the step or section, and `moved_to` its new
    number, from 1. A section then moves with its steps. A section with the title
    `new_section` is added before the step with the number `new_section_before`, or
    last.
    """

    new_section = LineField(required=False, max_length=120, label=_("New section"))
    new_section_before = forms.IntegerField(
        required=False, min_value=1, label=_("Before step number")
    )
    section_permissions: Collection[str] = ()  # add, change, delete: set per request
    may_publish = False  # set per request
    has_new_section = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "visibility" in self.fields and not self.may_publish:
            self.offer_no_wider_visibility()
        self.steps: dict[str, Step] = {}
        self.stored_sections: dict[str, Section] = {}
        self.stored_order: list[str] = []
        if self.instance.pk:
            steps = self.instance.steps.defer_large_fields()
            sections = list(self.instance.sections.all())
            self.steps = {str(step.pk): step for step in steps}
            self.stored_sections = {f"{SECTION}{each.pk}": each for each in sections}
            self.stored_order = list_rows(list(self.steps.values()), sections)
        if self.is_bound:
            data = self.data = cast("QueryDict", self.data).copy()
            data.setlist("order", self.move(data.getlist("order")))
            self.add_typed_section(data)

    def offer_no_wider_visibility(self) -> None:
        stored = Visibility(self.instance.visibility)
        field = cast("forms.TypedChoiceField", self.fields["visibility"])
        field.choices = [
            (choice.value, choice.label)
            for choice in Visibility
            if not choice.is_wider_than(stored)
        ]
        field.help_text = _(
            "Applies once it is published. Staff can always see it. To show it to more "
            "people, you need the permission to publish roadmaps."
        )

    @property
    def submitted_rows(self) -> list[str]:
        return cast("QueryDict", self.data).getlist("order") if self.is_bound else []

    def is_counted(self, row: str) -> bool:
        """Whether the row is a step that has a number on the route."""
        return row in self.steps and not self.steps[row].is_retired

    def move(self, order: list[str]) -> list[str]:
        """Return the submitted rows, with the button's move applied."""
        moved, _, place = self.data.get("place", "").partition(":")
        is_typed = moved == "typed"
        if is_typed:
            moved = self.data.get("moved", "")
            place = self.data.get("moved_to", "")
        if moved not in order or not place.isdecimal():
            return order
        index = max(int(place[:9]) - 1, 0)
        if is_typed and is_section(moved):
            return move_section(order, moved, index)
        order.remove(moved)
        if is_typed:
            index = find_place(order, index, self.is_counted)
        order.insert(index, moved)
        return order

    def add_typed_section(self, data: QueryDict) -> None:
        title = data.get("new_section", "")
        before = data.get("new_section_before", "")
        is_valid = before.isdecimal() or not before
        may_add = "add" in self.section_permissions
        if shows_nothing(title) or not is_valid or not may_add:
            return
        order = data.getlist("order")
        index = max(int(before[:9]) - 1, 0) if before else len(order)
        new = find_new_row(order)
        order.insert(find_place(order, index, self.is_counted), new)
        data.setlist("order", order)
        data[f"{new}-title"] = title
        data["new_section"] = data["new_section_before"] = ""
        self.has_new_section = True

    @cached_property
    def order(self) -> list[str]:
        """The submitted rows. A row that was not submitted goes before the row that
        follows it in the stored order.
        """
        if not self.is_bound:
            return self.stored_order
        known = [row for row in self.submitted_rows if self.is_known(row)]
        order = list(dict.fromkeys(known))
        found = set(order)
        following = None
        for row in reversed(self.stored_order):
            if row not in found and (row in self.steps or is_section(row)):
                order.insert(order.index(following) if following else len(order), row)
                found.add(row)
            following = row if row in found else following
        return order

    def is_known(self, row: str) -> bool:
        if is_section(row):
            return row in self.stored_sections or "add" in self.section_permissions
        return row in self.steps or not is_step(row)

    @cached_property
    def sections(self) -> dict[str, SectionForm]:
        """The forms of all sections, in the submitted order, by their rows."""
        submitted = set(self.submitted_rows)
        found = {}
        for row in filter(is_section, self.order):
            stored = self.stored_sections.get(row)
            permissions = self.section_permissions if stored else NEW_SECTION
            found[row] = SectionForm(
                self.data if row in submitted else None,
                prefix=row,
                instance=stored or Section(),
                permissions=permissions,
            )
        return found

    @property
    def kept_sections(self) -> dict[str, SectionForm]:
        return {row: form for row, form in self.sections.items() if form.is_kept}

    @property
    def kept_rows(self) -> list[str]:
        kept = self.kept_sections
        return [row for row in self.order if not is_section(row) or row in kept]

    @property
    def pairs(self) -> list[tuple[Step, SectionForm | None]]:
        """Each step and the section that it is in after the change."""
        return [
            (self.steps[step], self.sections[section] if section else None)
            for step, section in assign_sections(self.kept_rows)
        ]

    @property
    def rows(self) -> list[Row]:
        """The rows with the numbers that learners see. Retired steps have none."""
        steps, sections = count(1), count(1)
        rows = []
        for row in self.order:
            number = None
            if is_section(row):
                number = next(sections)
            elif self.is_counted(row):
                number = next(steps)
            rows.append(Row(row, self.steps.get(row), self.sections.get(row), number))
        return rows

    @property
    def new_section_fields(self) -> list[forms.BoundField]:
        return [self["new_section"], self["new_section_before"]]

    @property
    def blank_row(self) -> Row | None:
        """What a script copies for a new section."""
        if "add" not in self.section_permissions:
            return None
        name = f"{SECTION}new0"
        form = SectionForm(prefix=name, permissions=NEW_SECTION)
        return Row(name, None, form, None)

    def get_order(self) -> list[str]:
        """Return the submitted order as a version has it."""
        return format_order(
            (step.slug, form.get_typed("slug") if form else None)
            for step, form in self.pairs
        )

    def get_sections(self) -> list[dict[str, str]]:
        """Return the submitted sections as a version has them."""
        return [
            {name: form.get_typed(name) for name in Section.SNAPSHOT_FIELDS}
            for form in self.kept_sections.values()
        ]

    @cached_property
    def changed_data(self) -> list[str]:
        not_content = ("version", "new_section", "new_section_before")
        changed = [name for name in super().changed_data if name not in not_content]
        if self.kept_rows != self.stored_order:
            changed.append("order")
        kept = self.kept_sections
        is_same = kept.keys() == self.stored_sections.keys()
        if not is_same or any(form.has_changed() for form in kept.values()):
            changed.append("sections")
        return changed

    def would_change_anything(self) -> bool:
        return bool(self.changed_data)

    # Checking and saving

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.has_all_rows():
            self.add_error(
                None,
                _(
                    "Your changes were not saved, because the roadmap’s steps or "
                    "sections have changed since you opened this page. This is the "
                    "current list."
                ),
            )
        if not self.are_sections_valid():
            self.add_error(None, _("Correct the sections in the list of steps."))
        return cleaned

    def clean_new_section(self) -> str:
        title: str = self.cleaned_data["new_section"]
        if self.data.get("place") == "new" and not (title or self.has_new_section):
            raise ValidationError(_("Enter the title of the new section."))
        return title

    def has_all_rows(self) -> bool:
        """Whether each row was submitted once, and no row that this form lacks."""
        return sorted(self.submitted_rows) == sorted(self.order)

    def are_sections_valid(self) -> bool:
        """Check the sections that are kept, and find a slug for those without one."""
        kept = [form for form in self.kept_sections.values() if form.is_bound]
        for form in kept:
            form.full_clean()
        taken: set[str] = set()
        for form in kept:
            slug = form.cleaned_data.get("slug", "")
            if slug in taken:
                form.add_error("slug", SLUG_TAKEN)
            elif slug:
                taken.add(slug)
        for form in kept:
            title = form.cleaned_data.get("title")
            if title and form.cleaned_data.get("slug") == "":
                slug = find_free_slug(title, taken, default="section")
                form.cleaned_data["slug"] = form.instance.slug = slug
                taken.add(slug)
        return not any(form.errors for form in kept)

    def save_route(self) -> None:
        """Save the sections and the order of the steps."""
        if not {"order", "sections"}.isdisjoint(self.changed_data):
            kept = self.kept_sections.values()
            self.instance.replace_sections([form.instance for form in kept])
            sections = {
                step.pk: form.instance.pk if form else None for step, form in self.pairs
            }
            self.instance.reorder_steps(list(sections), sections)
