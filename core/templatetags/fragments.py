"""`{% fragment "part.html" title=roadmap.title %}` renders a cached part of a page.

`{% fragment_each "row.html" row=rows %}` renders one for each of `rows`. Arguments
after the first are the same for all of them.
"""

from django import template

from core.fragments import render_each, render_fragment

register = template.Library()

register.simple_tag(render_fragment, name="fragment")
register.simple_tag(render_each, name="fragment_each")
