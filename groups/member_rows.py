"""What mentors' pages say of each member, and of each step of a member's route."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from groups.member_work import find_steps_to_confirm

if TYPE_CHECKING:
    from groups.comments import Comment
    from groups.member_work import StepToConfirm, StepWork
    from groups.models import Membership
    from groups.shared_progress import MemberProgress
    from groups.stuck import CurrentStep
    from progress.route import AnnotatedStep, Route

MAX_TO_CONFIRM = 2  # steps in a row; the member's own page has the others
RECENT_DAYS = 14  # "13 days ago" is clearer than a date, "40 days ago" is not


class MemberRow(NamedTuple):
    membership: Membership
    route: Route
    last_active_on: date | None
    current: CurrentStep | None
    to_confirm: list[StepToConfirm]

    @classmethod
    def build(cls, progress: MemberProgress) -> MemberRow:
        """The membership comes from `groups.member_work.with_work`."""
        found = find_steps_to_confirm(progress.membership, progress.route)
        return cls(*progress, found)

    @property
    def anchor(self) -> str:
        """The id of the row on its page."""
        return f"member_{self.membership.pk}"

    @property
    def newest_to_confirm(self) -> list[StepToConfirm]:
        return self.to_confirm[:MAX_TO_CONFIRM]

    @property
    def days_inactive(self) -> int | None:
        """Whole days since the last mark; None for no mark, and for one long ago."""
        if self.last_active_on is None:
            return None
        days = (timezone.localdate() - self.last_active_on).days
        return days if days < RECENT_DAYS else None

    @property
    def was_active_this_year(self) -> bool:
        return (
            self.last_active_on is not None
            and self.last_active_on.year == timezone.localdate().year
        )


class MemberStep(NamedTuple):
    """A step of a member's route, with what the mentors of one group see of it."""

    step: AnnotatedStep
    work: StepWork
    comments: list[Comment]
    is_in_full: bool  # with forms and topics
    next: str  # the address of the page at this step
