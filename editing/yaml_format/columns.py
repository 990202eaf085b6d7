"""The names and values of a file's keys in the database, both ways."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from editing.yaml_format.schema import (
    QuestionEntry,
    ResourceEntry,
    SectionEntry,
    StepEntry,
    TopicEntry,
)
from editing.yaml_format.validators import format_hours, normalize_body, parse_hours
from roadmaps.models import TEXT_FIELDS, Step

type Rows = Sequence[Mapping[str, Any]]

# The columns that hold the same values as keys of a step, by key.
COLUMNS = {
    "slug": "slug",
    "title": "title",
    "optional": "is_optional",
    "retired": "is_retired",
    "summary": "summary",
    "needs": "needs",
    "same_as": "same_as",
    "checked_with": "checked_with",
    "hints": "hints",
}


def to_step_entry(step: Step, section: str, parts: Mapping[str, Rows]) -> StepEntry:
    """Return a stored step as a file has it, without validating it.

    `parts` are the rows of each kind of part as a version has them.
    """
    values: dict[str, Any] = {
        key: getattr(step, column) for key, column in COLUMNS.items()
    }
    values |= {name: normalize_body(getattr(step, name)) for name in TEXT_FIELDS}
    return StepEntry.model_construct(
        **values,
        section=section,
        hours=format_hours(step.hours_min, step.hours_max),
        checked_on=step.checked_on.isoformat() if step.checked_on else "",
        topics=[to_topic_entry(row) for row in parts.get("topics", ())],
        questions=[
            QuestionEntry.model_construct(
                question=normalize_short_text(row["question"]),
                answer=normalize_short_text(row["answer"]),
            )
            for row in parts.get("questions", ())
        ],
        done_when=[row["text"] for row in parts.get("done_when", ())],
        resources=[
            ResourceEntry.model_construct(**{**row, "minutes": row["minutes"] or 0})
            for row in parts.get("resources", ())
        ],
    )


def to_topic_entry(row: Mapping[str, Any]) -> TopicEntry:
    return TopicEntry.model_construct(
        slug=row["slug"],
        title=row["title"],
        retired=row["is_retired"],
        text=normalize_short_text(row["text"]),
        url=row["url"],
        publisher=row["publisher"],
    )


def normalize_short_text(text: str) -> str:
    return normalize_body(text).removesuffix("\n")


def set_columns(step: Step, entry: StepEntry) -> None:
    """Set the columns of the step, except its texts' HTML."""
    for key, column in COLUMNS.items():
        setattr(step, column, getattr(entry, key))
    for name in TEXT_FIELDS:
        setattr(step, name, getattr(entry, name))
    hours = parse_hours(entry.hours) if entry.hours else (None, None)
    step.hours_min, step.hours_max = hours
    is_checked = bool(entry.checked_on)
    step.checked_on = date.fromisoformat(entry.checked_on) if is_checked else None


def to_rows(name: str, entry: StepEntry) -> list[dict[str, Any]]:
    """Return the rows of one kind of part, except topics, which have an id too."""
    match name:
        case "questions":
            return [each.model_dump() for each in entry.questions]
        case "done_when":
            return [{"text": text} for text in entry.done_when]
        case "resources":
            return [
                each.model_dump() | {"minutes": each.minutes or None}
                for each in entry.resources
            ]
    raise KeyError(name)


def to_topic_row(entry: TopicEntry, topic_id: int | None) -> dict[str, Any]:
    return {
        "id": topic_id,
        "slug": entry.slug,
        "title": entry.title,
        "text": entry.text,
        "url": entry.url,
        "publisher": entry.publisher,
        "is_retired": entry.retired,
    }


def to_section_entries(rows: Rows) -> list[SectionEntry]:
    return [SectionEntry.model_construct(**row) for row in rows]


def find_markdown(entry: StepEntry) -> list[str]:
    """Return every text of the step that is converted to HTML."""
    texts = [getattr(entry, name) for name in TEXT_FIELDS]
    texts += [*entry.hints, *entry.done_when, *(topic.text for topic in entry.topics)]
    for each in entry.questions:
        texts += [each.question, each.answer]
    return texts
