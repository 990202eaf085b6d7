"""What the rules of progress read from a roadmap's content, whether stored or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol


class SectionContent(Protocol):
    """The part of `roadmaps.models.Section` that the rules and the pages read."""

    pk: int
    slug: str
    title: str


class StepContent(Protocol):
    """The part of `roadmaps.models.Step` that the rules and the pages read."""

    pk: int
    roadmap_id: int
    slug: str
    title: str
    summary: str
    is_optional: bool
    is_retired: bool
    added_at: datetime
    revised_at: datetime | None
    section_id: int | None
    hours_min: Decimal | None
    hours_max: Decimal | None
    active_topics: Sequence[Mapping[str, Any]]
    outcomes: Sequence[str]
    checked_on: date | None

    @property
    def section(self) -> SectionContent | None: ...
    @property
    def needs(self) -> Sequence[str]: ...
    @property
    def roadmap_slug(self) -> str: ...
    @property
    def canonical_path(self) -> str: ...
    def get_absolute_url(self) -> str: ...
    def get_row_url(self) -> str: ...
