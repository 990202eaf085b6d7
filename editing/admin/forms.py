"""What editors fill in: a roadmap with its order, a step with its resources."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.forms import BaseInlineFormSet

from editing.admin.history import VersionedForm
from editing.step_operations import is_ticked
from roadmaps.models import Step

if TYPE_CHECKING:
    from django.http import QueryDict

MEANING = ["title", "summary", "body", "is_optional"]  # what can ask something else
YES_OR_NO = [
    ("yes", "Yes: it asks something else of a learner now"),
    ("no", "No: a typo, a better sentence or link"),
]
ASK = (
    "Learners have ticked this step. Has its meaning changed? If yes, they see "
    "“Changed since you ticked it”."
)


class RoadmapForm(VersionedForm):
    """The roadmap, and the ids of its steps in the order that is wanted.

    Without a script, a button moves one step: its value says which, and to which place.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = self.instance.steps.outline() if self.instance.pk else []
        self.steps = {str(step.pk): step for step in steps}

    @cached_property
    def order(self) -> list[str]:
        if not self.is_bound:
            return list(self.steps)
        order: list[str] = cast("QueryDict", self.data).getlist("order")
        moved, _, place = self.data.get("place", "").partition(":")
        if moved in order and place.isdecimal():
            order.remove(moved)
            order.insert(max(int(place[:9]) - 1, 0), moved)
        return order

    @property
    def rows(self) -> list[Step]:
        """The steps as they are to be shown: those that were not sent come last."""
        sent = dict.fromkeys(pk for pk in self.order if pk in self.steps)
        return [self.steps[pk] for pk in sent | dict.fromkeys(self.steps)]

    @cached_property
    def changed_data(self) -> list[str]:
        moved = ["order"] if self.order != list(self.steps) else []
        return [name for name in super().changed_data if name != "version"] + moved

    def is_not_as_stored(self) -> bool:
        return bool(self.changed_data)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if sorted(self.order) != sorted(self.steps):
            self.add_error(
                None,
                "Not saved: the steps that were sent are not those of this roadmap, "
                "each once. Below is the list as it is now.",
            )
        return cleaned


class MarkdownField(forms.CharField):
    """Text as files have it: browsers send lines with CR LF, and to strip it would be
    a change that nobody made.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"strip": False})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")


class StepForm(VersionedForm):
    """The step, and once a change could mean something else, whether it does."""

    meaning = forms.ChoiceField(
        choices=YES_OR_NO,
        required=False,
        widget=forms.HiddenInput,
        label="Has its meaning changed?",
    )
    means_something_else = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        may_mean_more = not set(MEANING).isdisjoint(self.changed_data)
        if self.instance.pk and may_mean_more and is_ticked(self.instance):
            self.ask()
            self.means_something_else = cleaned.get("meaning") == "yes"
            if not cleaned.get("meaning"):
                self.add_error("meaning", ASK)
        return cleaned

    @cached_property
    def changed_data(self) -> list[str]:
        about = ("version", "meaning")
        return [name for name in super().changed_data if name not in about]

    def ask(self) -> None:
        self.fields["meaning"].widget = forms.RadioSelect(choices=YES_OR_NO)


class ResourceFormSet(BaseInlineFormSet):
    """The resources that were typed. One that is no longer this step's, since somebody
    else took it away meanwhile, is taken for a new one, and not for an error that
    nobody could mend.
    """

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        if data is not None and self.management_form.is_valid():
            self.take_strangers_for_new()

    def take_strangers_for_new(self) -> None:
        data: Any = self.data
        known = {str(pk) for pk in self.get_queryset().values_list("pk", flat=True)}
        first = self.initial_form_count()
        rows = []
        for index in range(self.total_form_count()):
            start = f"{self.add_prefix(index)}-"
            keys = [key for key in data if key.startswith(start)]
            rows.append({key.removeprefix(start): data.pop(key)[-1] for key in keys})
        kept = [row for row in rows[:first] if row.get("id") in known]
        new = [row | {"id": ""} for row in rows if row not in kept]
        for index, row in enumerate(kept + new):
            for name, value in row.items():
                data[f"{self.add_prefix(index)}-{name}"] = value
        data[f"{self.prefix}-INITIAL_FORMS"] = str(len(kept))
        del self.management_form

    def entries(self) -> list[dict[str, str]]:
        """The resources as a version would hold them, valid or not."""
        rows = []
        for form in self.forms:
            row = {name: form[name].value() or "" for name in ("title", "url", "kind")}
            if any(row.values()) and not self._should_delete_form(form):  # type: ignore[attr-defined]
                rows.append((str(form["position"].value() or 0), row))
        rows.sort(key=lambda row: int(row[0]) if row[0].isdecimal() else 0)
        return [row for _, row in rows]


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        Step.objects.none(),
        label="Merge into",
        empty_label="Choose a step",
        error_messages={"invalid_choice": "Choose another step on the route."},
    )

    def __init__(self, step: Step, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = step.roadmap.steps.active().outline().exclude(pk=step.pk)
        cast("forms.ModelChoiceField", self.fields["into"]).queryset = others


class SplitForm(forms.ModelForm):
    class Meta:
        model = Step
        fields = ["title", "slug", "summary", "is_optional"]

    def __init__(self, step: Step, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.roadmap = step.roadmap

    def _get_validation_exclusions(self) -> set[str]:
        """Check the slug against the roadmap's, which is no field of the form."""
        return set(super()._get_validation_exclusions()) - {"roadmap"}  # type: ignore[misc]
