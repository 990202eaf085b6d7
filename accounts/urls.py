"""The pages under `/accounts/`. allauth's pages keep allauth's URL names."""

from types import ModuleType

from allauth.account import views
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.google import views as google
from django.db import transaction
from django.urls import URLPattern, path, reverse_lazy
from django.views.generic import RedirectView

from accounts import mfa as cairn_mfa
from accounts import views as cairn_views
from accounts.providers import allow_redirects_to_providers, require_configured
from accounts.reauthentication import reauthenticate_by_code

# The settings list the addresses, so a change leads back there. Its errors are shown
# on a page of their cairn_views.
email = views.EmailView.as_view(
    success_url=reverse_lazy("account_settings", fragment="email")
)


def provider_urls(provider: str, views: ModuleType) -> list[URLPattern]:
    """The address that leads to a provider, by POST, and the one that leads back."""
    login, callback = map(
        require_configured(provider), (views.oauth2_login, views.oauth2_callback)
    )
    return [
        path(
            f"{provider}/login/",
            allow_redirects_to_providers(login),
            name=f"{provider}_login",
        ),
        path(
            f"{provider}/login/callback/",
            transaction.atomic(callback),
            name=f"{provider}_callback",
        ),
    ]


urlpatterns = [
    path("settings/", cairn_views.settings, name="account_settings"),
    path(
        "settings/devices/<int:session_id>/sign-out/",
        cairn_views.sign_out_device,
        name="account_sign_out_device",
    ),
    path(
        "settings/devices/sign-out-others/",
        cairn_views.sign_out_others,
        name="account_sign_out_others",
    ),
    path("delete/", cairn_views.delete, name="account_delete"),
    path("deleted/", cairn_views.deleted, name="account_deleted"),
    path(
        "reauthenticate/code/",
        reauthenticate_by_code,
        name="account_reauthenticate_by_code",
    ),
    path("login/", allow_redirects_to_providers(views.login), name="account_login"),
    path("login/code/", views.request_login_code, name="account_request_login_code"),
    path(
        "login/code/confirm/",
        views.confirm_login_code,
        name="account_confirm_login_code",
    ),
    path("logout/", views.logout, name="account_logout"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    # In one transaction, so that no account is left if the mail cannot be sent.
    path(
        "signup/",
        allow_redirects_to_providers(transaction.atomic(views.signup)),
        name="account_signup",
    ),
    path("signup/again/", cairn_views.start_again, name="account_start_again"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("email/", transaction.atomic(email), name="account_email"),
    path(
        "confirm-email/",
        transaction.atomic(views.email_verification_sent),
        name="account_email_verification_sent",
    ),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path(
        "password/reset/confirm/",
        views.confirm_password_reset_code,
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/",
        views.complete_password_reset,
        name="account_complete_password_reset",
    ),
    path(
        "password/reset/done/",
        views.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
    path("2fa/", mfa.index, name="mfa_index"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "2fa/recovery-codes/",
        recovery_codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/generate/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/webauthn/",
        RedirectView.as_view(pattern_name="mfa_index"),
        name="mfa_list_webauthn",
    ),
    path("2fa/webauthn/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path(
        "2fa/webauthn/login/",
        cairn_mfa.PasskeyLoginView.as_view(),
        name="mfa_login_webauthn",
    ),
    path(
        "2fa/webauthn/reauthenticate/",
        cairn_mfa.PasskeyReauthenticateView.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/edit/",
        webauthn.edit_webauthn,
        name="mfa_edit_webauthn",
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/remove/",
        webauthn.remove_webauthn,
        name="mfa_remove_webauthn",
    ),
    path(
        "sessions/",
        RedirectView.as_view(url=reverse_lazy("account_settings", fragment="devices")),
        name="usersessions_list",
    ),
    path(
        "3rdparty/",
        allow_redirects_to_providers(social.connections),
        name="socialaccount_connections",
    ),
    path(
        "3rdparty/signup/",
        transaction.atomic(social.signup),
        name="socialaccount_signup",
    ),
    path(
        "3rdparty/login/cancelled/",
        social.login_cancelled,
        name="socialaccount_login_cancelled",
    ),
    path("3rdparty/login/error/", social.login_error, name="socialaccount_login_error"),
    *provider_urls("github", github),
    *provider_urls("google", google),
]
