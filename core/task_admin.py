"""The admin's page of background tasks."""

from django_tasks_db.admin import DBTaskResultAdmin

from core.large_tables import LargeTableAdmin


class TaskAdmin(LargeTableAdmin, DBTaskResultAdmin):
    # Django would read the whole table to list the priorities and queues.
    list_filter = ("status",)  # type: ignore[assignment]
    sortable_by = ("enqueued_at",)
