"""The topics that people have ticked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from roadmaps.step_parts import Topic

if TYPE_CHECKING:
    from accounts.models import User


class TopicCheckQuerySet(models.QuerySet["TopicCheck"]):
    def change(self, user: User, topic_id: int, is_checked: bool) -> None:
        if is_checked:
            self.bulk_create(
                [TopicCheck(user=user, topic_id=topic_id)], ignore_conflicts=True
            )
        else:
            self.filter(user=user, topic=topic_id).delete()

    def add(self, user: User, topic_ids: Collection[int]) -> None:
        """Tick the topics, except those that have been deleted."""
        remaining = Topic.objects.filter(pk__in=topic_ids).order_by("pk")
        self.bulk_create(
            [
                TopicCheck(user=user, topic_id=topic_id)
                for topic_id in remaining.values_list("pk", flat=True)
            ],
            ignore_conflicts=True,
        )

    def merge(self, user: User, topic_ids: Collection[int]) -> int:
        """Tick the topics, and return how many were not ticked before."""
        if not topic_ids:
            return 0
        ticked = self.filter(user=user).values_list("topic", flat=True)
        new = set(topic_ids).difference(ticked)
        self.add(user, new)
        return len(new)

    def copy(self, topic_ids: Mapping[int, int], people: Collection[int]) -> None:
        """Tick the second topic of each pair for those of the people who ticked the
        first. A topic that was deleted meanwhile is left out.

        The caller has locked the people or the steps of the topics.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO progress_topiccheck (user_id, topic_id)
                SELECT own.user_id, pair.new_id
                FROM unnest(%s::int[], %s::int[]) AS pair (old_id, new_id)
                JOIN roadmaps_topic AS new ON new.id = pair.new_id
                JOIN progress_topiccheck AS own ON own.topic_id = pair.old_id
                JOIN accounts_user AS person ON person.id = own.user_id
                WHERE own.user_id = ANY(%s)
                FOR KEY SHARE OF person, new
                ON CONFLICT DO NOTHING
                """,
                [list(topic_ids), list(topic_ids.values()), list(people)],
            )


class TopicCheck(models.Model):
    """A person has ticked a topic. No row means not ticked."""

    pk = models.CompositePrimaryKey("user", "topic")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("user"),
        related_name="topic_checks",
        db_index=False,  # the primary key starts with it
    )
    # PROTECT: a topic that somebody ticked is retired, never deleted.
    topic = models.ForeignKey(
        Topic, models.PROTECT, verbose_name=_("topic"), related_name="checks"
    )

    objects = TopicCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic check")
        verbose_name_plural = _("topic checks")

    def __str__(self) -> str:
        return f"topic {self.topic_id}"
