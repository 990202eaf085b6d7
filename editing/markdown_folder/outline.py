"""The order and nesting of a folder's topics, before they become a roadmap."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from editing.markdown_folder.page import Page
from editing.yaml_format.validators import suggest_slug
from roadmaps.slugs import MAX_SLUG_LENGTH

NUMBER = re.compile(r"(\d{1,9})[-_.) ]+(?=.)")


@dataclass(frozen=True)
class Place:
    """A file, a folder or a node that becomes a section, a step or a topic."""

    name: str  # in the report
    slug: str  # not unique yet
    title: str  # if the page has none
    page: Page | None = None
    parent: str = ""  # the slug of what contains it, to tell equal slugs apart


@dataclass
class OutlineStep:
    place: Place
    topics: list[Place] = field(default_factory=list)


@dataclass
class OutlineSection:
    """Steps under one heading, or under none."""

    place: Place | None
    steps: list[OutlineStep] = field(default_factory=list)


@dataclass
class Outline:
    """What becomes a roadmap. `notes` say what could not be placed, and why."""

    title: str  # of the roadmap, or ""
    sections: list[OutlineSection]
    notes: list[str]


def split_number(name: str) -> tuple[int | None, str]:
    """Return the number that a name begins with, and the rest."""
    match = NUMBER.match(name)
    return (int(match[1]), name[match.end() :]) if match else (None, name)


def to_slug(name: str) -> str:
    """Return a slug that stays the same for as long as the name does."""
    slug = suggest_slug(name[:500])[:MAX_SLUG_LENGTH].rstrip("-")
    if slug:
        return slug
    data = name.encode(errors="surrogateescape")
    return f"topic-{hashlib.sha256(data).hexdigest()[:8]}"


def to_title(name: str) -> str:
    """Return a title for a file without a heading, from its name."""
    words = " ".join(re.split(r"[-_\s]+", name)).strip()
    return words[:1].upper() + words[1:]


def assign_slugs(places: Sequence[Place]) -> list[str]:
    """Return a unique slug for each place.

    All places with the same slug get their parent's in front, so that a place never
    gets the slug of another one when files are added or moved.
    """
    counts = Counter(place.slug for place in places)
    wanted = [
        qualify(place) if counts[place.slug] > 1 else place.slug for place in places
    ]
    taken = {slug for slug, count in counts.items() if count == 1}
    slugs = []
    for place, slug in zip(places, wanted, strict=True):
        if counts[place.slug] > 1:
            slug = number_slug(slug, taken)
            taken.add(slug)
        slugs.append(slug)
    return slugs


def qualify(place: Place) -> str:
    slug = f"{place.parent}-{place.slug}" if place.parent else place.slug
    return slug[:MAX_SLUG_LENGTH].rstrip("-")


def number_slug(slug: str, taken: set[str]) -> str:
    """Return the slug, with a number if another place has it."""
    number, numbered = 1, slug
    while numbered in taken:
        number += 1
        suffix = f"-{number}"
        numbered = slug[: MAX_SLUG_LENGTH - len(suffix)].rstrip("-") + suffix
    return numbered
