"""The rows of the file that a mentor downloads: one per member, as texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from groups.shared_progress import MemberProgress
from progress.protocols import StepContent
from progress.route import State


def get_header(steps: Sequence[StepContent]) -> list[str]:
    """The names of the columns. Each of the active `steps` has one."""
    return [
        _("Name"),
        _("Required steps done"),
        _("Required steps"),
        _("Optional steps done"),
        _("Optional steps"),
        _("Skipped steps"),
        _("Last active"),
        _("Current step"),
        _("Days on this step"),
        _("Stuck"),
        *(f"{number}. {step.title}" for number, step in enumerate(steps, start=1)),
    ]


def get_rows(members: Iterable[MemberProgress]) -> Iterator[list[str]]:
    """The cells of each member, in the order of the header. Dates are ISO 8601."""
    # Translated once: a long roadmap of a large group has half a million of them.
    labels = {state.value: str(state.label) for state in State}
    return (get_cells(progress, labels) for progress in members)


def get_cells(progress: MemberProgress, labels: Mapping[str, str]) -> list[str]:
    membership, route, last_active_on, current = progress
    total = route.total
    counts = [*total.required, *total.optional, total.skipped]
    return [
        membership.user.visible_name,
        *map(str, counts),
        last_active_on.isoformat() if last_active_on else "",
        current.step.title if current else "",
        str(current.days) if current else "",
        (_("Yes") if current.is_stuck else _("No")) if current else "",
        *(labels[step.state] for step in route.steps),
    ]
