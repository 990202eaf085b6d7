"""Versions of roadmaps and steps: every save by an editor records one.

django-simple-history stores them. Besides its own fields, the version of a roadmap has
the order of its steps and its sections, and the version of a step has its topics,
questions, outcomes and resources.
"""

from collections.abc import Collection
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User

MAX_REASON_LENGTH = 100  # characters, as django-simple-history stores


class RoadmapVersion(models.Model):
    # The slugs of the steps, and `#section` before the steps of a section.
    order = ArrayField(models.CharField(max_length=81), default=list)
    sections = models.JSONField(default=list)  # slug and title of each, in order

    class Meta:
        abstract = True


class StepVersion(models.Model):
    # The SNAPSHOT_FIELDS of each row, in order.
    topics = models.JSONField(default=list)
    questions = models.JSONField(default=list)
    done_when = models.JSONField(default=list)
    resources = models.JSONField(default=list)

    class Meta:
        abstract = True


class VersionedQuerySet[Content: models.Model](models.QuerySet[Content]):
    """Rows with versions. `save()` and `delete()` record one by themselves. Code that
    writes in bulk calls `record` after its last write.
    """

    def related_snapshot(self, ids: Collection[int]) -> dict[int, dict[str, list[Any]]]:
        """Return, by primary key, what a version has besides the row's own fields."""
        raise NotImplementedError

    def formerly(self, slug: str) -> Self:
        """Return the rows that had this slug in an earlier version."""
        history = self.model.history  # type: ignore[attr-defined]
        versions = history.filter(slug=slug).values("id")
        return self.exclude(slug=slug).filter(pk__in=versions)

    def record(
        self,
        contents: Collection[Content],
        reason: str = "",
        user: User | None = None,
    ) -> None:
        """Record the current state of each as its newest version, in three queries.

        A longer `reason` is cut to `MAX_REASON_LENGTH`. `user` defaults to the current
        request's.
        """
        history = self.model.history  # type: ignore[attr-defined]
        ids = [content.pk for content in contents]
        # The default order would defeat `distinct`.
        older = history.filter(id__in=ids).order_by()
        ids_with_versions = set(older.values_list("id", flat=True).distinct())
        related_snapshot = self.related_snapshot(ids)
        now = timezone.now()
        history.bulk_create(
            history.model(
                history_date=now,
                history_type="~" if content.pk in ids_with_versions else "+",
                history_change_reason=reason[:MAX_REASON_LENGTH] or None,
                history_user=user or history.model.get_default_history_user(content),
                **related_snapshot.get(content.pk, {}),
                **{
                    field.attname: getattr(content, field.attname)
                    for field in history.model.tracked_fields
                },
            )
            for content in contents
        )


def validate_slug_is_new(slug: str, contents: VersionedQuerySet[Any]) -> None:
    """Raise ValidationError if one of the contents had the slug before.

    Its old address still leads to it.
    """
    if former := contents.formerly(slug).first():
        message = _(
            "“%(title)s” used to have this slug, and old links still use it. "
            "Choose another."
        )
        raise ValidationError({"slug": message % {"title": former}})


def add_related_snapshot(instance: Any, history_instance: Any, **_: Any) -> None:
    """Complete the version that `save()` or `delete()` is about to record."""
    if history_instance.history_type == "+":
        return  # a new row has no steps, sections or parts yet
    related_snapshot = type(instance).objects.related_snapshot([instance.pk])
    for name, value in related_snapshot.get(instance.pk, {}).items():
        setattr(history_instance, name, value)
