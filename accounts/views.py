"""A person's settings, their data, and the way out."""

from http import HTTPStatus

import structlog
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.email_verification_by_code import (
    EmailVerificationProcess,
)
from allauth.account.internal.stagekit import unstash_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import devices
from accounts.deletion import leave
from accounts.forms import AddEmailForm, NameForm, TimeZoneForm
from accounts.models import User
from accounts.requests import AuthenticatedRequest
from data_export import restore, tables
from progress.models import Completion, StepProgress
from progress.notes import Note

log = structlog.get_logger("cairn.accounts")


def as_json(user: User) -> str:
    # Not at every start: pydantic, which only files need, takes a tenth of it.
    from data_export.collector import collect

    return collect(user).model_dump_json(indent=2)


FILES = {
    "json": ("application/json", as_json),
    "csv": ("text/csv; charset=utf-8", tables.to_csv),
    "md": ("text/markdown; charset=utf-8", tables.to_markdown),
}
FORMS = {"name": NameForm, "time-zone": TimeZoneForm}
ROUND_A_FILE = 10_000  # bytes: the boundaries and the token of the form that sends it


@require_POST
def start_again(request: HttpRequest) -> HttpResponse:
    """Leave a sign-up that waits for its code, say with a mistyped address.

    allauth's own way to change the address is there for newcomers alone, and so tells
    them from those who have an account.
    """
    login = unstash_login(request)
    if login and login.signup and login.user:
        made = User.objects.filter(pk=login.user.pk)
        made.exclude(emailaddress__verified=True).delete()
    if process := EmailVerificationProcess.resume(request):
        process.abort()
    query = urlencode({"next": request.POST.get("next", "")})
    return redirect(f"{reverse('account_signup')}?{query}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: AuthenticatedRequest) -> HttpResponse:
    """All there is to settle. A POST saves the `section` that it names."""
    user = request.user
    forms = {name: form(instance=user) for name, form in FORMS.items()}
    status = HTTPStatus.OK
    if request.method == "POST":
        section = request.POST.get("section", "")
        if section not in FORMS:
            raise BadRequest("There is no such section.")
        form = FORMS[section](request.POST, instance=User.objects.get(pk=user.pk))
        if form.is_valid():
            form.save()
            messages.success(request, "Saved.")
            return redirect(reverse("account_settings", fragment=section))
        forms[section] = form
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    UserSession.objects.create_from_request(request)  # of a session just begun, too
    context = {
        "name_form": forms["name"],
        "time_zone_form": forms["time-zone"],
        "emailaddresses": EmailAddress.objects.filter(user=user).order_by("email"),
        "form": AddEmailForm(user),
        "can_add_email": EmailAddress.objects.can_add_email(user),
        "factors": Authenticator.objects.filter(user=user).order_by("type", "pk"),
        "linked": SocialAccount.objects.filter(user=user).order_by("provider"),
        "devices": [
            (session, devices.name_of(session.user_agent))
            for session in devices.signed_in(user)
        ],
    }
    return render(request, "account/settings.html", context, status=status)


@login_required
@require_POST
def sign_out_device(request: AuthenticatedRequest, session_id: int) -> HttpResponse:
    """End one of the person's sessions, at once and everywhere."""
    session = get_object_or_404(UserSession, user=request.user, pk=session_id)
    if session.session_key == request.session.session_key:
        logout(request)
    session.end()
    return redirect(reverse("account_settings", fragment="devices"))


@login_required
@require_POST
def sign_out_others(request: AuthenticatedRequest) -> HttpResponse:
    """End all of the person's sessions but this one."""
    own = UserSession.objects.filter(user=request.user)
    for session in own.exclude(session_key=request.session.session_key):
        session.end()
    messages.success(request, "All other devices are signed out.")
    return redirect(reverse("account_settings", fragment="devices"))


@login_required
@require_safe
@reauthentication_required
def my_data(request: AuthenticatedRequest) -> HttpResponse:
    """Where the files are downloaded, and brought back."""
    return render(request, "account/my_data.html")


@login_required
@require_safe
@reauthentication_required
def download(request: AuthenticatedRequest, extension: str) -> HttpResponse:
    """One's data as a file."""
    if extension not in FILES:
        raise Http404("There is no such file.")
    user = request.user
    kind, content_of = FILES[extension]
    response = HttpResponse(content_of(user), content_type=kind)
    today = timezone.localdate()
    response["Content-Disposition"] = (
        f'attachment; filename="cairn-{today:%Y-%m-%d}.{extension}"'
    )
    log.info("data_exported", user_id=user.pk, kind=extension)
    return response


@csrf_exempt  # it would read the whole of what is sent; `import_roadmap` is protected
@login_required
@require_POST
def upload(request: AuthenticatedRequest) -> HttpResponse:
    """Take in a file that was downloaded here or from another Cairn."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > restore.LARGEST + ROUND_A_FILE:
        return refuse(request, [restore.TOO_LARGE], HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return import_roadmap(request)


@csrf_protect
def import_roadmap(request: AuthenticatedRequest) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None:
        return refuse(request, ["Choose the file first."])
    try:
        restored = restore.restore(request.user, restore.read(file))
    except ValidationError as error:
        return refuse(request, error.messages)
    log.info("data_imported", user_id=request.user.pk, marks=len(restored.marks))
    return render(request, "account/restored.html", {"restored": restored})


def refuse(
    request: HttpRequest,
    faults: list[str],
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HttpResponse:
    context = {
        "faults": faults,
    }
    return render(request, "account/my_data.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def delete(request: AuthenticatedRequest) -> HttpResponse:
    """Say what goes, and ask; a POST deletes the account with all of that."""
    user = request.user
    user_id = user.pk
    if request.method == "POST" and leave(user):
        log.info("account_deleted", user_id=user_id)
        logout(request)
        return redirect("account_deleted")
    context = {
        "is_last": user.is_last_administrator(),
        "marks": StepProgress.objects.filter(user=user).count(),
        "notes": Note.objects.filter(user=user).count(),
        "completions": Completion.objects.filter(user=user).count(),
        "addresses": EmailAddress.objects.filter(user=user),
        "devices": len(devices.signed_in(user)),
        "factors": Authenticator.objects.filter(user=user).count(),
        "linked": SocialAccount.objects.filter(user=user),
    }
    return render(request, "account/delete.html", context)


@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    return render(request, "account/deleted.html")
