"""Show counts of people."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from progress.statistics import MIN_PEOPLE

register = template.Library()


@register.filter
def people(count: int) -> str:
    """Return a rounded count as text; zero stands for fewer than five people."""
    if not count:
        return _("fewer than %(number)s") % {"number": MIN_PEOPLE}
    return str(number_format(count, force_grouping=True))
