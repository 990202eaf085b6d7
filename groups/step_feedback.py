"""What a step's own page shows to a person who learns in groups."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from accounts.models import User
from groups.comments import Comment
from groups.confirmations import Confirmation, StepConfirmation, WorkLink

if TYPE_CHECKING:
    from progress.route import AnnotatedStep

# Every page of a step runs this for a person who is signed in. Most are in no group,
# and the ORM would take longer to write the statement than the database to answer it.
READ_FEEDBACK = """
SELECT
    ARRAY(
        SELECT json_build_object(
            'id', team.id, 'name', team.name,
            'is_shown', shared.agreed_at IS NOT NULL
        )
        FROM groups_membership AS own
        JOIN groups_assignment AS assignment
            ON assignment.group_id = own.group_id
            AND assignment.roadmap_id = %(roadmap)s
        JOIN groups_group AS team ON team.id = own.group_id
        LEFT JOIN groups_sharedroadmap AS shared
            ON shared.assignment_id = assignment.id AND shared.membership_id = own.id
        WHERE own.user_id = person.id AND own.role = 'member'
        ORDER BY team.name, team.id
    ),
    link.url, link.saved_at,
    ARRAY(
        SELECT json_build_object(
            'id', confirmation.id,
            'group_id', confirmation.group_id, 'group_name', confirmation.group_name,
            'confirmed_at', confirmation.confirmed_at,
            'sentence', confirmation.sentence,
            'mentor_id', mentor.id, 'mentor_name', mentor.name,
            'mentor_email', mentor.email
        )
        FROM groups_confirmation AS confirmation
        LEFT JOIN accounts_user AS mentor ON mentor.id = confirmation.confirmed_by_id
        WHERE confirmation.user_id = person.id AND confirmation.step_id = %(step)s
        ORDER BY confirmation.confirmed_at, confirmation.id
    ),
    EXISTS (
        SELECT FROM groups_comment
        WHERE member_id = person.id AND step_id = %(step)s
    )
FROM accounts_user AS person
LEFT JOIN groups_worklink AS link
    ON link.user_id = person.id AND link.step_id = %(step)s
WHERE person.id = %(user)s
"""


class FollowingGroup(NamedTuple):
    """A group that follows the roadmap, with the person as a member."""

    id: int
    name: str
    is_shown: bool  # whether its mentors see the person's progress on the roadmap


class Thread(NamedTuple):
    """The comments of one group on the step, oldest first."""

    group_id: int
    group_name: str
    comments: list[Comment]
    is_shown: bool  # whether the group's mentors see the person's progress

    @property
    def can_reply(self) -> bool:
        """Whether there is a mentor's comment, and the mentor can read the reply."""
        written_by_others = (each.author_id != each.member_id for each in self.comments)
        return self.is_shown and any(written_by_others)


class StepFeedback(NamedTuple):
    """One person's groups, work, confirmations and comments on a step."""

    groups: list[FollowingGroup]
    work_link: WorkLink | None
    confirmations: list[StepConfirmation]  # oldest first
    threads: list[Thread]

    @classmethod
    def read(cls, user: User, step: AnnotatedStep, roadmap_id: int) -> StepFeedback:
        """Read it in one statement, and a second one if there are comments."""
        row = read_row(user, step.pk, roadmap_id)
        following, url, saved_at, confirmed, has_comments = row
        groups = [FollowingGroup(**fields) for fields in following]
        work_link = None if url is None else WorkLink(url=url, saved_at=saved_at)
        confirmations = [
            parse_confirmation(fields).beside(step.status) for fields in confirmed
        ]
        threads = read_threads(user, step.pk, groups) if has_comments else []
        return cls(groups, work_link, confirmations, threads)

    def __bool__(self) -> bool:
        """Whether the page has anything to show of it, apart from confirmations."""
        return bool(self.groups or self.work_link or self.threads)

    @property
    def groups_that_see(self) -> list[FollowingGroup]:
        return [group for group in self.groups if group.is_shown]


def read_row(user: User, step_id: int, roadmap_id: int) -> tuple[Any, ...]:
    """Read all but the comments. Groups and confirmations are lists of dicts."""
    parameters = {"user": user.pk, "step": step_id, "roadmap": roadmap_id}
    with connection.cursor() as cursor:
        cursor.execute(READ_FEEDBACK, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def parse_confirmation(fields: dict[str, Any]) -> Confirmation:
    mentor_id, name, email = (
        fields.pop(f"mentor_{field}") for field in ("id", "name", "email")
    )
    fields["confirmed_at"] = datetime.fromisoformat(fields["confirmed_at"])
    mentor = User(pk=mentor_id, name=name, email=email) if mentor_id else None
    return Confirmation(**fields, confirmed_by=mentor)


def read_threads(
    user: User, step_id: int, groups: list[FollowingGroup]
) -> list[Thread]:
    shown = {group.id for group in groups if group.is_shown}
    threads: dict[int, Thread] = {}
    comments = Comment.objects.filter(member=user, step=step_id)
    for comment in comments.select_related("author", "group"):
        group = comment.group
        new = Thread(group.pk, group.name, [], is_shown=group.pk in shown)
        threads.setdefault(group.pk, new).comments.append(comment)
    return list(threads.values())
