"""Two versions of what editors keep, and how they differ, line by line."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Field

type Values = dict[str, Any]  # of a version's fields and of what belongs to it, by name

FIELDS = {
    Roadmap: ["title", "category", "icon", "summary", "position", "is_published"],
    Step: ["title", "summary", "body", "same_as", "is_optional", "is_retired"],
}
BELONGING = {Roadmap: "order", Step: "resources"}
LABELS = {"order": "Order of the steps", "resources": "Resources"}
AROUND = 2  # lines that show where a change is
MOST_LINES = 3_000  # that are compared; comparing takes the square of their number


class Row(NamedTuple):
    """A line before and after. None: there is none; both None: lines are left out."""

    before: str | None
    after: str | None

    @property
    def is_gap(self) -> bool:
        return self.before is None and self.after is None

    @property
    def is_change(self) -> bool:
        return self.before != self.after


class Difference(NamedTuple):
    name: str
    label: str
    rows: list[Row]


def values(content: Any) -> Values:
    """What a version holds, or a roadmap or a step holds now."""
    model = getattr(content, "instance_type", type(content))
    held: Values = {name: getattr(content, name) for name in FIELDS[model]}
    name = BELONGING[model]
    if model is type(content):
        related_snapshot = model.objects.related_snapshot([content.pk]).get(
            content.pk, {}
        )
        return held | {name: related_snapshot.get(name, [])}
    return held | {name: getattr(content, name)}


def differences(
    model: type[Roadmap | Step], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """The fields in which the two differ."""
    return [
        Difference(name, label(model, name), rows(lines(old), lines(after[name])))
        for name, old in before.items()
        if lines(old) != lines(after[name])
    ]


def label(model: type[Roadmap | Step], name: str) -> str:
    if name in LABELS:
        return LABELS[name]
    field = cast("Field[Any, Any]", model._meta.get_field(name))
    return str(field.verbose_name).capitalize()


def lines(value: Any) -> list[str]:
    """A value as a person reads it."""
    match value:
        case bool():
            return ["yes" if value else "no"]
        case list():
            return [line for item in value for line in lines(item)]
        case dict():
            return ["{title} ({kind}) {url}".format(**value)]
    return str(value).splitlines()


def rows(before: list[str], after: list[str]) -> list[Row]:
    """The lines side by side, those that stayed only near one that did not."""
    if len(before) + len(after) > MOST_LINES:
        return [Row(*pair) for pair in zip_longest(before, after)]
    side_by_side: list[Row] = []
    for group in SequenceMatcher(None, before, after).get_grouped_opcodes(AROUND):
        if side_by_side:
            side_by_side.append(Row(None, None))
        for _, start, end, other_start, other_end in group:
            pairs = zip_longest(before[start:end], after[other_start:other_end])
            side_by_side += [Row(*pair) for pair in pairs]
    return side_by_side
