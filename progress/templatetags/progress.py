"""What templates say of progress."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest

from progress import pending_mark
from progress.models import State
from progress.progress_bar import strip

if TYPE_CHECKING:
    from progress.models import AnnotatedStep

register = template.Library()

register.filter(strip)


@register.filter
def state_label(state: str) -> str:
    return State(state).label


@register.filter
def undoing(step: AnnotatedStep, state: str) -> str:
    """What makes the address of a mark the undo that is on offer, where it is one."""
    offer = getattr(step, "offer", None)
    if not offer or not offer.standing.state == state != step.state:
        return ""
    # What asks something else by now is ticked anew, not as of then.
    done_at = offer.standing.done_at
    if step.revised_at and done_at and done_at < step.revised_at:
        return ""
    return "?" + urlencode({"undo": offer.token})


@register.simple_tag
def states() -> list[State]:
    return list(State)


@register.simple_tag(takes_context=True)
def wish_behind(
    context: template.RequestContext, landing: str | None
) -> pending_mark.Wish | None:
    request: HttpRequest = context["request"]
    return pending_mark.behind(request, landing or "")
