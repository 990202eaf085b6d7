"""Helpers that fill in editors' forms as a browser does, and do a worker's tasks."""

from django_tasks_db.models import DBTaskResult

from editing.admin.history import get_newest_version
from editing.sections import list_rows
from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.topic_checks import TopicCheck
from roadmaps.models import Resource, Roadmap, Section, Step
from roadmaps.step_parts import Topic

PARTS = {
    "topics": ["title", "text", "url", "publisher"],
    "questions": ["question", "answer"],
    "done_when": ["text"],
}
NO_PARTS = {
    f"{name}-{kind}_FORMS": 0
    for name in (*PARTS, "resources")
    for kind in ("TOTAL", "INITIAL")
}
ADMIN = "/admin/roadmaps/"


def roadmap_form(roadmap, **changes):
    data = {
        "title": roadmap.title,
        "slug": roadmap.slug,
        "category": roadmap.category,
        "icon": roadmap.icon,
        "summary": roadmap.summary,
        "position": roadmap.position,
        "visibility": str(roadmap.visibility),
        "_save": "Save",
    }
    if roadmap.pk:
        data["version"] = get_newest_version(roadmap)
        sections = list(roadmap.sections.all())
        data["order"] = list_rows(list(roadmap.steps.all()), sections)
        for section in sections:
            data |= section_row(section.pk, section.title, section.slug)
    if roadmap.is_published:
        data["is_published"] = "on"
    return data | changes


def section_row(key, title, slug=""):
    return {f"section-{key}-title": title, f"section-{key}-slug": slug}


def step_form(step, **changes):
    resources = list(step.resources.all())
    data = {
        "title": step.title,
        "summary": step.summary,
        "body": step.body,
        "same_as": step.same_as,
        "version": get_newest_version(step),
        "resources-TOTAL_FORMS": len(resources),
        "resources-INITIAL_FORMS": len(resources),
        "_save": "Save",
    }
    for name in ("why", "primer", "exercise", "stretch", "mistakes", "skip_if"):
        data[name] = getattr(step, name)
    if step.is_optional:
        data["is_optional"] = "on"
    for name, fields in PARTS.items():
        data |= part_rows(name, list(getattr(step, name).all()), fields)
    for index, resource in enumerate(resources):
        data |= resource_row(index, resource.url, resource.title, resource.position)
        start = f"resources-{index}-"
        data |= {f"{start}id": resource.pk, f"{start}kind": resource.kind}
    return data | changes


def part_rows(name, rows, fields):
    data = {f"{name}-TOTAL_FORMS": len(rows), f"{name}-INITIAL_FORMS": len(rows)}
    for index, row in enumerate(rows):
        start = f"{name}-{index}-"
        data |= {f"{start}id": row.pk, f"{start}position": row.position}
        data |= {f"{start}{field}": getattr(row, field) for field in fields}
    return data


def resource_row(index, url, title="A page", position=1):
    start = f"resources-{index}-"
    return {
        f"{start}position": position,
        f"{start}title": title,
        f"{start}url": url,
        f"{start}kind": "docs",
    }


def page_of(content, *more):
    kind = content._meta.model_name
    return f"{ADMIN}{kind}/{content.pk}/{'/'.join(more) or 'change'}/"


def send(client, content, **changes):
    form = roadmap_form if isinstance(content, Roadmap) else step_form
    return client.post(page_of(content), form(content, **changes))


def order(roadmap):
    return list(roadmap.steps.values_list("slug", flat=True))


def everything():
    """Return all rows that an edit can change, to compare before and after.

    The content_version is left out: any write changes it, even of the same values.
    """
    models = (Roadmap, Section, Step, Topic, Resource)
    models += (StepProgress, TopicCheck, Note, Completion)
    histories = (Roadmap.history.model, Step.history.model)
    rows = [list(model.objects.order_by("pk").values()) for model in models + histories]
    for roadmap in rows[0]:
        del roadmap["content_version"]
    return rows


def perform(task):
    """Do what a worker does with a task."""
    task.claim("worker")
    arguments = task.args_kwargs
    value = task.task.call(*arguments["args"], **arguments["kwargs"])
    task.set_successful(value)


def work():
    """Do what a worker does, until no task is left."""
    while task := DBTaskResult.objects.ready().first():
        perform(task)
