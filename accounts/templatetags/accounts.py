"""Template tags of the account pages."""

from urllib.parse import quote

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django import template

from accounts.allauth_internals import get_pending_login
from accounts.providers import (
    SignInProvider,
    configured_providers,
    get_provider_name,
)

register = template.Library()


@register.simple_tag
def providers() -> list[SignInProvider]:
    """The providers that users can sign in with."""
    return configured_providers()


@register.simple_tag
def organisation() -> SignInProvider | None:
    """The organisation's own provider, if there is one."""
    return next((each for each in configured_providers() if each.is_organisation), None)


@register.simple_tag
def passkeys_in_use() -> bool:
    """Whether anybody can sign in with a passkey."""
    passkeys = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN)
    return app_settings.PASSKEY_LOGIN_ENABLED and passkeys.exists()


@register.simple_tag(takes_context=True)
def login_redirect_url(context: template.RequestContext) -> str | None:
    """The URL to which the user is redirected at the end of the current sign-in."""
    if url := context.get("redirect_field_value"):
        return str(url)
    login = get_pending_login(context["request"])
    return login.redirect_url if login else None


register.filter("provider_name", get_provider_name)


@register.filter
def text_data_url(lines: list[str]) -> str:
    """A `data:` URL of a text file with these lines."""
    return "data:text/plain;charset=utf-8," + quote("\n".join([*lines, ""]))
