"""Cairn with pages that are written already: what is left is Django and the statements.

What a template has written once goes out again, whoever asks. For measuring alone.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from config.wsgi import application
from progress import views as progress_views
from roadmaps import views as roadmap_views

type Render = Callable[..., HttpResponse]

__all__ = ["application"]


def once(render: Render) -> Render:
    written: dict[str, bytes] = {}

    def written_once(request: HttpRequest, name: str, context: Any) -> HttpResponse:
        if name not in written:
            written[name] = render(request, name, context).content
        return HttpResponse(written[name])

    return written_once


for views in (progress_views, roadmap_views):
    views.render = once(views.render)
