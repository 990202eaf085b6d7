"""The versions of what editors keep: each save leaves one.

A version holds what belongs together on an editor's page: a roadmap with the order of
its steps, a step with its resources. django-simple-history keeps the rows.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class RoadmapVersion(models.Model):
    order = ArrayField(models.CharField(max_length=80), default=list)  # slugs of steps

    class Meta:
        abstract = True


class StepVersion(models.Model):
    resources = models.JSONField(default=list)  # title, url and kind of each, in order

    class Meta:
        abstract = True


class RecordedQuerySet[Content: models.Model](models.QuerySet[Content]):
    """Rows whose versions are kept. `save()` and `delete()` keep one by themselves;
    whoever writes in bulk calls `record` once everything is written.
    """

    def related_snapshot(self, ids: Collection[int]) -> dict[int, dict[str, list[Any]]]:
        """What a version of each of these holds beside the row's own fields."""
        raise NotImplementedError

    def record(
        self,
        contents: Collection[Content],
        why: str = "",
        by: "AbstractBaseUser | None" = None,
    ) -> None:
        """Keep each as it stands now as its newest version, in three queries.

        `why` is at most 100 characters; `by` is who sends the request unless given.
        """
        history = self.model.history  # type: ignore[attr-defined]
        ids = [content.pk for content in contents]
        older = history.filter(id__in=ids).order_by()  # its own would undo `distinct`
        known = set(older.values_list("id", flat=True).distinct())
        related_snapshot = self.related_snapshot(ids)
        now = timezone.now()
        history.bulk_create(
            history.model(
                history_date=now,
                history_type="~" if content.pk in known else "+",
                history_change_reason=why or None,
                history_user=by or history.model.get_default_history_user(content),
                **related_snapshot.get(content.pk, {}),
                **{
                    field.attname: getattr(content, field.attname)
                    for field in history.model.tracked_fields
                },
            )
            for content in contents
        )


def add_related_snapshot(instance: Any, history_instance: Any, **_: Any) -> None:
    """Complete the version that a `save()` keeps."""
    related_snapshot = type(instance).objects.related_snapshot([instance.pk])
    for name, value in related_snapshot.get(instance.pk, {}).items():
        setattr(history_instance, name, value)
