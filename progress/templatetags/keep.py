"""Parts of a page, written once for all who are shown the same."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils import timezone

from progress.progress_bar import Segment
from progress.route import AnnotatedStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


register = template.Library()

type Look = tuple[object, ...]

MOST_KEPT = 4_000_000  # characters, of one place in a template
PLACES = "places_of_what_is_live"
PLACE = "\0"  # no page has one: PostgreSQL cannot hold it, and no request may


class Part(NamedTuple):
    """What was written, around what is live in it: one text more."""

    texts: list[str]
    live: list[Live]

    def render(self, context: template.Context) -> str:
        if not self.live:
            return self.texts[0]
        written = [node.nodelist.render(context) for node in self.live]
        return "".join(chain(*zip_longest(self.texts, written, fillvalue="")))


class Kept:
    """What one place in a template has written, by all that it shows, so that nothing
    has to drop it: what changes is another part. That holds nothing of one person's.
    """

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self.parts: dict[Look, Part] = {}
        self.length = 0  # of all their texts

    def render(self, look: Look | None, context: template.Context) -> str:
        """The part as it was written before; anew where `look` is None."""
        if look is None:
            return self.nodelist.render(context)
        return self.get(look, context).render(context)

    def get(self, look: Look, context: template.Context) -> Part:
        part = self.parts.get(look)
        if part is None:
            part = self.write(context)
            length = sum(map(len, part.texts))
            if self.length + length > MOST_KEPT:
                self.parts.clear()
                self.length = 0
            self.length += length
            self.parts[look] = part
        return part

    def write(self, context: template.Context) -> Part:
        live: list[Live] = []
        with context.push(**{PLACES: live}):
            text = self.nodelist.render(context)
        return Part(text.split(PLACE), live)


@register.tag
def keep(parser: Parser, token: Token) -> Keep:
    """`{% keep a b %}…{% endkeep %}` keeps what it writes: that depends on `a` and `b`
    alone, but for what stands between `{% live %}` and `{% endlive %}`. Where one of
    them is unknown it is always written anew. Another one within it is in vain, and
    loses what is live, unless it stands there.
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
        return self.kept.render(look, context)


@register.tag
def live(parser: Parser, _: Token) -> Live:
    nodelist = parser.parse(["endlive"])
    parser.delete_first_token()
    return Live(nodelist)


class Live(template.Node):
    """Only leaves its place where what is around it is written to be kept. It may use
    what the view has said, and no more: later, no tag around it is in force.
    """

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> str:
        places = context.get(PLACES)
        if places is None:
            return self.nodelist.render(context)
        places.append(self)
        return PLACE


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
        things: Iterable[AnnotatedStep | Segment] = self.things.resolve(context)
        rows = []
        with context.push(this_year=str(timezone.localdate().year)):
            for thing in things:
                context[self.name] = thing
                look = LOOKS[type(thing)](thing)
                rows.append(self.kept.render(look, context))
        return "".join(rows)


@register.filter
def day(moment: datetime | None) -> str:
    """Its date in the time zone, to keep by; empty for none."""
    return str(timezone.localdate(moment)) if moment else ""


def content_version(step: AnnotatedStep) -> object:
    return step.content.roadmap.content_version  # type: ignore[attr-defined]


def look_of_step(step: AnnotatedStep) -> Look | None:
    """All that is kept of it; None for one with an offer, which is one person's."""
    if step.undo_offer or step.equivalent:
        return None
    return content_version(step), step.pk, step.state, step.change_badge


def look_of_segment(segment: Segment) -> Look:
    return (
        content_version(segment.first),
        segment.first.pk,
        segment.state,
        segment.is_current,
    )


LOOKS: dict[type, Callable[[Any], Look | None]] = {
    AnnotatedStep: look_of_step,
    Segment: look_of_segment,
}
