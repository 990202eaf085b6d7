"""The time zones that a person may be in."""

from itertools import groupby
from zoneinfo import ZoneInfo, available_timezones

NAMES = available_timezones()
NOT_PLACES = {"Etc", "SystemV", "US", "posix", "right"}


def zone(name: str) -> ZoneInfo | None:
    """None for what is no time zone, which is what somebody else's machine may name."""
    return ZoneInfo(name) if name in NAMES else None


def by_region() -> list[tuple[str, list[tuple[str, str]]]]:
    """Names with what to call them, grouped as a list to choose from wants it."""
    places = sorted(
        name for name in NAMES if "/" in name and name.split("/")[0] not in NOT_PLACES
    )
    return [
        (region, [(name, label(name)) for name in names])
        for region, names in groupby(places, key=lambda name: name.split("/")[0])
    ]


def label(name: str) -> str:
    """ "America/Argentina/Salta" as people read it: "Argentina, Salta"."""
    return name.partition("/")[2].replace("/", ", ").replace("_", " ") or name
