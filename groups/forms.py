"""The forms that create a group and change it."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.invitations import Invitation
from groups.models import MAX_ROADMAPS, Assignment, Group
from groups.roles import Role
from roadmaps.models import Roadmap, RoadmapQuerySet

MAX_DAYS_AHEAD = 10 * 366
MAX_USES = 10_000


class FutureDateField(forms.DateField):
    """A day from today on, in the person's time zone. The day that is stored may stay,
    also when it is over.
    """

    def __init__(self, *, stored: date | None = None, **kwargs: Any) -> None:
        self.stored = stored
        iso = "%Y-%m-%d"  # which browsers send, whatever they show
        widget = forms.DateInput(format=iso, attrs={"type": "date"})
        super().__init__(
            widget=widget, input_formats=[iso], required=False, initial=stored, **kwargs
        )

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day is None or day == self.stored:
            return day
        today = timezone.localdate()
        if day < today:
            raise ValidationError(
                _("This day is in the past. Choose today or a later day.")
            )
        if day > today + timedelta(days=MAX_DAYS_AHEAD):
            raise ValidationError(_("Choose a day within the next ten years."))
        return day


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Group
        fields = ["name", "purpose"]


class RoadmapRow(NamedTuple):
    """A roadmap that may be chosen for a new group."""

    roadmap: Roadmap
    is_chosen: BoundField
    due_on: BoundField


class NewGroupForm(GroupForm):
    def __init__(self, *args: Any, roadmaps: Iterable[Roadmap], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roadmaps = list(roadmaps)
        for roadmap in self.roadmaps:
            self.fields[f"roadmap_{roadmap.pk}"] = forms.BooleanField(required=False)
            due_on = FutureDateField(label=_("Due date (optional)"))
            self.fields[f"due_{roadmap.pk}"] = due_on

    @property
    def rows(self) -> list[RoadmapRow]:
        return [
            RoadmapRow(
                roadmap, self[f"roadmap_{roadmap.pk}"], self[f"due_{roadmap.pk}"]
            )
            for roadmap in self.roadmaps
        ]

    @property
    def chosen(self) -> dict[Roadmap, date | None]:
        """The chosen roadmaps, each with its due date."""
        return {
            roadmap: self.cleaned_data.get(f"due_{roadmap.pk}")
            for roadmap in self.roadmaps
            if self.cleaned_data.get(f"roadmap_{roadmap.pk}")
        }

    def clean(self) -> None:
        chosen = self.chosen
        for roadmap in self.roadmaps:
            due_on = f"due_{roadmap.pk}"
            if roadmap not in chosen and self.cleaned_data.get(due_on):
                message = _("Choose this roadmap too, or clear its due date.")
                self.add_error(due_on, message)
        if len(chosen) > MAX_ROADMAPS:
            message = _("A group can have at most %(number)s roadmaps.")
            raise ValidationError(message % {"number": MAX_ROADMAPS})


class AssignmentForm(forms.Form):
    """Assigns one more roadmap."""

    roadmap = forms.ModelChoiceField(
        Roadmap.objects.none(),
        label=gettext_lazy("Roadmap"),
        empty_label=gettext_lazy("Choose a roadmap"),
    )
    due_on = FutureDateField(label=gettext_lazy("Due date (optional)"))

    def __init__(self, *args: Any, roadmaps: RoadmapQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["roadmap"]
        field.queryset = roadmaps  # type: ignore[attr-defined]
        self.choices = list(roadmaps.values_list("pk", "title"))
        empty = ("", field.empty_label)  # type: ignore[attr-defined]
        field.widget.choices = [empty, *self.choices]


class DueDateForm(forms.Form):
    def __init__(self, *args: Any, assignment: Assignment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"] = FutureDateField(
            stored=assignment.due_on,
            label=_("Due date (optional)"),
            help_text=_("Leave this empty for no due date."),
        )


class InvitationForm(forms.Form):
    role = forms.ChoiceField(
        label=gettext_lazy("Invite as"),
        choices=Invitation._meta.get_field("role").choices or [],
        initial=Role.MEMBER,
        help_text=gettext_lazy("Mentors see the progress that members agree to show."),
    )
    last_day = FutureDateField(
        label=gettext_lazy("Last day (optional)"),
        help_text=gettext_lazy("The invitation stops working after this day."),
    )
    max_uses = forms.IntegerField(
        label=gettext_lazy("Number of people (optional)"),
        required=False,
        min_value=1,
        max_value=MAX_USES,
        help_text=gettext_lazy(
            "The invitation stops working after this many people have joined."
        ),
    )

    @property
    def expires_at(self) -> datetime | None:
        """The end of the last day, in the person's time zone."""
        last_day = self.cleaned_data["last_day"]
        if last_day is None:
            return None
        end = datetime.combine(last_day + timedelta(days=1), time.min)
        return timezone.make_aware(end)


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=Role, widget=forms.RadioSelect
    )
