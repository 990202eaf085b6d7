"""The pages under `/accounts/data/`: download and import of a user's data."""

import threading
from collections.abc import Sequence
from http import HTTPStatus

import structlog
from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User
from accounts.requests import AuthenticatedRequest
from core.csv_export import CONTENT_TYPE
from core.max_body import max_body
from core.rate_limit import rate_limit
from data_export import reader, restore
from data_export.checklist import to_markdown
from data_export.spreadsheet import to_csv
from progress.step_copies import StepCopy

log = structlog.get_logger("cairn.accounts")


def to_json(user: User) -> bytes:
    # Imported here, because pydantic would make every process start 10 % slower.
    from pydantic_core import to_json

    from data_export.collector import collect

    return to_json(collect(user), indent=2)


FILE_TYPES = {
    "json": ("application/json", to_json),
    "csv": (CONTENT_TYPE, to_csv),
    "md": ("text/markdown; charset=utf-8", to_markdown),
}
FORM_OVERHEAD = 10_000  # bytes for the CSRF token and the boundaries of the form
# An import may take ten times the memory of its file: one at a time in each process.
import_lock = threading.Lock()
MAX_WAIT = 5  # seconds, for the imports of others
IMPORT_IN_PROGRESS = gettext_lazy(
    "Someone else is importing a file, so nothing was imported. Try again in a minute."
)


@login_required
@require_safe
@reauthentication_required
def my_data(request: AuthenticatedRequest) -> HttpResponse:
    """The page with the downloads and the form that imports a file."""
    context = {"max_megabytes": reader.MAX_MEGABYTES}
    return render(request, "account/my_data.html", context)


@login_required
@require_safe
@reauthentication_required
def download(request: AuthenticatedRequest, extension: str) -> HttpResponse:
    """The user's data as a file."""
    if extension not in FILE_TYPES:
        raise Http404("There is no such file.")
    user = request.user
    StepCopy.objects.catch_up(user)
    content_type, serialize = FILE_TYPES[extension]
    response = HttpResponse(serialize(user), content_type=content_type)
    today = timezone.localdate()
    response["Content-Disposition"] = (
        f'attachment; filename="cairn-{today:%Y-%m-%d}.{extension}"'
    )
    log.info("data_exported", user_id=user.pk, kind=extension)
    with transaction.atomic():
        AuditEvent.objects.record(
            *(AuditAction.DATA_DOWNLOADED, user), file=extension.upper()
        )
    return response


def too_large(request: HttpRequest) -> HttpResponse:
    return show_errors(request, [reader.TOO_LARGE], HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@login_required
@require_POST
@rate_limit
@max_body(reader.MAX_FILE_SIZE + FORM_OVERHEAD, too_large)
def upload(request: AuthenticatedRequest) -> HttpResponse:
    """Import a JSON file that was downloaded from this site or from another one."""
    file = request.FILES.get("file")
    if file is None:
        return show_errors(request, [_("Choose a file first.")])
    if not import_lock.acquire(timeout=MAX_WAIT):
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return show_errors(request, [IMPORT_IN_PROGRESS], status)
    try:
        document = reader.parse(file)
        with transaction.atomic():
            result = restore.restore(request.user, document)
            AuditEvent.objects.record(AuditAction.DATA_IMPORTED, request.user)
    except ValidationError as error:
        return show_errors(request, error.messages)
    finally:
        import_lock.release()
    log.info("data_imported", user_id=request.user.pk, marks=len(result.marked_steps))
    return render(request, "account/restored.html", {"result": result})


def show_errors(
    request: HttpRequest,
    errors: Sequence[str | Promise],
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HttpResponse:
    context = {"errors": errors, "max_megabytes": reader.MAX_MEGABYTES}
    return render(request, "account/my_data.html", context, status=status)
