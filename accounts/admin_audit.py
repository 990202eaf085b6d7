"""The admin's page of the audit trail, and its files. Nobody can change anything."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.audit import KINDS, AuditAction, AuditEvent
from accounts.person_search import find_people
from core.csv_export import CONTENT_TYPE, csv_lines
from core.large_tables import MAX_LISTED, LargeTableAdmin, LargeTablePaginator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern
    from django.utils.functional import _StrPromise as StrPromise
    from django.utils.safestring import SafeString

    from accounts.models import User

BATCH_SIZE = 1000  # events per query of an export
HEADER = [
    *("time", "action", "done_by_number", "done_by", "person_number", "person"),
    *("description", "details"),
]


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, *_: Any) -> list[tuple[str, StrPromise]]:
        return [(kind, label) for kind, (label, _actions) in KINDS.items()]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[AuditEvent]
    ) -> QuerySet[AuditEvent]:
        kind = KINDS.get(self.value() or "")
        return queryset.filter(action__in=kind[1]) if kind else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(LargeTableAdmin):
    list_display = ["at", "done_by", "in_words"]
    list_display_links = None
    list_filter = [KindFilter, "action", "at"]
    sortable_by = ["at"]
    search_fields = ["actor__email"]  # so that there is a search: get_search_results
    search_help_text = gettext_lazy(
        "Search by the beginning of a person’s email address, or by their number."
    )
    fields = ["at", "done_by", "in_words"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: AuditEvent | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: AuditEvent | None = None
    ) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return super().get_queryset(request).select_related("actor", "person")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": _("Audit trail")}
        return super().changelist_view(request, title | (extra_context or {}))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """Find what a person did, and what concerns them."""
        term = search_term.strip()
        if not term:
            return queryset, False
        people = find_people(term)
        return queryset.filter(Q(actor__in=people) | Q(person__in=people)), False

    @admin.display(description=gettext_lazy("done by"))
    def done_by(self, event: AuditEvent) -> str:
        return show_person(event.actor, event.actor_id)

    @admin.display(description=gettext_lazy("action"), ordering="action")
    def in_words(self, event: AuditEvent) -> SafeString:
        """Return text such as "Joined a group. Group: Class 7 (12). Role: Member."."""
        sentences = [f"{event.get_action_display()}."]
        if event.person_id != event.actor_id:
            person = show_person(event.person, event.person_id)
            sentences.append(format_html(_("Person: {person}."), person=person))
        for text, value in event.get_details():
            isolated = format_html("<bdi>{}</bdi>", value)
            sentences.append(format_html(text, value=isolated))
        return format_html_join(" ", "{}", ((each,) for each in sentences))

    # Files

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_GET(self.export))
        name = "accounts_auditevent_export"
        route = "audit-trail.<slug:extension>"
        return [path(route, view, name=name), *super().get_urls()]

    def export(self, request: HttpRequest, extension: str) -> HttpResponseBase:
        """The events that the list shows, with its search and filters, as a file.

        The export is an event too.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if extension not in FILE_TYPES:
            raise Http404("There is no such file.")
        content_type, write = FILE_TYPES[extension]
        try:
            events = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect("admin:accounts_auditevent_changelist")
        with transaction.atomic():
            export = AuditEvent.objects.record(
                AuditAction.TRAIL_EXPORTED,
                cast("User", request.user),
                file=extension.upper(),
                events=describe_count(events),
            )
        older = events.filter(pk__lt=export.pk)
        response = StreamingHttpResponse(
            write(read_in_batches(older)), content_type=content_type
        )
        today = timezone.localdate()
        response["Content-Disposition"] = (
            f'attachment; filename="audit-trail-{today:%Y-%m-%d}.{extension}"'
        )
        return response


def describe_count(events: QuerySet[AuditEvent]) -> int | str:
    """Return the number of events, or "> 10000": to count millions takes seconds."""
    paginator = LargeTablePaginator(events, BATCH_SIZE)
    return f"> {MAX_LISTED}" if paginator.has_more else paginator.count


def show_person(user: User | None, user_id: int | None) -> str:
    if user:
        return format_html("<bdi>{}</bdi>", user.email)
    if user_id:
        return _("deleted account %(number)d") % {"number": user_id}
    return "-"


def read_in_batches(events: QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    """Yield all events, the newest first, with little memory.

    A server-side cursor would need one database connection until the file is sent.
    """
    events = events.order_by("-pk")
    batch = list(events[:BATCH_SIZE])
    while batch:
        yield from batch
        batch = list(events.filter(pk__lt=batch[-1].pk)[:BATCH_SIZE])


def write_csv(events: Iterable[AuditEvent]) -> Iterator[str]:
    rows = (
        [
            *(format_time(event), event.action),
            *(str(event.actor_id or ""), event.actor.email if event.actor else ""),
            *(str(event.person_id or ""), event.person.email if event.person else ""),
            *(event.describe_details(), to_json(event.details)),
        ]
        for event in events
    )
    return csv_lines(HEADER, rows)


def write_json_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    for event in events:
        yield (
            to_json(
                {
                    "time": format_time(event),
                    "action": event.action,
                    "done_by": describe_person(event.actor, event.actor_id),
                    "person": describe_person(event.person, event.person_id),
                    "details": event.details,
                }
            )
            + "\n"
        )


def describe_person(user: User | None, user_id: int | None) -> dict[str, Any] | None:
    if user_id is None:
        return None
    return {"number": user_id, "email": user.email if user else None}


def format_time(event: AuditEvent) -> str:
    """The time in UTC, as the files are for programs too."""
    return event.at.isoformat(timespec="seconds")


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


FILE_TYPES: dict[str, tuple[str, Callable[[Iterable[AuditEvent]], Iterator[str]]]] = {
    "csv": (CONTENT_TYPE, write_csv),
    "jsonl": ("application/jsonl; charset=utf-8", write_json_lines),
}
