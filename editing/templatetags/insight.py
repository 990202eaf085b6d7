"""Show counts of people."""

from django import template

from editing.insight import MIN_PEOPLE

register = template.Library()


@register.filter
def people(count: int) -> str:
    """Return a rounded count as text; zero stands for fewer than five people."""
    return f"{count:,}" if count else f"fewer than {MIN_PEOPLE}"
