"""A person's groups that follow a roadmap, and who sees the person's progress on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import connection

if TYPE_CHECKING:
    from accounts.models import User

# Every page of a roadmap runs this for a person who is signed in. Most are in no group,
# and the ORM would take longer to write the statement than the database to answer it.
FIND_OWN_ASSIGNMENTS = """
SELECT assignment.id, team.id, team.name, shared.agreed_at IS NOT NULL, ARRAY(
    SELECT coalesce(nullif(person.name, ''), person.email)
    FROM groups_membership AS mentor
    JOIN accounts_user AS person ON person.id = mentor.user_id
    WHERE mentor.group_id = team.id AND mentor.role IN ('mentor', 'owner')
    ORDER BY lower(coalesce(nullif(person.name, ''), person.email)), mentor.id
)
FROM groups_membership AS own
JOIN groups_assignment AS assignment
    ON assignment.group_id = own.group_id AND assignment.roadmap_id = %(roadmap)s
JOIN groups_group AS team ON team.id = own.group_id
LEFT JOIN groups_sharedroadmap AS shared
    ON shared.assignment_id = assignment.id AND shared.membership_id = own.id
WHERE own.user_id = %(user)s AND own.role = 'member'
ORDER BY team.name, team.id
"""


class OwnAssignment(NamedTuple):
    """A roadmap that is assigned to a group in which the person is a member."""

    pk: int
    group_id: int
    group_name: str
    is_shown: bool  # the person agreed to show it to the mentors
    mentors: list[str]  # their names


def find_own_assignments(roadmap_id: int, user: User) -> list[OwnAssignment]:
    """The assignments of the roadmap to the groups in which the person is a member."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_OWN_ASSIGNMENTS, {"roadmap": roadmap_id, "user": user.pk})
        return [OwnAssignment(*row) for row in cursor.fetchall()]
