"""The admin's pages for files: a roadmap is exported, or compared and then applied."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from editing.admin.files import PUBLISH
from editing.admin.upload import FileForm, Upload
from editing.diff import Difference, lines, rows
from editing.step_operations import Impact
from editing.yaml_format.exporter import export
from editing.yaml_format.importer import StalePlanError, import_roadmap
from editing.yaml_format.parser import Source, SourceError
from editing.yaml_format.plan import Change, Plan, StepPlan, compare
from editing.yaml_format.schema import parse
from editing.yaml_format.summary import about, summary
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from editing.admin.history import VersionedAdmin
    from editing.yaml_format.schema import RoadmapFile

MOST_COMPARED = 200  # steps whose texts are shown before and after


class Group(NamedTuple):
    """The steps of which the same becomes, each in words."""

    kind: str
    steps: list[str]
    touched: Impact | None


class FilePages:
    def __init__(self, admin: VersionedAdmin) -> None:
        self.admin = admin

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        roadmap = get_object_or_404(Roadmap, pk=pk)
        if not self.admin.has_view_permission(request, roadmap):
            raise PermissionDenied
        try:
            text = export(roadmap)
        except SourceError as error:
            messages.error(request, f"Not exported. {error}")
            return redirect("admin:roadmaps_roadmap_change", pk)
        disposition = f'attachment; filename="{roadmap.slug}.yaml"'
        return HttpResponse(
            text,
            content_type="application/yaml; charset=utf-8",
            headers={"Content-Disposition": disposition},
        )

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file; one that was sent is compared, and changes nothing."""
        self.refuse_strangers(request)
        if request.method != "POST":
            return self.ask(request, FileForm())
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.ask(request, form)
        sent = form.cleaned_data["file"]
        try:
            source = Source(sent.name, sent.read())
            plan = self.plan(request, parse(source))
        except SourceError as error:
            return self.ask(request, form, *str(error).splitlines())
        upload = Upload(sent.name, source.text, plan.fingerprint)
        return self.show_plan(request, upload, plan)

    def apply(self, request: HttpRequest) -> HttpResponse:
        """Do what the preview said; where that would be something else by now, show it
        first.
        """
        self.refuse_strangers(request)
        try:
            upload = Upload.unseal(request.POST.get("sealed", ""))
            file = parse(upload.source)
            plan = self.plan(request, file)
            if not plan.changes_nothing:
                plan = import_roadmap(
                    file,
                    why=f"Imported from {upload.name}",
                    by=cast("User", request.user),
                    may_publish=request.user.has_perm(PUBLISH),
                    fingerprint=upload.fingerprint,
                )
        except BadSignature:
            return self.ask(request, FileForm(), "That preview is not valid any more.")
        except SourceError as error:
            return self.ask(request, FileForm(), *str(error).splitlines())
        except StalePlanError:
            plan = self.plan(request, file)
            upload = replace(upload, fingerprint=plan.fingerprint)
            return self.show_plan(request, upload, plan, HTTPStatus.CONFLICT)
        messages.success(request, f"Imported {upload.name}. {summary(plan)}.")
        return redirect(
            "admin:roadmaps_roadmap_change", Roadmap.objects.get(slug=file.slug).pk
        )

    def plan(self, request: HttpRequest, file: RoadmapFile) -> Plan:
        """What the person would change with the file; raises SourceError."""
        plan = compare(file, may_publish=request.user.has_perm(PUBLISH))
        may = (
            self.admin.has_change_permission(request, plan.roadmap)
            if plan.roadmap
            else self.admin.has_add_permission(request)
        )
        if not may:
            raise PermissionDenied
        return plan

    def refuse_strangers(self, request: HttpRequest) -> None:
        """An import writes steps, whatever else it does."""
        if not request.user.has_perms(["roadmaps.add_step", "roadmaps.change_step"]):
            raise PermissionDenied

    def ask(self, request: HttpRequest, form: FileForm, *errors: str) -> HttpResponse:
        return self.admin.show(
            request,
            "admin/roadmaps/roadmap/import.html",
            "Import a roadmap",
            None,
            status=HTTPStatus.BAD_REQUEST if errors or form.errors else HTTPStatus.OK,
            form=form,
            errors=errors or form.errors.get("file", []),
        )

    def show_plan(
        self,
        request: HttpRequest,
        upload: Upload,
        plan: Plan,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> HttpResponse:
        changed = plan.kinds["changed"]
        return self.admin.show(
            request,
            "admin/roadmaps/roadmap/preview.html",
            f"Import {upload.name}",
            plan.roadmap,
            status=status,
            plan=plan,
            is_other=status == HTTPStatus.CONFLICT,
            summary=summary(plan),
            head=differences(plan.changes),
            groups=list(groups(plan)),
            changed=[
                (about("changed", step), differences(step.changes))
                for step in changed[:MOST_COMPARED]
            ],
            left_out=changed[MOST_COMPARED:],
            sealed=upload.seal(),
        )


def groups(plan: Plan) -> Iterator[Group]:
    """What becomes of the steps, and whom that touches where it does."""
    for kind, steps in plan.kinds.items():
        if steps and kind not in ("changed", "unchanged"):
            touched = touched_by(steps) if kind == "retired" else None
            yield Group(kind, [about(kind, step) for step in steps], touched)
    if asking := [step for step in plan.steps if step.has_new_meaning]:
        slugs = [step.after.slug for step in asking]
        yield Group("with a new meaning", slugs, touched_by(asking))


def touched_by(steps: list[StepPlan]) -> Impact:
    ids = [planned.step.pk for planned in steps if planned.step]
    return Impact.by(Step.objects.filter(pk__in=ids))


def differences(changes: list[Change]) -> list[Difference]:
    return [
        Difference(
            change.name,
            change.name.replace("_", " ").capitalize(),
            rows(as_lines(change.before), as_lines(change.after)),
        )
        for change in changes
    ]


def as_lines(value: Any) -> list[str]:
    if isinstance(value, list):
        return lines([resource.model_dump() for resource in value])
    return lines(value)
