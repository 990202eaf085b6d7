"""The editors' forms for steps and their parts."""

from __future__ import annotations

from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, ProtectedError
from django.forms import BaseInlineFormSet, inlineformset_factory
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core.text import shows_nothing
from editing.admin.history import VersionedForm, question
from editing.admin.widgets import FastCheckboxInput, FastHiddenInput
from editing.meaning import MEANING_FIELDS, has_other_outcomes, has_other_topics
from editing.needs import explain_circle, find_circle, read_needs
from editing.step_operations import is_done_by_anyone
from progress.step_copies import StepCopy
from roadmaps.models import Step
from roadmaps.sections import Section
from roadmaps.slugs import find_free_slug
from roadmaps.step_parts import MAX_PARTS, STEP_PARTS, StepPart, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The same as in files.
MAX_ROWS = dict.fromkeys(STEP_PARTS, MAX_PARTS) | {"resources": 200}
MEANING_CHOICES = [
    ("yes", _("Yes: it now asks something different of learners")),
    ("no", _("No: I corrected a mistake or improved a sentence")),
]


class MarkdownField(forms.CharField):
    """Text with LF line ends, as in files, that is not stripped.

    Browsers send CR LF. If the text were stored like that, or stripped, it would count
    as changed although the editor did not change it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"strip": False})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if shows_nothing(text):
            return ""
        return text.replace("\r\n", "\n").replace("\r", "\n")


NO_PLACE = 10**9  # sorts a row after all others
LINE_ERROR = _("Line %(number)d: %(message)s")


class LinesField(SimpleArrayField):
    """A list, each entry on its own line."""

    widget = forms.Textarea

    def __init__(self, base_field: Any, **kwargs: Any) -> None:
        super().__init__(base_field, delimiter="\n", **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            lines = (line.strip() for line in value.splitlines())
            value = "\n".join(line for line in lines if line)
        return super().to_python(value)


class StepForm(VersionedForm):
    """A step's fields.

    If learners did the step, some changes make the form ask whether the step's meaning
    has changed. `editing/meaning.py` says which ones do.
    """

    meaning = forms.ChoiceField(
        choices=MEANING_CHOICES,
        required=False,
        widget=forms.HiddenInput,
        label=_("Has the step’s meaning changed?"),
    )
    # Not the model's own field: saving moves the step only if the editor chose another
    # section than the page showed. A step that somebody else has moved stays there.
    in_section = forms.ModelChoiceField(
        Section.objects.none(),
        required=False,
        show_hidden_initial=True,
        label=_("Section"),
        empty_label=_("No section"),
        help_text=_("The step moves to the end of the section that you choose."),
        error_messages={
            "invalid_choice": _("This section no longer exists. Choose another.")
        },
    )
    has_new_meaning = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            field = cast("forms.ModelChoiceField", self.fields["in_section"])
            field.queryset = Section.objects.filter(roadmap=self.instance.roadmap_id)
            self.initial["in_section"] = self.instance.section_id
        elif not self.is_bound:
            first = "title" if self.initial.get("roadmap") else "roadmap"
            self.fields[first].widget.attrs["autofocus"] = True

    @property
    def has_new_section(self) -> bool:
        field = self["in_section"]
        return bool(field.data != self.data.get(field.html_initial_name))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.check_lines(cleaned)
        self.check_needs(cleaned)
        if (
            self.instance.pk
            and is_done_by_anyone(self.instance)
            and self.may_have_new_meaning()
        ):
            self.fields["meaning"].widget = forms.RadioSelect(choices=MEANING_CHOICES)
            self.has_new_meaning = cleaned.get("meaning") == "yes"
            if not cleaned.get("meaning"):
                self.add_error(
                    "meaning", question(str(_("Has the step’s meaning changed?")))
                )
        return cleaned

    def may_have_new_meaning(self) -> bool:
        names = {*MEANING_FIELDS, "is_optional"}
        if not names.isdisjoint(self.changed_data):
            return True
        stored = Step.objects.related_snapshot([self.instance.pk])[self.instance.pk]
        submitted = {
            name: read_submitted_parts(name, self.data, self.instance, stored[name])
            for name in ("topics", "done_when")
        }
        outcomes = [
            [row["text"] for row in rows["done_when"]] for rows in (stored, submitted)
        ]
        return has_other_topics(
            stored["topics"], submitted["topics"]
        ) or has_other_outcomes(*outcomes)

    def check_lines(self, cleaned: dict[str, Any]) -> None:
        """Add an error for each wrong line of a list."""
        for name in ("needs", "hints"):
            field: Any = Step._meta.get_field(name)
            for number, line in enumerate(cleaned.get(name) or (), start=1):
                try:
                    field.base_field.run_validators(line)
                except ValidationError as error:
                    values = {"number": number, "message": error.messages[0]}
                    self.add_error(name, LINE_ERROR % values)

    def check_needs(self, cleaned: dict[str, Any]) -> None:
        """Add an error if the step would need itself, by way of others."""
        roadmap = cleaned.get("roadmap") or getattr(self.instance, "roadmap", None)
        if not (roadmap and cleaned.get("needs")):
            return
        path = f"{roadmap.slug}/{cleaned.get('slug') or self.instance.slug}"
        needs = read_needs() | {path: cleaned["needs"]}
        for needed in cleaned["needs"]:
            if circle := find_circle(needs, path, needed):
                self.add_error("needs", explain_circle(circle))
                return

    @cached_property
    def changed_data(self) -> list[str]:
        not_content = ("version", "meaning", "in_section")
        return [name for name in super().changed_data if name not in not_content]


class PartForm(forms.ModelForm):
    """A row of a step. A new row with nothing but a position is not saved."""

    @cached_property
    def changed_data(self) -> list[str]:
        changed = super().changed_data
        is_empty = self.instance._state.adding and changed == ["position"]
        return [] if is_empty else changed


class PartFormSet(BaseInlineFormSet):
    """A step's rows of one kind, for example its resources.

    If another editor has deleted a row since, the submitted row is saved as a new one.
    Django alone would report an error that the editor cannot correct.
    """

    model: type[StepPart]

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        if data is not None and self.management_form.is_valid():
            self.treat_unknown_rows_as_new()

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["id"].widget = FastHiddenInput()
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget = FastCheckboxInput()

    def treat_unknown_rows_as_new(self) -> None:
        """Rewrite the data: rows of stored resources first, all others without an id.

        A formset takes the first INITIAL_FORMS rows for stored ones. A browser may send
        a stored row after new ones, if the editor has moved it.
        """
        data: Any = self.data
        stored = {str(pk) for pk in self.get_queryset().values_list("pk", flat=True)}
        known, new = [], []
        for index in range(self.total_form_count()):
            prefix = f"{self.add_prefix(index)}-"
            keys = [key for key in data if key.startswith(prefix)]
            row = {key.removeprefix(prefix): data.pop(key)[-1] for key in keys}
            if row.get("id") in stored:
                stored.remove(row["id"])
                known.append(row)
            else:
                new.append(row | {"id": ""})
        for index, row in enumerate(known + new):
            for name, value in row.items():
                data[f"{self.add_prefix(index)}-{name}"] = value
        data[f"{self.prefix}-INITIAL_FORMS"] = str(len(known))
        del self.management_form

    def save_new(self, form: Any, commit: bool = True) -> StepPart:
        """Save a new row, last if no position was given."""
        if not form.instance.position:
            own = self.model._default_manager.filter(step=self.instance)
            last = own.aggregate(last=Max("position"))["last"]
            form.instance.position = (last or 0) + 1
        row: StepPart = super().save_new(form, commit)
        return row

    def get_snapshot(self) -> list[dict[str, Any]]:
        """Return the submitted rows, valid or not, in the form of a version.

        New rows without a place come last, as they are saved.
        """
        rows = []
        for form in self.forms:
            row = {name: get_value(form, name) for name in self.model.SNAPSHOT_FIELDS}
            is_filled = any(value for name, value in row.items() if name in form.fields)
            if is_filled and not (self.can_delete and get_value(form, "DELETE")):
                rows.append((get_place(form), row))
        rows.sort(key=itemgetter(0))
        return [row for _place, row in rows]


def get_place(form: Any) -> int:
    """Return the submitted position of a row, or one after all others."""
    position = str(form["position"].value() or 0)
    place = int(position[:9]) if position.isdecimal() else 0
    return place or (NO_PLACE if form.instance._state.adding else 0)


def get_value(form: Any, name: str) -> Any:
    """Return what the form would store in the field, or what was typed if that is not
    valid.
    """
    if name not in form.fields or name == "id":
        return getattr(form.instance, name)
    value = form[name].value()
    try:
        return form.fields[name].to_python(value)
    except ValidationError:
        return value or ""


class TopicFormSet(PartFormSet):
    """A step's topics. New ones get their slug from their title. "Delete" retires a
    topic that somebody has ticked.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.retired: list[Topic] = []  # instead of being deleted

    def save_new(self, form: Any, commit: bool = True) -> StepPart:
        form.instance.slug = find_topic_slug(self.instance, form.instance.title)
        return super().save_new(form, commit)

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        # Wait for learners who are ticking the topic at this moment.
        list(Step.objects.select_for_update().filter(pk=obj.step_id).values("pk"))
        if StepCopy.objects.filter(topics__contains=[[obj.pk]]).exists():
            self.retire(obj)  # a merge is copying its ticks
            return
        try:
            with transaction.atomic():
                super().delete_existing(obj, commit)
        except ProtectedError:
            self.retire(obj)

    def retire(self, topic: Topic) -> None:
        topic.is_retired = True
        topic.save()
        self.retired.append(topic)


# Only to read submitted rows: the admin makes formsets of its own, with its widgets.
PART_FORMSETS: dict[str, Any] = {
    name: inlineformset_factory(
        Step,
        part,
        formset=PartFormSet,
        fields=[
            "position",
            *(n for n in part.SNAPSHOT_FIELDS if n not in ("id", "slug")),
        ],
        max_num=MAX_ROWS[name],
        absolute_max=MAX_ROWS[name] + 1,
    )
    for name, part in STEP_PARTS.items()
}


def read_submitted_parts(
    name: str,
    data: Any,
    step: Step | None = None,
    default: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Return the submitted rows of one kind, valid or not, as a version has them.

    Without a step, all rows are new. The default is for data without any rows.
    """
    formset = PART_FORMSETS[name](data.copy(), instance=step or Step(), prefix=name)
    if not formset.management_form.is_valid():
        return [dict(row) for row in default]
    rows: list[dict[str, Any]] = formset.get_snapshot()
    return rows


def allow_deletion(form: Any) -> Any:
    """Return the form of a row without the admin's error about protected rows."""
    return type(form.__name__, (form,), {"hand_clean_DELETE": lambda _self: None})


def find_topic_slug(step: Step, title: str) -> str:
    """Return a slug that no topic of the step has or had, made from the title."""
    versions = step.history.exclude(topics=[]).values_list("topics", flat=True)
    taken = {topic["slug"] for topics in versions for topic in topics}
    taken |= set(step.topics.values_list("slug", flat=True))
    return find_free_slug(title, taken, default="topic")


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        Step.objects.none(),
        label=_("Merge into"),
        empty_label=_("Choose a step"),
        error_messages={
            "invalid_choice": _("Choose another active step of this roadmap.")
        },
    )

    def __init__(self, step: Step, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = step.roadmap.steps.active().defer_large_fields().exclude(pk=step.pk)
        cast("forms.ModelChoiceField", self.fields["into"]).queryset = others


class TopicsField(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return format_html("<bdi>{}</bdi>", obj.title)


class SplitForm(forms.ModelForm):
    topics = TopicsField(
        Topic.objects.none(),
        label=_("Topics to move"),
        required=False,
        help_text=_("They move to the new step, with everybody’s ticks."),
    )

    class Meta:
        model = Step
        fields = ["title", "slug", "summary", "is_optional"]

    def __init__(self, step: Step, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.roadmap = step.roadmap
        topics = step.topics.filter(is_retired=False)
        if topics:
            cast("forms.ModelChoiceField", self.fields["topics"]).queryset = topics
        else:
            del self.fields["topics"]

    def clean_topics(self) -> list[int]:
        """Return ids, because the arguments of a background task are plain values."""
        return [topic.pk for topic in self.cleaned_data["topics"]]

    def _get_validation_exclusions(self) -> set[str]:
        # Django skips unique constraints on fields that the form lacks. Keep the one on
        # roadmap and slug.
        return set(super()._get_validation_exclusions()) - {"roadmap"}  # type: ignore[misc]
