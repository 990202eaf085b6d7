"""The preview of a step: what was typed, as learners would see it. Stores nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.core.exceptions import ValidationError
from django.utils.html import format_html

from core.text import shows_nothing
from editing.admin.forms import read_submitted_parts
from progress.needs import find_visible_steps
from progress.route import NOT_STARTED, AnnotatedStep
from roadmaps.markdown import to_html
from roadmaps.models import TEXT_FIELDS, Step
from roadmaps.step_content import (
    QuestionContent,
    ResourceContent,
    StepPageContent,
    TopicContent,
)
from roadmaps.step_parts import STEP_PARTS, StepPart

if TYPE_CHECKING:
    from django.forms import ModelForm
    from django.http import QueryDict

# Without `needs`, which name other steps.
FACTS = [
    *("title", "summary", "is_optional", "hours_min", "hours_max"),
    *("checked_on", "checked_with"),
]


def without_nul(data: QueryDict) -> QueryDict:
    """Return a copy without NUL characters. Browsers can send them; HTML has none."""
    copy = data.copy()
    for name, values in data.lists():
        copy.setlist(name, [str(value).replace("\0", "") for value in values])
    return copy


def preview_step(form: ModelForm, user: Any) -> dict[str, Any]:
    """Return the context of the step's page for what the form holds, valid or not."""
    step = Step()
    for name in FACTS:
        setattr(step, name, read_value(form, name, getattr(step, name)))
    parts = {
        name: read_parts(name, cast("QueryDict", form.data)) for name in STEP_PARTS
    }
    topics = [topic for topic in parts["topics"] if not topic.is_retired]
    step.active_topics = [
        {"pk": topic.pk, "slug": topic.slug, "title": topic.title} for topic in topics
    ]
    step.outcomes = [outcome.text_html for outcome in parts["done_when"]]
    shown = AnnotatedStep(step, NOT_STARTED)
    content = StepPageContent.from_rows(
        read_texts(form),
        [copy_columns(topic, TopicContent) for topic in topics],
        [copy_columns(each, QuestionContent) for each in parts["questions"]],
        [copy_columns(each, ResourceContent) for each in parts["resources"]],
    )
    needs = read_needs(form, user)
    return {
        "step": shown,
        "content": content,
        "topics": [(topic, False) for topic in content.topics],
        "needs": needs,
        "are_answers_open": True,
        "has_parts": content.has_parts or shown.has_outline or bool(needs),
    }


def read_value(form: ModelForm, name: str, default: Any) -> Any:
    """Return the typed value of a field, or the default if it is not valid."""
    try:
        return form.fields[name].clean(form[name].value())
    except ValidationError:
        return default


def read_texts(form: ModelForm) -> dict[str, Any]:
    """Return the HTML of each text that is not empty, as `Step.html` has it."""
    html: dict[str, Any] = {}
    for name in TEXT_FIELDS:
        text = form.fields[name].to_python(form[name].value())
        if text:
            html[name] = render(Step._meta.get_field(name), text)
    hints = read_value(form, "hints", [])
    if hints:
        field: Any = Step._meta.get_field("hints")
        html["hints"] = [render(field.base_field, hint) for hint in hints]
    return html


def render(field: Any, text: str) -> str:
    """Return the HTML of a text, or what is wrong with it."""
    try:
        field.run_validators(text)
    except ValidationError as error:
        return format_html("<p><strong>{}</strong></p>", error.messages[0])
    return "" if shows_nothing(text) else to_html(text)


def read_parts(name: str, data: QueryDict) -> list[Any]:
    """Return the rows of one kind, with HTML, and numbers in place of ids and slugs."""
    part = STEP_PARTS[name]
    rows = read_submitted_parts(name, data)
    return [read_part(part, number, row) for number, row in enumerate(rows, start=1)]


def read_part(part: type[StepPart], number: int, row: dict[str, Any]) -> Any:
    new: Any = part(**row | {"id": number})
    if "slug" in row:
        new.slug = str(number)
    for name in row.keys() & {"url", "kind", "role", "minutes"}:
        setattr(new, name, read_column(part._meta.get_field(name), row[name]))
    for name in part.MARKDOWN_FIELDS:
        html = render(part._meta.get_field(name), row[name] or "")
        setattr(new, f"{name}_html", html)
    return new


def read_column(field: Any, value: Any) -> Any:
    """Return the typed value of a field, or its default if it is not valid."""
    try:
        return field.clean(value, None)
    except ValidationError:
        return field.get_default()


def copy_columns[Content: NamedTuple](
    part: StepPart, content: type[Content]
) -> Content:
    return content(*(getattr(part, name) for name in content._fields))


def read_needs(form: ModelForm, user: Any) -> list[AnnotatedStep]:
    """Return the steps that the form's `needs` names. At most one query."""
    field: Any = Step._meta.get_field("needs")
    paths = read_value(form, "needs", [])
    paths = [path for path in paths if is_valid(field.base_field, path)]
    found = find_visible_steps(paths, user) if paths else {}
    return [found[path] for path in paths if path in found]


def is_valid(field: Any, value: str) -> bool:
    try:
        field.run_validators(value)
    except ValidationError:
        return False
    return True
