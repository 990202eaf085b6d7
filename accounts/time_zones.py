"""The time zones that a user can choose."""

from itertools import groupby
from zoneinfo import ZoneInfo, available_timezones

NAMES = available_timezones()
HIDDEN_REGIONS = {"Etc", "SystemV", "US", "posix", "right"}  # not places


def parse_time_zone(name: str) -> ZoneInfo | None:
    """The time zone with this name, or None if this machine does not know it."""
    return ZoneInfo(name) if name in NAMES else None


def choices_by_region() -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices for a form field, as names and labels grouped by region."""
    names = sorted(
        name
        for name in NAMES
        if "/" in name and name.split("/")[0] not in HIDDEN_REGIONS
    )
    return [
        (region, [(name, time_zone_label(name)) for name in group])
        for region, group in groupby(names, key=lambda name: name.split("/")[0])
    ]


def time_zone_label(name: str) -> str:
    """A readable label: "Argentina, Salta" for "America/Argentina/Salta"."""
    return name.partition("/")[2].replace("/", ", ").replace("_", " ") or name
