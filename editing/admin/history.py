"""Versions in the admin: history pages, restoring, and conflicts between editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.forms.utils import ErrorList
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from editing.diff import compare_values, get_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict
    from django.urls import URLPattern

    from editing.diff import Difference, Values
    from roadmaps.models import Roadmap, Step

VERSIONS_PER_PAGE = 20


def question(text: str) -> ValidationError:
    """An error that keeps the form from being saved until the editor has answered.

    The templates of the forms ask it. It is not listed among the errors.
    """
    return ValidationError(text, code="question")


def is_question(errors: Any) -> bool:
    return isinstance(errors, ErrorList) and all(
        error.code == "question" for error in errors.as_data()
    )


def get_newest_version(content: Roadmap | Step) -> int:
    """Return the primary key of its newest version, or 0 if it has none."""
    newest = content.history.order_by("-history_id").values_list("history_id")
    return newest[0][0] if newest else 0


class VersionedForm(forms.ModelForm):
    """A form that knows which version it was filled from.

    If another editor has saved since, the first attempt to save fails. The page then
    shows both texts, and sending the form again overwrites the other editor's save.
    """

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    base_version: int | None = None  # set when another editor has saved since

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = get_newest_version(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.instance.pk:
            return cleaned
        newest = get_newest_version(self.instance)
        if cleaned.get("version") != newest and self.would_change_anything():
            self.base_version = cleaned.get("version") or 0
            self.data = cast("QueryDict", self.data).copy()
            self.data["version"] = str(newest)
            self.add_error(None, question(_("Which version do you want to keep?")))
        return cleaned

    def would_change_anything(self) -> bool:
        """Whether saving could change the stored content."""
        return True


class VersionedAdmin(admin.ModelAdmin):
    """Records one version per save, lists the versions and restores them."""

    form = VersionedForm
    change_form_template = "admin/roadmaps/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"roadmaps_{self.opts.model_name}_version"
        view = self.admin_site.admin_view(self.version_view)
        route = "<int:object_id>/history/<int:version_id>/"
        return [path(route, view, name=name), *super().get_urls()]

    def filter_by_id(self, rows: Any, object_id: str) -> Any:
        """Return the rows whose `id` is this part of an address, which may be no id."""
        try:
            return rows.filter(id=self.opts.pk.to_python(object_id))
        except ValidationError:
            return rows.none()

    # Titles

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    # Saving

    def get_object(self, request: HttpRequest, object_id: str, *args: Any) -> Any:
        """Lock the row during a POST, so that simultaneous saves run one by one."""
        if request.method == "POST" and transaction.get_connection().in_atomic_block:
            own = self.filter_by_id(self.model._default_manager, object_id).values("pk")
            list(own.select_for_update(no_key=True))
        return super().get_object(request, object_id, *args)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        # save_related records the version, once the resources and order are saved too.
        obj.save_without_historical_record()

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        has_changes = form.changed_data or any(each.has_changed() for each in formsets)
        if has_changes or not change:
            type(form.instance).objects.record([form.instance])

    # Conflicts between editors

    def get_submitted_values(
        self, request: HttpRequest, obj: Any, context: dict[str, Any]
    ) -> Values:
        """Return what the submitted form would store, valid or not."""
        form = context["adminform"].form
        stored = get_values(obj)
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
        base = getattr(context["adminform"].form, "base_version", None)
        if base is not None:
            stored = self.model._default_manager.filter(pk=obj.pk).first() or obj
            context["conflict"] = compare_values(
                self.model,
                get_values(stored),
                self.get_submitted_values(request, stored, context),
            )
            newer = stored.history.filter(history_id__gt=base)
            context["newer_versions"] = newer.select_related("history_user")
        if all(is_question(errors) for errors in context["errors"]):
            context["errors"] = []  # leave out "Please correct the error below"
        if obj:
            context |= {"title": str(obj) or context["title"], "subtitle": None}
        kwargs["obj"] = obj
        return super().render_change_form(request, context, *args, **kwargs)

    # History

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """List the versions and what each changed, newest first.

        Also shows the history of deleted content.
        """
        pk = unquote(object_id)
        versions = self.filter_by_id(cast("Any", self.model).history, pk)
        versions = versions.select_related("history_user").order_by("-history_id")
        page = Paginator(versions, VERSIONS_PER_PAGE).get_page(request.GET.get("p"))
        obj = self.get_object(request, pk)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        if not page.object_list and obj is None:
            raise Http404("There is no such history.")
        shown = list(page.object_list)
        self.add_changes(shown, versions)
        return self.render_page(
            request,
            "admin/roadmaps/history.html",
            _("History of %(title)s") % {"title": (obj or shown[0]).title},
            obj,
            page=page,
            versions=shown,
            newest=shown[0].pk if shown and page.number == 1 else None,
        )

    def add_changes(self, shown: Sequence[Any], versions: Any) -> None:
        """Set `changes` on each shown version: its differences from the one before."""
        if not shown:
            return
        before_page = versions.filter(history_id__lt=shown[-1].history_id).first()
        for version, previous in zip(shown, [*shown[1:], before_page], strict=True):
            version.changes = (
                compare_values(self.model, get_values(previous), get_values(version))
                if previous
                else []
            )

    def version_view(
        self, request: HttpRequest, object_id: int, version_id: int
    ) -> HttpResponse:
        """Show what restoring the version would change. A POST restores it."""
        with transaction.atomic():
            content = self.model._default_manager.select_for_update(no_key=True)
            obj = content.filter(pk=object_id).first()
            versions = cast("Any", self.model).history.select_related("history_user")
            version = versions.filter(id=object_id, history_id=version_id).first()
            if obj is None or version is None:
                raise Http404("There is no such version.")
            if not self.has_change_permission(request, obj):
                raise PermissionDenied
            restored = self.get_restored_values(obj, get_values(version))
            changes = compare_values(self.model, get_values(obj), restored)
            error = ""
            if request.method == "POST":
                error = self.get_restore_error(request, obj, changes)
                if not error:
                    if changes:
                        self.restore_version(request, obj, version, restored)
                    return redirect(self.get_page_url("history", obj.pk))
        return self.render_page(
            request,
            "admin/roadmaps/version.html",
            _("Restore %(title)s") % {"title": obj.title},
            obj,
            version=version,
            changes=changes,
            error=error,
            asks_meaning=self.must_ask_meaning(obj, changes),
        )

    def restore_version(
        self, request: HttpRequest, obj: Any, version: Any, restored: Values
    ) -> None:
        self.save_restored_values(request, obj, restored)
        date = date_format(timezone.localtime(version.history_date), "DATETIME_FORMAT")
        reason = _("Restored the version of %(date)s") % {"date": date}
        type(obj).objects.record([obj], reason)
        self.log_change(request, obj, f"{reason}.")
        self.message_user(request, f"{reason}.", messages.SUCCESS)

    def get_restored_values(self, obj: Any, values: Values) -> Values:
        """Return what `obj` would hold after restoring the version's values."""
        raise NotImplementedError

    def save_restored_values(
        self, request: HttpRequest, obj: Any, values: Values
    ) -> None:
        raise NotImplementedError

    def must_ask_meaning(self, obj: Any, changes: Sequence[Difference]) -> bool:
        """Whether the editor must say if the changes give it a new meaning."""
        return False

    def get_restore_error(
        self, request: HttpRequest, obj: Any, changes: Sequence[Difference]
    ) -> str:
        """Return why the version cannot be restored yet, or an empty string."""
        return ""

    # Additional pages

    def get_page_url(self, name: str, *args: Any) -> str:
        return reverse(f"admin:roadmaps_{self.opts.model_name}_{name}", args=args)

    def render_page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        obj: Any,
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        """Render a template with the context that the admin's own pages have."""
        request.current_app = self.admin_site.name
        context |= {"title": title, "original": obj, "opts": self.opts}
        context = self.admin_site.each_context(request) | context
        return TemplateResponse(request, template, context, status=status)
