"""A user's roadmaps as checklists in GitHub Flavored Markdown."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import User
from groups.confirmations import Confirmation
from progress.route import AnnotatedStep, Count, Route, State
from progress.snapshot import routes_in_progress
from roadmaps.models import Roadmap

type Confirmations = defaultdict[int, list[Confirmation]]  # by the step's id

ESCAPE_MARKUP = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>~#|&"})


def to_markdown(user: User) -> str:
    """Return one checklist for each roadmap on which the user has progress."""
    routes = routes_in_progress(user)
    confirmations = read_confirmations(user)
    roadmaps = Roadmap.objects.with_is_hidden(user).in_bulk(routes)
    checklists = [
        format_checklist(roadmaps[pk], route, confirmations)
        for pk, route in routes.items()
    ]
    if not checklists:
        checklists = [_("You haven’t started any steps yet."), ""]
    return "\n".join(checklists)


def read_confirmations(user: User) -> Confirmations:
    confirmations: Confirmations = defaultdict(list)
    for row in Confirmation.objects.filter(user=user):
        confirmations[row.step_id].append(row)
    return confirmations


def format_checklist(
    roadmap: Roadmap, route: Route, confirmations: Confirmations
) -> str:
    """Of a roadmap that the user may no longer open, list only the steps that they
    have marked.
    """

    def format_line(step: AnnotatedStep) -> str:
        confirmed = format_confirmations(step, confirmations[step.pk])
        return ", ".join([format_step(step), *confirmed])

    title = roadmap.title.translate(ESCAPE_MARKUP)
    steps = [
        step
        for step in route.steps
        if not roadmap.is_hidden or step.state != State.NONE
    ]
    lines = [f"# {title}", "", format_total(route), "", *map(format_line, steps)]
    if route.retired_done:
        lines += [
            "",
            f"## {_('Completed steps no longer in this roadmap')}",
            "",
            *map(format_line, route.retired_done),
        ]
    return "\n".join([*lines, ""])


def format_total(route: Route) -> str:
    """Return text such as "8 of 14 required · 1 of 9 optional · 2 skipped"."""
    total = route.total
    facts = [format_count(_("%(done)d of %(total)d required"), total.required)]
    if total.optional.total:
        facts.append(format_count(_("%(done)d of %(total)d optional"), total.optional))
    if total.skipped:
        facts.append(_("%(count)d skipped") % {"count": total.skipped})
    if route.completed_at:
        date = format_date(route.completed_at)
        facts.append(_("completed on %(date)s") % {"date": date})
    return " · ".join(facts)


def format_count(text: str, count: Count) -> str:
    return text % {"done": count.done, "total": count.total}


def format_step(step: AnnotatedStep) -> str:
    """Return a line such as "- [x] Caching (optional) — done 3 May 2026"."""
    title = step.title.translate(ESCAPE_MARKUP)
    checkbox, status = "[ ]", ""
    if step.done_at:
        checkbox = "[x]"
        status = _("done %(date)s") % {"date": format_date(step.done_at)}
    elif step.state == State.SKIPPED:
        title, status = f"~~{title}~~", _("skipped")
    elif step.state == State.LEARNING:
        status = _("in progress")
    if step.is_optional:
        title = f"{title} ({_('optional')})"
    return f"- {checkbox} {title} — {status}" if status else f"- {checkbox} {title}"


def format_confirmations(
    step: AnnotatedStep, confirmations: list[Confirmation]
) -> Iterator[str]:
    """Yield "confirmed by Class 7 on 5 May 2026" for each that still stands."""
    for row in confirmations:
        if not row.is_taken_back(step.status):
            yield _("confirmed by %(group)s on %(date)s") % {
                "group": row.group_name.translate(ESCAPE_MARKUP),
                "date": format_date(row.confirmed_at),
            }


def format_date(date: datetime) -> str:
    return date_format(localtime(date), "DATE_FORMAT")
