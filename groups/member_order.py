"""The orders in which a mentor can list the members, as SQL.

There is none by progress: a group has no ranking.
"""

from __future__ import annotations

from django.db.models import DateTimeField, TextChoices
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from groups.consents import SHOWN_ROADMAPS


class MemberOrder(TextChoices):
    NAME = "name", _("Name")
    TIME = "time", _("Time on one step")
    ACTIVE = "active", _("Last active")


# The same as groups/stuck.py: find_current_step.
SINCE = """(
SELECT CASE
    WHEN count(*) FILTER (WHERE mark.state = 'learning' AND NOT step.is_retired) > 0
    THEN (
        array_agg(mark.started_at ORDER BY step.position, step.id)
        FILTER (WHERE mark.state = 'learning' AND NOT step.is_retired)
    )[1]
    WHEN EXISTS (
        SELECT FROM roadmaps_step AS required
        WHERE required.roadmap_id = %s AND NOT required.is_retired
            AND NOT required.is_optional AND NOT EXISTS (
                SELECT FROM progress_stepprogress AS own
                WHERE own.user_id = groups_membership.user_id
                    AND own.step_id = required.id AND own.state <> 'learning'
            )
    )
    OR count(*) FILTER (
        WHERE mark.state = 'done' AND NOT step.is_retired AND NOT step.is_optional
    ) = 0 AND count(*) FILTER (WHERE NOT step.is_retired) < (
        SELECT count(*) FROM roadmaps_step AS active
        WHERE active.roadmap_id = %s AND NOT active.is_retired
    )
    THEN max(coalesce(mark.done_at, mark.started_at))
END
FROM progress_stepprogress AS mark
JOIN roadmaps_step AS step ON step.id = mark.step_id
WHERE mark.user_id = groups_membership.user_id AND step.roadmap_id = %s
)"""

LAST_ACTIVE = f"""(
SELECT max(coalesce(mark.done_at, mark.started_at))
FROM progress_stepprogress AS mark
JOIN roadmaps_step AS step ON step.id = mark.step_id
WHERE mark.user_id = groups_membership.user_id
    AND step.roadmap_id IN ({SHOWN_ROADMAPS} groups_membership.id)
)"""  # noqa: S608, constants


def since(roadmap_id: int) -> RawSQL:
    """Since when a member has been on the step that they are on."""
    return RawSQL(SINCE, [roadmap_id] * 3, DateTimeField())  # noqa: S611, constant


def last_active() -> RawSQL:
    """A member's last mark on the roadmaps that they show to the group."""
    return RawSQL(LAST_ACTIVE, [], DateTimeField())  # noqa: S611, constant
