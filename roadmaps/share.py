"""What other sites show for a link to a page: its Open Graph tags (https://ogp.me)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from core.site_url import get_site_url
from roadmaps.card import Card, CardStep
from roadmaps.models import Roadmap

if TYPE_CHECKING:
    from collections.abc import Iterable


class SharePreview(NamedTuple):
    """All that templates/fragments/share.html shows."""

    url: str
    site_name: str
    type: str
    title: str
    description: str
    image_url: str
    image_alt: str


def site_preview(request: HttpRequest) -> SharePreview:
    """The preview of the front page."""
    card = Card.for_site()
    picture = reverse("card")
    return _preview(request, "website", settings.SITE_NAME, card.title, card, picture)


def roadmap_preview(
    request: HttpRequest,
    roadmap: Roadmap,
    steps: Iterable[CardStep],
    title: str,
    description: str,
) -> SharePreview | None:
    """The preview of a roadmap's page or a step's; None unless everybody may open it.

    `steps` are the roadmap's active steps, in order.
    """
    if not roadmap.is_public:
        return None
    card = Card.for_roadmap(roadmap, steps)
    picture = reverse("roadmaps:card", args=[roadmap.slug])
    return _preview(request, "article", title, description, card, picture)


def _preview(
    request: HttpRequest,
    type_: str,
    title: str,
    description: str,
    card: Card,
    picture: str,
) -> SharePreview:
    site_url = get_site_url(request)
    return SharePreview(
        url=f"{site_url}{request.path}",
        site_name=settings.SITE_NAME,
        type=type_,
        title=title,
        description=description,
        image_url=f"{site_url}{picture}?v={card.version}",
        image_alt=card.alt,
    )
