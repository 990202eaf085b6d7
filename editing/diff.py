"""Compare two versions of a roadmap or step, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, NamedTuple, cast

from django.db.models import Field
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from roadmaps.models import HEADING_MARK, TEXT_FIELDS, Roadmap, Step
from roadmaps.step_parts import STEP_PARTS, Resource
from roadmaps.visibility import Visibility

type Values = dict[str, Any]  # a version's fields and related snapshot, by name

FIELDS = {
    Roadmap: [
        "slug",
        "title",
        "category",
        "icon",
        "summary",
        "position",
        "is_published",
        "visibility",
    ],
    Step: [
        *("slug", "title", "summary", "hours_min", "hours_max", "needs"),
        *("checked_on", "checked_with", *TEXT_FIELDS, "hints"),
        *("same_as", "is_optional", "is_retired"),
    ],
}
RELATED_SNAPSHOTS = {Roadmap: ["order", "sections"], Step: list(STEP_PARTS)}
RELATED_LABELS = {
    "hours": gettext_lazy("Hours"),
    "order": gettext_lazy("Order of the steps"),
    "sections": gettext_lazy("Sections"),
    "topics": gettext_lazy("Topics"),
    "questions": gettext_lazy("Questions"),
    "done_when": gettext_lazy("Done when you can"),
    "resources": gettext_lazy("Resources"),
}
CONTEXT_LINES = 2  # unchanged lines before and after each change
# Longer texts are not matched: the time would grow with the square of their length.
MAX_MATCHED_LINES = 3_000


class Row(NamedTuple):
    """A line before and after.

    None on one side means that there is no such line; on both, a gap of unchanged
    lines.
    """

    before: str | None
    after: str | None

    @property
    def is_gap(self) -> bool:
        return self.before is None and self.after is None

    @property
    def is_change(self) -> bool:
        return self.before != self.after


class Difference(NamedTuple):
    """A field with different values."""

    name: str
    label: str
    rows: list[Row]


def get_values(content: Any) -> Values:
    """Return the values of a version, or the current ones of a roadmap or step."""
    model = getattr(content, "instance_type", type(content))
    values: Values = {name: getattr(content, name) for name in FIELDS[model]}
    names = RELATED_SNAPSHOTS[model]
    if model is type(content):
        snapshots = model.objects.related_snapshot([content.pk])
        snapshot = snapshots.get(content.pk, {})
        return values | {name: snapshot.get(name, []) for name in names}
    return values | {name: getattr(content, name) for name in names}


def compare_values(
    model: type[Roadmap | Step], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """Return the fields whose values differ."""
    lines = {
        name: (to_lines(describe(name, old)), to_lines(describe(name, after[name])))
        for name, old in before.items()
    }
    return [
        Difference(name, get_label(model, name), compare_lines(old, new))
        for name, (old, new) in lines.items()
        if old != new
    ]


def get_label(model: type[Roadmap | Step], name: str) -> str:
    if name in RELATED_LABELS:
        return str(RELATED_LABELS[name])
    field = cast("Field[Any, Any]", model._meta.get_field(name))
    return str(capfirst(field.verbose_name))


def describe(name: str, value: Any) -> Any:
    """Return the value as a person reads it: in words, who can see a roadmap, and the
    headings in its order, named by slug as the steps are.
    """
    if name == "visibility":
        return str(Visibility(value).label)
    if name != "order":
        return value
    return [
        describe_heading(entry.removeprefix(HEADING_MARK))
        if entry.startswith(HEADING_MARK)
        else entry
        for entry in value
    ]


def describe_heading(slug: str) -> str:
    return _("Section: %(slug)s") % {"slug": slug} if slug else _("No section")


def to_lines(value: Any) -> list[str]:
    """Return a value as lines of text for a person to read."""
    match value:
        case bool():
            return [_("Yes") if value else _("No")]
        case list():
            return [line for item in value for line in to_lines(item)]
        case dict():
            return describe_row(value)
        case date():
            return [date_format(value, "DATE_FORMAT")]
        case Decimal():
            return [number_format(value.normalize())]
        case None:
            return []
    return str(value).splitlines()


def describe_row(row: Mapping[str, Any]) -> list[str]:
    """Return the lines of a section, or of a topic, question, outcome or resource."""
    match row:
        case {"title": title, "url": url, "kind": kind}:
            kind = dict(Resource.Kind.choices).get(kind, kind)
            role = dict(Resource.Role.choices).get(row.get("role", ""), "")
            minutes = str(row.get("minutes") or "")
            if minutes.isdecimal():
                text = ngettext("%(count)d minute", "%(count)d minutes", int(minutes))
                minutes = text % {"count": int(minutes)}
            more = [str(part) for part in (kind, role, minutes) if part]
            link = f"{url} {row.get('publisher', '')}".rstrip()
            return [f"{title} ({', '.join(more)}) {link}"]
        case {"title": title, "text": text, "url": url}:
            parts = (title, f"({row['slug']})", url, row.get("publisher"))
            heading = " ".join(part for part in parts if part)
            if row.get("is_retired") or row.get("retired"):
                heading = _("%(title)s, retired") % {"title": heading}
            return [heading, *text.splitlines()]
        # PostgreSQL stores the keys of JSON in an order of its own.
        case {"question": question, "answer": answer}:
            return [*question.splitlines(), *answer.splitlines()]
        case {"title": title, "slug": slug}:
            return [f"{title} ({slug})"]
    return [line for value in row.values() for line in to_lines(value)]


def compare_lines(before: list[str], after: list[str]) -> list[Row]:
    """Return changed lines side by side, with a little context and gaps in between."""
    if len(before) + len(after) > MAX_MATCHED_LINES:
        return [Row(*pair) for pair in zip_longest(before, after)]
    rows: list[Row] = []
    matcher = SequenceMatcher(None, before, after)
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES):
        if rows:
            rows.append(Row(None, None))
        for _tag, start, end, other_start, other_end in group:
            pairs = zip_longest(before[start:end], after[other_start:other_end])
            rows += [Row(*pair) for pair in pairs]
    return rows
