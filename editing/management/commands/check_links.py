import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from editing.link_check import Finding, Manners, Verdict, check
from editing.links import Place, links
from editing.outside import NotAskedError, Patience, web_address
from roadmaps.models import Roadmap

SOME_GONE, CALLED_WRONGLY = 1, 2  # exit codes
DAY = 24 * 60 * 60  # seconds


def number(kind: type[int] | type[float], least: float) -> Callable[[str], float]:
    """A parser of numbers from `least` on, and under those that make it wait a day."""

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError as error:
            raise ArgumentTypeError(f"{text} is no number") from error
        if not least <= value < DAY:
            raise ArgumentTypeError(f"{text} is not between {least:g} and {DAY}")
        return value

    return parse


def site(url: str) -> str:
    """The address as a header can hold it."""
    try:
        return web_address(url).url if url else ""
    except NotAskedError as error:
        raise ArgumentTypeError(f"{url}: {error}") from error


class Command(BaseCommand):
    help = (
        "Report the links of roadmaps that are gone or have moved. The exit code is 1 "
        "when some are gone, 2 when the command was called wrongly, and 0 otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "slugs", nargs="*", metavar="SLUG", help="a roadmap's; without one, all"
        )
        parser.add_argument(
            "--json",
            dest="file",
            metavar="FILE",
            help="write all findings there as JSON; - is standard output",
        )
        parser.add_argument(
            "--site",
            type=site,
            default=settings.SITE_URL,
            metavar="URL",
            help="tell servers that this site asks (default: SITE_URL)",
        )
        parser.add_argument(
            "--allow-private",
            action="store_true",
            help="ask private and loopback addresses too",
        )
        usual = Manners(agent="")
        wait = number(float, 0)
        limit = number(float, 0.1)
        for name, kind, default, what in [
            ("hosts", number(int, 1), usual.hosts, "hosts to ask at a time"),
            ("retries", number(int, 0), usual.retries, "of what may pass"),
            ("pause", wait, usual.pause, "s between two requests to a host"),
            ("backoff", wait, usual.backoff, "s before a retry, doubled each time"),
            ("longest-wait", wait, usual.longest_wait, "s that a host may ask for"),
            ("connect-timeout", limit, usual.patience.connect, "s, TLS included"),
            ("read-timeout", limit, usual.patience.read, "s until the next byte"),
            ("total-timeout", limit, usual.patience.total, "s for one answer"),
        ]:
            parser.add_argument(
                f"--{name}",
                type=kind,
                default=default,
                metavar="N",
                help=f"{what} (default: {default:g})",
            )

    def handle(self, *, slugs: list[str], file: str | None, **options: Any) -> None:
        refuse_unknown(slugs)
        refuse_unwritable(file)
        places = links(slugs)
        with tqdm(
            total=len(places), unit="link", leave=False, disable=None, file=sys.stderr
        ) as bar:
            findings = check(places, manners(options), bar.update)
        counts = Counter(finding.verdict for finding in findings.values())
        if file:
            report = json.dumps(as_json(places, findings, counts), indent=2) + "\n"
            if file == "-":
                self.stdout.write(report, ending="")
            else:
                Path(file).write_text(report)
        if file != "-":
            self.stdout.write("\n".join(as_text(places, findings, counts)))
        if gone := counts[Verdict.GONE]:
            what = "1 link is gone." if gone == 1 else f"{gone} links are gone."
            raise CommandError(what, returncode=SOME_GONE)


def refuse_unknown(slugs: list[str]) -> None:
    known = Roadmap.objects.filter(slug__in=slugs).values_list("slug", flat=True)
    if unknown := sorted({*slugs} - {*known}):
        what = f"there is no roadmap {', '.join(unknown)}."
        raise CommandError(what, returncode=CALLED_WRONGLY)


def refuse_unwritable(file: str | None) -> None:
    """Now, rather than after an hour."""
    if file and file != "-":
        try:
            Path(file).open("a").close()
        except OSError as error:
            what = f"{file} cannot be written: {error.strerror}."
            raise CommandError(what, returncode=CALLED_WRONGLY) from error


def manners(options: dict[str, Any]) -> Manners:
    address = f"; +{options['site']}" if options["site"] else ""
    return Manners(
        agent=f"Cairn/{settings.VERSION} (link check{address})",
        patience=Patience(
            connect=options["connect_timeout"],
            read=options["read_timeout"],
            total=options["total_timeout"],
        ),
        **{name: options[name] for name in Manners._fields[2:]},
    )


def as_text(
    places: dict[str, list[Place]],
    findings: dict[str, Finding],
    counts: Counter[Verdict],
) -> Iterator[str]:
    """The findings that ask something of an editor, and how many there are of each."""
    for verdict in (Verdict.GONE, Verdict.MOVED, Verdict.UNCLEAR):
        for url, where in places.items():
            finding = findings[url]
            if finding.verdict != verdict:
                continue
            yield f"{verdict}: {url}"
            yield f"  {finding.reason or f'to {finding.address}'}"
            for place in where:
                yield f"  in {place.roadmap}/{place.step}: {place.title or 'its text'}"
            yield ""
    of_each = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
    yield f"{len(findings)} links: {of_each}"


def as_json(
    places: dict[str, list[Place]],
    findings: dict[str, Finding],
    counts: Counter[Verdict],
) -> dict[str, object]:
    return {
        "checked_at": timezone.now().isoformat(timespec="seconds"),
        "counts": {verdict: counts[verdict] for verdict in Verdict},
        "links": [
            {"url": url}
            | findings[url]._asdict()
            | {"places": [place._asdict() for place in where]}
            for url, where in places.items()
        ],
    }
