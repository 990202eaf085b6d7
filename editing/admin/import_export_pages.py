"""The admin's pages for files: export a roadmap; upload one, preview it, import it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.models import User
from editing.admin.history import VersionedAdmin
from editing.admin.upload import Upload, UploadForm
from editing.diff import Difference, compare_lines, get_label, to_lines
from editing.permissions import PUBLISH_ROADMAP
from editing.step_operations import Impact
from editing.yaml_format.exporter import export
from editing.yaml_format.importer import StalePlanError, import_roadmap
from editing.yaml_format.parser import InvalidFileError, YamlDocument
from editing.yaml_format.plan import Change, Plan, StepPlan, compare
from editing.yaml_format.references import find_warnings
from editing.yaml_format.schema import RoadmapFile, parse
from editing.yaml_format.summary import describe_step, summarize
from roadmaps.models import Roadmap, Step

MAX_COMPARED_STEPS = 200
MAX_COMPARED_LINES = 10_000  # a page with more takes long to make and to read
HEADINGS = {  # by kind of change
    "added": gettext_lazy("Added"),
    "renamed": gettext_lazy("Renamed"),
    "reordered": gettext_lazy("Reordered"),
    "retired": gettext_lazy("Retired"),
    "brought back": gettext_lazy("Brought back"),
}
# The fields of models that have another name in files.
MODEL_FIELDS = {"optional": "is_optional", "published": "is_published"}
# How retired steps and steps with a new meaning affect learners.
RETIRED_DONE = ngettext_lazy(
    "%(count)d learner has done one or more of these steps. The steps stay "
    "visible to them, but no longer count towards their total.",
    "%(count)d learners have done one or more of these steps. The steps stay "
    "visible to them, but no longer count towards their total.",
    "count",
)
RETIRED_NOTES = ngettext_lazy(
    "%(count)d learner has notes on one or more of these steps, and keeps them.",
    "%(count)d learners have notes on one or more of these steps, and keep them.",
    "count",
)
CHANGED_DONE = ngettext_lazy(
    "%(count)d learner has done one or more of these steps. They see “Changed "
    "since you did it”.",
    "%(count)d learners have done one or more of these steps. They see “Changed "
    "since you did it”.",
    "count",
)


class StepGroup(NamedTuple):
    """The steps with one kind of change, each described in words."""

    heading: str
    steps: list[str]
    impact: str  # on learners, in words


class ImportExportPages:
    def __init__(self, admin: VersionedAdmin) -> None:
        self.admin = admin

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        roadmap = get_object_or_404(Roadmap, pk=pk)
        if not self.admin.has_view_permission(request, roadmap):
            raise PermissionDenied
        try:
            text = export(roadmap)
        except InvalidFileError as error:
            messages.error(request, f"{_('Nothing was exported.')} {error}")
            return redirect("admin:roadmaps_roadmap_change", pk)
        disposition = f'attachment; filename="{roadmap.slug}.yaml"'
        return HttpResponse(
            text,
            content_type="application/yaml; charset=utf-8",
            headers={"Content-Disposition": disposition},
        )

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show the upload form. A POST shows what the file would change."""
        self.check_permission(request)
        if request.method != "POST":
            return self.render_form(request, UploadForm())
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_form(request, form)
        file = form.cleaned_data["file"]
        try:
            document = YamlDocument(file.name, file.read())
            plan = self.make_plan(request, parse(document))
        except InvalidFileError as error:
            return self.render_form(request, form, str(error).splitlines())
        upload = Upload(file.name, document.text, plan.fingerprint)
        return self.render_preview(request, upload, plan)

    def apply(self, request: HttpRequest) -> HttpResponse:
        """Import the previewed file.

        If the roadmap has changed since the preview, show a new preview instead.
        """
        self.check_permission(request)
        try:
            upload = Upload.unsign(request.POST.get("sealed", ""))
            file = parse(YamlDocument(upload.name, upload.text.encode()))
            plan = self.make_plan(request, file)
            if not plan.is_empty:
                plan = import_roadmap(
                    file,
                    reason=_("Imported from %(file)s") % {"file": upload.name},
                    user=cast("User", request.user),
                    may_publish=request.user.has_perm(PUBLISH_ROADMAP),
                    fingerprint=upload.fingerprint,
                )
        except BadSignature:
            error_message = _("This preview has expired. Choose the file again.")
            return self.render_form(request, UploadForm(), [error_message])
        except InvalidFileError as error:
            return self.render_form(request, UploadForm(), str(error).splitlines())
        except StalePlanError:
            plan = self.make_plan(request, file)
            upload = replace(upload, fingerprint=plan.fingerprint)
            return self.render_preview(request, upload, plan, HTTPStatus.CONFLICT)
        imported = _("Imported %(file)s.") % {"file": upload.name}
        messages.success(request, f"{imported} {summarize(plan)}")
        for warning in find_warnings([file]):
            message = _("Warning: %(warning)s") % {"warning": warning}
            messages.warning(request, message)
        return redirect(
            "admin:roadmaps_roadmap_change", Roadmap.objects.get(slug=file.slug).pk
        )

    def make_plan(self, request: HttpRequest, file: RoadmapFile) -> Plan:
        """Return what the user would change with the file.

        Raises InvalidFileError as `compare` does, and PermissionDenied.
        """
        plan = compare(file, may_publish=request.user.has_perm(PUBLISH_ROADMAP))
        is_allowed = (
            self.admin.has_change_permission(request, plan.roadmap)
            if plan.roadmap
            else self.admin.has_add_permission(request)
        )
        if not is_allowed:
            raise PermissionDenied
        return plan

    def check_permission(self, request: HttpRequest) -> None:
        """Raise PermissionDenied unless the user may add and change steps."""
        if not request.user.has_perms(["roadmaps.add_step", "roadmaps.change_step"]):
            raise PermissionDenied

    def render_form(
        self, request: HttpRequest, form: UploadForm, errors: Sequence[str] = ()
    ) -> HttpResponse:
        return self.admin.render_page(
            request,
            "admin/roadmaps/roadmap/import.html",
            _("Import a roadmap"),
            None,
            status=HTTPStatus.BAD_REQUEST if errors or form.errors else HTTPStatus.OK,
            form=form,
            errors=errors or form.errors.get("file", []),
        )

    def render_preview(
        self,
        request: HttpRequest,
        upload: Upload,
        plan: Plan,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> HttpResponse:
        changed = plan.steps_by_kind["changed"]
        compared = compare_steps(changed)
        return self.admin.render_page(
            request,
            "admin/roadmaps/roadmap/preview.html",
            _("Import %(file)s") % {"file": upload.name},
            plan.roadmap,
            status=status,
            plan=plan,
            is_stale=status == HTTPStatus.CONFLICT,
            summary=summarize(plan),
            roadmap_changes=to_differences(Roadmap, plan.changes),
            groups=list(group_steps(plan)),
            changed=compared,
            not_compared=changed[len(compared) :],
            warnings=find_warnings([plan.file]),
            signed_upload=upload.sign(),
        )


def group_steps(plan: Plan) -> Iterator[StepGroup]:
    """Group the steps by kind of change, except those that are compared line by line.

    Retired steps and those with a new meaning have the number of affected learners.
    """
    for kind, heading in HEADINGS.items():
        if steps := plan.steps_by_kind[kind]:
            descriptions = [describe_step(kind, step) for step in steps]
            impact = describe_retiring(steps) if kind == "retired" else ""
            yield StepGroup(str(heading), descriptions, impact)
    if with_new_meaning := [step for step in plan.steps if step.has_new_meaning]:
        slugs = [step.after.slug for step in with_new_meaning]
        done = get_impact(with_new_meaning).done
        impact = CHANGED_DONE % {"count": done} if done else ""
        yield StepGroup(_("Meaning changed"), slugs, impact)


def describe_retiring(steps: list[StepPlan]) -> str:
    impact = get_impact(steps)
    counts = [(RETIRED_DONE, impact.done), (RETIRED_NOTES, impact.notes)]
    return " ".join(text % {"count": count} for text, count in counts if count)


def get_impact(plans: list[StepPlan]) -> Impact:
    ids = [plan.step.pk for plan in plans if plan.step]
    return Impact.for_steps(Step.objects.filter(pk__in=ids))


def compare_steps(steps: list[StepPlan]) -> list[tuple[str, list[Difference]]]:
    """Return a description and the differences of the first steps.

    There are as many as fit into MAX_COMPARED_STEPS and MAX_COMPARED_LINES.
    """
    compared: list[tuple[str, list[Difference]]] = []
    lines = 0
    for step in steps[:MAX_COMPARED_STEPS]:
        differences = to_differences(Step, step.changes)
        lines += sum(len(difference.rows) for difference in differences)
        if lines > MAX_COMPARED_LINES:
            break
        compared.append((describe_step("changed", step), differences))
    return compared


def to_differences(
    model: type[Roadmap | Step], changes: list[Change]
) -> list[Difference]:
    return [
        Difference(
            change.name,
            get_label(model, MODEL_FIELDS.get(change.name, change.name)),
            compare_lines(entry_to_lines(change.before), entry_to_lines(change.after)),
        )
        for change in changes
    ]


def entry_to_lines(value: Any) -> list[str]:
    if isinstance(value, list):
        rows = [row if isinstance(row, str) else row.model_dump() for row in value]
        return to_lines(rows)
    return to_lines(value)
