"""Template tags and filters for progress."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from core.fragments import render_fragment
from progress import pending_mark
from progress.effort import Effort
from progress.progress_bar import segments
from progress.route import AnnotatedStep, State

STEP_ROW = "fragments/step_row.html"
DATE_PLACEHOLDER = "<!-- date -->"  # texts cannot contain it: they are escaped

register = template.Library()

register.filter(segments)


@register.filter
def state_label(state: str) -> str:
    return str(State(state).label)


@register.filter
def effort(roadmap: Any) -> Effort | None:
    """What the roadmap takes, rounded; for roadmaps read by `with_hours`."""
    least, most = roadmap.hours_min, roadmap.hours_max
    return Effort(least, most).rounded if least and most else None


@register.filter
def undo_query(step: AnnotatedStep, state: str) -> str:
    """The query that turns marking the step as `state` into an undo, if one is offered.

    There is no undo if an editor has revised the step since: a tick gets a new date.
    """
    offer = step.undo_offer
    if not offer or not offer.status.state == state != step.state:
        return ""
    done_at = offer.status.done_at
    if step.revised_at and done_at and done_at < step.revised_at:
        return ""
    return "?" + urlencode({"undo": offer.token})


@register.simple_tag
def step_rows(steps: Iterable[AnnotatedStep]) -> SafeString:
    """The rows of a roadmap's page.

    They are cached, except those with an undo offer, whose token is for one person.
    The date is a fragment of its own: with it, a step would have a row for each day.
    """
    this_year = timezone.localdate().year
    rows = []
    for step in steps:
        if step.undo_offer or step.equivalent:
            row = render_to_string(STEP_ROW, {"step": step})
        else:
            row = render_fragment(STEP_ROW, step=step.row)
        if done_on := step.done_on:
            done_date = render_fragment(
                "fragments/done_date.html",
                done_on=done_on,
                is_this_year=done_on.year == this_year,
            )
            row = SafeString(row.replace(DATE_PLACEHOLDER, done_date))
        rows.append(row)
    return SafeString("".join(rows))


@register.simple_tag
def mark_urls(step: AnnotatedStep) -> dict[str, str]:
    """The addresses that mark the step, by the state that they give it."""
    return {
        state: reverse("progress:mark", args=[step.pk, state]) + undo_query(step, state)
        for state in State.values
    }


@register.simple_tag
def topic_url(topic_id: int, is_checked: bool) -> str:
    """The address that ticks the topic, or unticks it if it is ticked."""
    outcome = "unchecked" if is_checked else "checked"
    return reverse("progress:topic", args=[topic_id, outcome])


@register.simple_tag(takes_context=True)
def find_pending_mark(
    context: template.RequestContext, destination: str | None
) -> dict[str, str] | None:
    """The title and the new state of the step or topic that led to a sign-in, if any.

    The state of a topic is "checked".
    """
    mark = pending_mark.find(context["request"], destination or "")
    title = mark.read_title() if mark else None
    if not mark or not title:
        return None
    return {"title": title, "state": "checked" if mark.topic_id else mark.state}
