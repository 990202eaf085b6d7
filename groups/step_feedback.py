"""What a step's own page shows to a person who learns in groups."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef
from django.db.models.functions import JSONObject

from accounts.models import User
from groups.comments import Comment
from groups.confirmations import Confirmation, StepConfirmation, WorkLink
from groups.models import Membership, SharedRoadmap
from groups.roles import Role

if TYPE_CHECKING:
    from progress.route import AnnotatedStep


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
        groups = [FollowingGroup(**fields) for fields in row["following"]]
        work_links = [parse_work_link(fields) for fields in row["links"]]
        confirmations = [
            parse_confirmation(fields).beside(step.status)
            for fields in row["confirmed"]
        ]
        threads = []
        if row["has_comments"]:
            threads = read_threads(user, step.pk, groups)
        return cls(groups, next(iter(work_links), None), confirmations, threads)

    def __bool__(self) -> bool:
        """Whether the page has anything to show of it, apart from confirmations."""
        return bool(self.groups or self.work_link or self.threads)

    @property
    def groups_that_see(self) -> list[FollowingGroup]:
        return [group for group in self.groups if group.is_shown]


def read_row(user: User, step_id: int, roadmap_id: int) -> dict[str, Any]:
    """Read all but the comments. Lists of rows come as JSON."""
    consents = SharedRoadmap.objects.filter(
        membership=OuterRef("pk"), assignment__roadmap=roadmap_id
    )
    groups = Membership.objects.filter(
        user=OuterRef("pk"),
        role=Role.MEMBER,
        group__assignments__roadmap=roadmap_id,
    ).order_by("group__name", "group")
    of_step = {"user": OuterRef("pk"), "step": step_id}
    comments = Comment.objects.filter(member=OuterRef("pk"), step=step_id)
    row = User.objects.values(
        following=ArraySubquery(
            groups.values(
                json=JSONObject(
                    id="group_id", name="group__name", is_shown=Exists(consents)
                )
            )
        ),
        links=ArraySubquery(
            WorkLink.objects.filter(**of_step).values(
                json=JSONObject(url="url", saved_at="saved_at")
            )
        ),
        confirmed=ArraySubquery(
            Confirmation.objects.filter(**of_step).values(
                json=JSONObject(
                    id="id",
                    group_id="group_id",
                    group_name="group_name",
                    confirmed_at="confirmed_at",
                    sentence="sentence",
                    mentor_id="confirmed_by_id",
                    mentor_name="confirmed_by__name",
                    mentor_email="confirmed_by__email",
                )
            )
        ),
        has_comments=Exists(comments),
    ).get(pk=user.pk)
    return dict(row)


def parse_work_link(fields: dict[str, Any]) -> WorkLink:
    saved_at = datetime.fromisoformat(fields["saved_at"])
    return WorkLink(url=fields["url"], saved_at=saved_at)


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
