"""Lists in the admin of tables that grow with the number of people.

To count, sort or search all rows of such a table takes seconds once it has millions.
So these lists count and show only the first rows, and sort by columns with an index.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _Paginator, _ModelAdmin = Paginator, admin.ModelAdmin

MAX_LISTED = 10_000  # rows; use the filters and the search to find others


class LargeTablePaginator(_Paginator):
    """Counts and shows only the first MAX_LISTED rows."""

    @cached_property
    def counted(self) -> int:
        """The number of rows, or MAX_LISTED + 1 if there are more than MAX_LISTED."""
        rows: Any = self.object_list
        # Without an order: sorting would read all rows first.
        return int(rows.order_by()[: MAX_LISTED + 1].count())

    @property
    def count(self) -> int:
        return min(self.counted, MAX_LISTED)

    @property
    def has_more(self) -> bool:
        """Whether there are rows that the list does not show."""
        return self.counted > MAX_LISTED


class LargeTableChangeList(ChangeList):
    def get_ordering_field(self, field_name: Any) -> Any:
        """Ignore an address that asks for another order than the columns' links do."""
        is_sortable = field_name in (self.sortable_by or ())
        return super().get_ordering_field(field_name) if is_sortable else None


class LargeTableAdmin(_ModelAdmin):
    """Set `sortable_by` to the columns that have an index."""

    paginator = LargeTablePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count all rows
    list_max_show_all = 0

    def get_changelist(self, *_: Any, **__: Any) -> type[ChangeList]:
        return LargeTableChangeList
