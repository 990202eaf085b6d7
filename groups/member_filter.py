"""The form that chooses members by what they marked on one step."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from groups.models import MembershipQuerySet
from progress.protocols import StepContent
from progress.route import State


class MemberFilter(forms.Form):
    """The members whose step is in a state; all members if no step is chosen."""

    step = forms.ChoiceField(label=_("Step"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=State.choices)

    def __init__(self, data: QueryDict, steps: Sequence[StepContent]) -> None:
        """`steps` are the active ones of the roadmap, in order."""
        super().__init__(data, auto_id="filter_%s", label_suffix="")
        self.steps = {step.slug: step for step in steps}
        numbered = enumerate(steps, start=1)
        self.fields["step"].choices = [  # type: ignore[attr-defined]
            ("", _("All steps")),
            *((step.slug, f"{number}. {step.title}") for number, step in numbered),
        ]

    @property
    def chosen_step(self) -> StepContent | None:
        """The step to filter by, if the form is valid and has one."""
        if not self.is_valid():
            return None
        return self.steps.get(self.cleaned_data["step"])

    @property
    def chosen_state(self) -> State:
        return State(self.cleaned_data["state"] or State.NONE)

    def apply(self, members: MembershipQuerySet) -> MembershipQuerySet:
        if step := self.chosen_step:
            return members.with_state(step.pk, self.chosen_state)
        return members
