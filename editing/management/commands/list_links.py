import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from editing.links import find_links
from roadmaps.models import Roadmap


class Command(BaseCommand):
    help = (
        "List the links in roadmaps. Each line has a URL, a tab, and the steps that "
        "link to it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "slugs", nargs="*", metavar="SLUG", help="a roadmap (default: all roadmaps)"
        )
        parser.add_argument(
            "--json",
            action="store_true",
            dest="as_json",
            help="print JSON, including the titles of the resources",
        )

    def handle(self, *, slugs: list[str], as_json: bool, **_: Any) -> None:
        known = Roadmap.objects.filter(slug__in=slugs).values_list("slug", flat=True)
        if unknown := sorted({*slugs} - {*known}):
            raise CommandError(f"No roadmap has this slug: {', '.join(unknown)}")
        links = find_links(slugs)
        if as_json:
            report = [
                {"url": url, "places": [place._asdict() for place in places]}
                for url, places in links.items()
            ]
            self.stdout.write(json.dumps(report, indent=2))
            return
        for url, places in links.items():
            paths = dict.fromkeys(place.path for place in places)
            self.stdout.write(f"{url}\t{', '.join(paths)}")
