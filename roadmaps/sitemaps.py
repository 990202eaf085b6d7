"""The sitemap for search engines."""

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from roadmaps.models import Roadmap, Step


class PublicPages(Sitemap):
    """The pages with content that everybody may open."""

    protocol = settings.SITE_URL.partition(":")[0] or None  # None: the request's

    def items(self) -> list[str]:
        roadmaps = Roadmap.objects.public().only("slug")
        steps = Step.objects.public().select_related("roadmap")
        in_order = steps.order_by("roadmap__position", "roadmap", "position", "pk")
        return [
            reverse("roadmaps:index"),
            *(roadmap.get_absolute_url() for roadmap in roadmaps),
            *(
                step.get_absolute_url()
                for step in in_order.only("slug", "roadmap__slug")
            ),
        ]

    def location(self, item: str) -> str:
        return item
