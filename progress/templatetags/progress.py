"""What templates say of progress."""

from django import template
from django.http import HttpRequest

from progress import wishes
from progress.models import State
from progress.strip import strip

register = template.Library()

register.filter(strip)


@register.filter
def state_label(state: str) -> str:
    return State(state).label


@register.simple_tag
def states() -> list[State]:
    return list(State)


@register.simple_tag(takes_context=True)
def wish_behind(
    context: template.RequestContext, landing: str | None
) -> wishes.Wish | None:
    request: HttpRequest = context["request"]
    return wishes.behind(request, landing or "")
