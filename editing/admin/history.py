"""Versions in the admin: the history, the way back, and two editors at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from editing.diff import differences, values

if TYPE_CHECKING:
    from django.http import QueryDict
    from django.urls import URLPattern

    from editing.diff import Values
    from roadmaps.models import Roadmap, Step

VERSIONS_A_PAGE = 20


def newest_version(content: Roadmap | Step) -> int:
    """The number of its newest version, 0 when it has none."""
    newest = content.history.order_by("-history_id").values_list("history_id")
    return newest[0][0] if newest else 0


class VersionedForm(forms.ModelForm):
    """A form that knows which version it was made from.

    Another editor's save in between is refused once: the form keeps what was typed, is
    shown beside what was saved, and saves over it when it is sent again.
    """

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    base: int | None = None  # the version of before, when there is a conflict

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = newest_version(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.instance.pk:
            return cleaned
        newest = newest_version(self.instance)
        if cleaned.get("version") != newest and self.is_not_as_stored():
            self.base = cleaned.get("version") or 0
            self.data = cast("QueryDict", self.data).copy()
            self.data["version"] = str(newest)
            self.add_error(
                None,
                "Not saved: it was saved elsewhere meanwhile. What you typed is kept "
                "below; save again to put it over that.",
            )
        return cleaned

    def is_not_as_stored(self) -> bool:
        """Whether saving would change anything: a repeat of a save does not."""
        return True


class VersionedAdmin(admin.ModelAdmin):
    """Leaves one version of each save, shows them, and restores them."""

    form = VersionedForm
    change_form_template = "admin/roadmaps/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"roadmaps_{self.opts.model_name}_version"
        view = self.admin_site.admin_view(self.version_view)
        own = path("<int:object_id>/history/<int:version_id>/", view, name=name)
        return [own, *super().get_urls()]

    # Saving

    def get_object(self, request: HttpRequest, object_id: str, *args: Any) -> Any:
        """As it stands when nobody else is saving it: who does waits for the answer."""
        if request.method == "POST" and object_id.isdecimal():
            own = self.model._default_manager.filter(pk=object_id).values("pk")
            if transaction.get_connection().in_atomic_block:
                list(own.select_for_update(no_key=True))
        return super().get_object(request, object_id, *args)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        obj.save_without_historical_record()

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        changed = form.changed_data or any(each.has_changed() for each in formsets)
        if changed or not change:
            type(form.instance).objects.record([form.instance])

    # Two editors at once

    def typed(self, request: HttpRequest, obj: Any, context: dict[str, Any]) -> Values:
        """What the form holds that was sent."""
        form = context["adminform"].form
        stored = values(obj)
        return {
            name: form.cleaned_data.get(name, form.data.get(name, stored[name]))
            if name in form.fields
            else stored[name]
            for name in stored
        }

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        obj: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:
        base = getattr(context["adminform"].form, "base", None)
        if base is not None:
            stored = self.model._default_manager.filter(pk=obj.pk).first() or obj
            context["conflict"] = differences(
                self.model,
                values(stored),
                self.typed(request, stored, context),
            )
            meanwhile = stored.history.filter(history_id__gt=base)
            context["meanwhile"] = meanwhile.select_related("history_user")
        kwargs["obj"] = obj
        return super().render_change_form(request, context, *args, **kwargs)

    # The history

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """All versions with what each changed, newest first; of what is deleted too."""
        history = cast("Any", self.model).history
        pk = unquote(object_id)
        versions = history.filter(id=pk) if pk.isdecimal() else history.none()
        page = Paginator(
            versions.select_related("history_user").order_by("-history_id"),
            VERSIONS_A_PAGE,
        ).get_page(request.GET.get("p"))
        obj = self.get_object(request, pk)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        if not page.object_list and obj is None:
            raise Http404("There is no such history.")
        shown = list(page.object_list)
        older = (
            versions.filter(history_id__lt=shown[-1].history_id) if shown else versions
        )
        before = [*shown[1:], older.order_by("-history_id").first()]
        for version, previous in zip(shown, before, strict=False):
            version.changes = (
                differences(self.model, values(previous), values(version))
                if previous
                else []
            )
        subject = obj or shown[0]
        return self.show(
            request,
            "admin/roadmaps/history.html",
            f"History of {subject.title}",
            obj,
            page=page,
            versions=shown,
            newest=shown[0].pk if shown and page.number == 1 else None,
        )

    def version_view(
        self, request: HttpRequest, object_id: int, version_id: int
    ) -> HttpResponse:
        """One version against what stands now; a POST restores it."""
        with transaction.atomic():
            content = self.model._default_manager.select_for_update(no_key=True)
            obj = content.filter(pk=object_id).first()
            version = cast("Any", self.model).history.filter(
                id=object_id, history_id=version_id
            )
            version = version.select_related("history_user").first()
            if obj is None or version is None:
                raise Http404("There is no such version.")
            if not self.has_change_permission(request, obj):
                raise PermissionDenied
            restored = self.restorable(request, obj, values(version))
            changes = differences(self.model, values(obj), restored)
            error = ""
            if request.method == "POST":
                error = self.refusal(request, obj, changes)
                if not error:
                    if changes:
                        self.restore(request, obj, restored)
                        when = timezone.localtime(version.history_date)
                        why = f"Restored the version of {when:%-d %B %Y, %H:%M}"
                        type(obj).objects.record([obj], why=why)
                        self.log_change(request, obj, why + ".")
                        self.message_user(request, why + ".", messages.SUCCESS)
                    return redirect(self.page_of("history", obj.pk))
        return self.show(
            request,
            "admin/roadmaps/version.html",
            f"Restore {obj.title}",
            obj,
            version=version,
            changes=changes,
            error=error,
            asks_meaning=self.asks_meaning(obj, [change.name for change in changes]),
        )

    def restorable(self, request: HttpRequest, obj: Any, held: Values) -> Values:
        """What restoring this would make of `obj`."""
        raise NotImplementedError

    def restore(self, request: HttpRequest, obj: Any, held: Values) -> None:
        raise NotImplementedError

    def asks_meaning(self, obj: Any, changed: list[str]) -> bool:
        return False

    def refusal(self, request: HttpRequest, obj: Any, changes: list[Any]) -> str:
        """Why what was asked for cannot be yet, if so."""
        return ""

    # Pages of our own

    def page_of(self, name: str, *args: Any) -> str:
        return reverse(f"admin:roadmaps_{self.opts.model_name}_{name}", args=args)

    def show(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        obj: Any,
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        """A page of our own in the admin's look."""
        request.current_app = self.admin_site.name
        context |= {"title": title, "original": obj, "opts": self.opts}
        context = self.admin_site.each_context(request) | context
        return TemplateResponse(request, template, context, status=status)
