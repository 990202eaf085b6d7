"""Rows of a route, written once for all who stand alike on a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils import timezone

if TYPE_CHECKING:
    from progress.models import OwnStep

register = template.Library()

type Key = tuple[object, ...]

MOST_ROWS = 5000  # of some 1.5 kB

rows: dict[Key, str] = {}


@register.tag
def keep_row(parser: Parser, token: Token) -> KeepRow:
    """`{% keep_row step %}…{% endkeep_row %}` writes the row of the step between the
    two, or takes it as it was written before.
    """
    _, step = token.split_contents()
    row = parser.parse(["endkeep_row"])
    parser.delete_first_token()
    return KeepRow(parser.compile_filter(step), row)


class KeepRow(template.Node):
    def __init__(self, step: FilterExpression, row: NodeList) -> None:
        self.step = step
        self.nodelist = row

    def render(self, context: template.Context) -> str:
        key = key_of(self.step.resolve(context))
        if key is None:
            return self.nodelist.render(context)
        row = rows.get(key)
        if row is None:
            if len(rows) >= MOST_ROWS:
                rows.clear()
            row = rows[key] = self.nodelist.render(context)
        return row


def key_of(step: OwnStep) -> Key | None:
    """Everything that a row shows, so that nothing has to drop it: what changes is
    another row. None for one that holds an offer, which is one person's.
    """
    if getattr(step, "offer", None) or getattr(step, "twin", None):
        return None
    done_on = this_year = None
    if step.done_at:
        done_on = timezone.localdate(step.done_at)
        this_year = timezone.localdate().year
    return (
        step.pk,
        step.roadmap.slug,
        step.slug,
        step.number,
        step.title,
        step.summary,
        step.is_optional,
        step.state,
        step.news,
        done_on,
        this_year,
    )
