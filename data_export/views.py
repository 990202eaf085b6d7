"""The pages under `/accounts/data/`: download and import of the user's own data."""

from http import HTTPStatus

import structlog
from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from core.max_body import max_body
from data_export import restore
from data_export.checklist import to_markdown
from data_export.spreadsheet import to_csv

log = structlog.get_logger("cairn.accounts")


def to_json(user: User) -> str:
    # Imported here because pydantic adds a tenth to the start of every process.
    from data_export.collector import collect

    return collect(user).model_dump_json(indent=2)


FILE_TYPES = {
    "json": ("application/json", to_json),
    "csv": ("text/csv; charset=utf-8", to_csv),
    "md": ("text/markdown; charset=utf-8", to_markdown),
}
FORM_OVERHEAD = 10_000  # bytes: the token and the boundaries around the uploaded file


@login_required
@require_safe
@reauthentication_required
def my_data(request: AuthenticatedRequest) -> HttpResponse:
    """The page with the downloads and the form that imports a file."""
    return render(request, "account/my_data.html")


@login_required
@require_safe
@reauthentication_required
def download(request: AuthenticatedRequest, extension: str) -> HttpResponse:
    """The user's data as a file."""
    if extension not in FILE_TYPES:
        raise Http404("There is no such file.")
    user = request.user
    content_type, content_of = FILE_TYPES[extension]
    response = HttpResponse(content_of(user), content_type=content_type)
    today = timezone.localdate()
    response["Content-Disposition"] = (
        f'attachment; filename="cairn-{today:%Y-%m-%d}.{extension}"'
    )
    log.info("data_exported", user_id=user.pk, kind=extension)
    return response


def too_large(request: HttpRequest) -> HttpResponse:
    return show_errors(
        request, [restore.TOO_LARGE], HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    )


@login_required
@require_POST
@max_body(restore.MAX_FILE_SIZE + FORM_OVERHEAD, too_large)
def upload(request: AuthenticatedRequest) -> HttpResponse:
    """Import a file that was downloaded here or from another Cairn."""
    file = request.FILES.get("file")
    if file is None:
        return show_errors(request, ["Choose the file first."])
    try:
        restored = restore.restore(request.user, restore.parse(file))
    except ValidationError as error:
        return show_errors(request, error.messages)
    log.info("data_imported", user_id=request.user.pk, marks=len(restored.marks))
    return render(request, "account/restored.html", {"restored": restored})


def show_errors(
    request: HttpRequest,
    errors: list[str],
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HttpResponse:
    context = {"faults": errors}
    return render(request, "account/my_data.html", context, status=status)
