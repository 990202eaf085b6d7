"""Short comments between a mentor and one member, on a step."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from groups.errors import LimitReachedError
from roadmaps.models import Step
from roadmaps.visibility import may_see

MAX_COMMENT_LENGTH = 1000  # characters
MAX_COMMENTS = 200  # to one member on one step in one group, with the replies
MAX_LATEST = 5  # on the page of a group


class CommentQuerySet(models.QuerySet["Comment"]):
    def write(self, comment: Comment) -> bool:
        """Store a comment or a reply. Return whether it is new: a text that repeats
        the last one of the thread was sent twice. The caller has locked the member.

        Raises LimitReachedError.
        """
        thread = list(
            self.filter(group=comment.group, member=comment.member, step=comment.step)
        )
        last = thread[-1] if thread else None
        if last and (last.author_id, last.text) == (comment.author_id, comment.text):
            return False
        if len(thread) >= MAX_COMMENTS:
            raise LimitReachedError
        comment.save()
        return True

    def latest_to(self, member: User) -> CommentQuerySet:
        """The newest that mentors wrote to the member, newest first, on steps that the
        member can open.
        """
        to_member = self.filter(member=member).exclude(author=member)
        visible = to_member.filter(
            may_see(member, "step__roadmap__"), step__is_retired=False
        )
        with_names = visible.select_related("author", "step__roadmap").only(
            "group",
            "text",
            "written_at",
            "author__name",
            "author__email",
            "step__slug",
            "step__title",
            "step__roadmap__slug",
        )
        return with_names.order_by("-written_at", "-pk")[:MAX_LATEST]


class Comment(models.Model):
    """What a mentor wrote to a member about a step, or the member's reply."""

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(
        "groups.Group",
        models.CASCADE,
        related_name="comments",
        verbose_name=_("group"),
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="comments",
        verbose_name=_("member"),
    )
    step = models.ForeignKey(
        Step, models.PROTECT, related_name="comments", verbose_name=_("step")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="written_comments",
        verbose_name=_("author"),
    )
    text = models.TextField(_("text"), max_length=MAX_COMMENT_LENGTH)
    written_at = models.DateTimeField(_("written"), default=timezone.now)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["written_at", "pk"]
        indexes = [models.Index(fields=["member", "step"], name="comment_of_member")]

    def __str__(self) -> str:
        return f"comment {self.pk}"
