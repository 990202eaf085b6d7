"""`{% fragment "part.html" title=roadmap.title %}` renders a cached part of a page."""

from django import template

from core.fragments import render_fragment

register = template.Library()

register.simple_tag(render_fragment, name="fragment")
