"""The pages under `/accounts/`. allauth's pages keep allauth's URL names."""

from types import ModuleType

from allauth.account import views as account_views
from allauth.decorators import rate_limit
from allauth.mfa.base import views as mfa_views
from allauth.mfa.recovery_codes import views as recovery_codes_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as webauthn_views
from allauth.socialaccount import views as social_views
from allauth.socialaccount.providers.github import views as github_views
from allauth.socialaccount.providers.google import views as google_views
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.urls import URLPattern, path, reverse_lazy
from django.views.generic import RedirectView

from accounts import mfa, views
from accounts.limits import limit_new_codes
from accounts.openid_connect import views as organisation_views
from accounts.password_sign_in import require_allowed
from accounts.providers import allow_redirects_to_providers, require_configured
from accounts.reauthentication import reauthenticate_by_code
from accounts.resend import signed_in
from accounts.second_factor_secrets import explain_unreadable

# A successful change leads back to the settings, which list the addresses. Errors are
# shown on the page of this view.
manage_addresses = account_views.EmailView.as_view(
    success_url=reverse_lazy("account_settings", fragment="email")
)

# Each request can store a session, also a GET: it stores the passkey's challenge.
limit_by_address = rate_limit(  # type: ignore[no-untyped-call]
    action="begin_passkey_or_provider", limit_get=True
)

# Each view that signs somebody in, or changes how they sign in, is in one transaction
# with its event in the audit trail (events.py). So are the views that ask for the
# password first: they then continue what was interrupted, such as a connection.


def provider_urls(
    name: str, provider: str, provider_views: ModuleType
) -> list[URLPattern]:
    """The URLs that redirect to a provider, by POST, and that it redirects back to."""
    login, callback = map(
        require_configured(provider),
        (provider_views.oauth2_login, provider_views.oauth2_callback),
    )
    return [
        path(
            f"{name}/login/",
            limit_by_address(allow_redirects_to_providers(login)),
            name=f"{name}_login",
        ),
        path(
            f"{name}/login/callback/",
            transaction.atomic(callback),
            name=f"{name}_callback",
        ),
    ]


urlpatterns = [
    path("settings/", views.settings, name="account_settings"),
    path(
        "settings/devices/<int:session_id>/sign-out/",
        views.sign_out_device,
        name="account_sign_out_device",
    ),
    path(
        "settings/devices/sign-out-others/",
        views.sign_out_others,
        name="account_sign_out_others",
    ),
    path("delete/", views.delete, name="account_delete"),
    path("deleted/", views.deleted, name="account_deleted"),
    path(
        "reauthenticate/code/",
        transaction.atomic(reauthenticate_by_code),
        name="account_reauthenticate_by_code",
    ),
    path(
        "login/",
        allow_redirects_to_providers(transaction.atomic(views.LoginView.as_view())),
        name="account_login",
    ),
    path(
        "login/code/",
        account_views.request_login_code,
        name="account_request_login_code",
    ),
    path(
        "login/code/confirm/",
        limit_new_codes(transaction.atomic(account_views.confirm_login_code)),
        name="account_confirm_login_code",
    ),
    path("signed-in/", signed_in, name="account_signed_in"),
    path("logout/", account_views.logout, name="account_logout"),
    path(
        "reauthenticate/",
        transaction.atomic(account_views.reauthenticate),
        name="account_reauthenticate",
    ),
    # In one transaction, so that no account is left if the mail cannot be sent.
    path(
        "signup/",
        allow_redirects_to_providers(transaction.atomic(views.SignupView.as_view())),
        name="account_signup",
    ),
    path("signup/again/", views.start_again, name="account_start_again"),
    path("inactive/", account_views.account_inactive, name="account_inactive"),
    path("email/", transaction.atomic(manage_addresses), name="account_email"),
    path(
        "confirm-email/",
        limit_new_codes(transaction.atomic(account_views.email_verification_sent)),
        name="account_email_verification_sent",
    ),
    path(
        "password/change/",
        require_allowed(transaction.atomic(account_views.password_change)),
        name="account_change_password",
    ),
    path(
        "password/set/",
        require_allowed(transaction.atomic(account_views.password_set)),
        name="account_set_password",
    ),
    path(
        "password/reset/", account_views.password_reset, name="account_reset_password"
    ),
    path(
        "password/reset/confirm/",
        transaction.atomic(account_views.confirm_password_reset_code),
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/",
        transaction.atomic(account_views.complete_password_reset),
        name="account_complete_password_reset",
    ),
    path(
        "password/reset/done/",
        account_views.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
    # Without `login_required`, allauth would ask strangers to reauthenticate, and store
    # the whole request in their session.
    path("2fa/", mfa_views.index, name="mfa_index"),
    path(
        "2fa/authenticate/",
        transaction.atomic(mfa_views.authenticate),
        name="mfa_authenticate",
    ),
    path(
        "2fa/reauthenticate/",
        transaction.atomic(mfa_views.reauthenticate),
        name="mfa_reauthenticate",
    ),
    path(
        "2fa/totp/activate/",
        login_required(totp_views.activate_totp),
        name="mfa_activate_totp",
    ),
    path(
        "2fa/totp/deactivate/",
        login_required(transaction.atomic(totp_views.deactivate_totp)),
        name="mfa_deactivate_totp",
    ),
    path(
        "2fa/recovery-codes/",
        login_required(explain_unreadable(recovery_codes_views.view_recovery_codes)),
        name="mfa_view_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/generate/",
        login_required(
            explain_unreadable(recovery_codes_views.generate_recovery_codes)
        ),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/webauthn/",
        RedirectView.as_view(pattern_name="mfa_index"),
        name="mfa_list_webauthn",
    ),
    path(
        "2fa/webauthn/add/",
        login_required(transaction.atomic(webauthn_views.add_webauthn)),
        name="mfa_add_webauthn",
    ),
    path(
        "2fa/webauthn/login/",
        limit_by_address(transaction.atomic(mfa.PasskeyLoginView.as_view())),
        name="mfa_login_webauthn",
    ),
    path(
        "2fa/webauthn/reauthenticate/",
        transaction.atomic(mfa.PasskeyReauthenticateView.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/edit/",
        login_required(mfa.EditPasskeyView.as_view()),
        name="mfa_edit_webauthn",
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/remove/",
        login_required(transaction.atomic(webauthn_views.remove_webauthn)),
        name="mfa_remove_webauthn",
    ),
    path(
        "sessions/",
        RedirectView.as_view(url=reverse_lazy("account_settings", fragment="devices")),
        name="usersessions_list",
    ),
    path(
        "3rdparty/",
        allow_redirects_to_providers(transaction.atomic(social_views.connections)),
        name="socialaccount_connections",
    ),
    path(
        "3rdparty/signup/",
        transaction.atomic(social_views.signup),
        name="socialaccount_signup",
    ),
    path(
        "3rdparty/login/cancelled/",
        social_views.login_cancelled,
        name="socialaccount_login_cancelled",
    ),
    path(
        "3rdparty/login/error/",
        social_views.login_error,
        name="socialaccount_login_error",
    ),
    *provider_urls("github", "github", github_views),
    *provider_urls("google", "google", google_views),
    *provider_urls("organisation", "openid_connect", organisation_views),
]
