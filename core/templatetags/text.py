"""Filters for text: its direction, and the white space round it."""

from django import template

from core.text import get_direction, isolate

register = template.Library()
register.filter("isolate", isolate, is_safe=True)
register.filter("direction", get_direction)


@register.filter(is_safe=True)
def trim(text: str) -> str:
    """Without the white space at both ends, which an included template leaves."""
    return text.strip()


@register.filter(is_safe=True)
def paragraphs_as_spans(html: str) -> str:
    """For a `summary`, which may not contain paragraphs. Ours have no attributes."""
    return html.replace("<p>", "<span>").replace("</p>", "</span>")
