"""Parts of a page, written once for all who are shown the same."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils import timezone

from progress.strip import Segment
from roadmaps.models import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from progress.models import OwnStep


register = template.Library()

type Look = tuple[object, ...]

MOST_PARTS = 5000  # of one place in a template, of some 1.5 kB


class Kept:
    """What one place in a template has written, by all that it shows, so that nothing
    has to drop it: what changes is another part. That holds nothing of one person's.
    """

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self.parts: dict[Look, str] = {}

    def write(self, look: Look | None, context: template.Context) -> str:
        """The part as it was written before; anew where `look` is None."""
        if look is None:
            return self.nodelist.render(context)
        part = self.parts.get(look)
        if part is None:
            if len(self.parts) >= MOST_PARTS:
                self.parts.clear()
            part = self.parts[look] = self.nodelist.render(context)
        return part


@register.tag
def keep(parser: Parser, token: Token) -> Keep:
    """`{% keep a b %}…{% endkeep %}` writes what is between the two, and depends on `a`
    and `b` alone. Where one of them is unknown it is always written anew.
    """
    _, *names = token.split_contents()
    nodelist = parser.parse(["endkeep"])
    parser.delete_first_token()
    return Keep([parser.compile_filter(name) for name in names], nodelist)


class Keep(template.Node):
    def __init__(self, depends_on: list[FilterExpression], nodelist: NodeList) -> None:
        self.depends_on = depends_on
        self.nodelist = nodelist
        self.kept = Kept(nodelist)

    def render(self, context: template.Context) -> str:
        values = [
            name.resolve(context, ignore_failures=True) for name in self.depends_on
        ]
        look = None if None in values else tuple(map(str, values))
        return self.kept.write(look, context)


@register.tag
def keep_each(parser: Parser, token: Token) -> KeepEach:
    """`{% keep_each step in steps %}…{% endkeep_each %}` is a `for` that keeps what it
    writes of each: that depends on the step alone (or the segment of the strip).
    """
    _, name, _, things = token.split_contents()
    nodelist = parser.parse(["endkeep_each"])
    parser.delete_first_token()
    return KeepEach(name, parser.compile_filter(things), nodelist)


class KeepEach(template.Node):
    def __init__(self, name: str, things: FilterExpression, nodelist: NodeList) -> None:
        self.name = name
        self.things = things
        self.nodelist = nodelist
        self.kept = Kept(nodelist)

    def render(self, context: template.Context) -> str:
        things: Iterable[Step | Segment] = self.things.resolve(context)
        today = timezone.localtime()
        rows = []
        with context.push():
            for thing in things:
                context[self.name] = thing
                look = LOOKS[type(thing)](thing, today)
                rows.append(self.kept.write(look, context))
        return "".join(rows)


def look_of_step(step: OwnStep, today: datetime) -> Look | None:
    """All that is shown of it; None for one with an offer, which is one person's."""
    if getattr(step, "offer", None) or getattr(step, "twin", None):
        return None
    done_on = step.done_at and step.done_at.astimezone(today.tzinfo).date()
    return step.edition, step.id, step.state, step.news, done_on, today.year


def look_of_segment(segment: Segment, _: datetime) -> Look:
    return segment.first.edition, segment.first.id, segment.state


LOOKS: dict[type, Callable[[Any, datetime], Look | None]] = {
    Step: look_of_step,
    Segment: look_of_segment,
}
