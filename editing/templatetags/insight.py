"""How counts of people are said."""

from django import template

from editing.insight import FEWEST

register = template.Library()


@register.filter
def people(count: int) -> str:
    """A rounded count; of too few only that they are."""
    return f"{count:,}" if count else f"fewer than {FEWEST}"
