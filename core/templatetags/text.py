"""Filters for text that may be written from right to left."""

from django import template

from core.text import get_direction, isolate

register = template.Library()
register.filter("isolate", isolate, is_safe=True)
register.filter("direction", get_direction)
