"""The providers that users can sign in with. Each has its keys in the settings."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from allauth.socialaccount.providers import registry
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

from accounts.openid_connect import discovery
from accounts.openid_connect.provider import PROVIDER as OPENID_CONNECT

type View = Callable[..., HttpResponseBase]


class SignInProvider(NamedTuple):
    name: str
    login_url_name: str
    is_organisation: bool


def configured_providers() -> list[SignInProvider]:
    """The organisation's own provider comes first."""
    own = get_organisation()
    providers = [SignInProvider(own["name"], "organisation_login", True)] if own else []
    for id_ in settings.SOCIALACCOUNT_PROVIDERS:
        if id_ != OPENID_CONNECT:
            name = registry.get_class(id_).name  # type: ignore[no-untyped-call]
            providers.append(SignInProvider(name, f"{id_}_login", False))
    return providers


def get_organisation() -> dict[str, Any] | None:
    """The settings of the organisation's OpenID provider, if there is one."""
    provider = settings.SOCIALACCOUNT_PROVIDERS.get(OPENID_CONNECT)
    return provider and provider["APP"]


def get_provider_name(provider: str) -> str:
    """The display name of a provider, even if its keys are no longer set.

    `provider` is the one of a SocialAccount: an issuer for OpenID Connect.
    """
    own = get_organisation()
    if own and own["provider_id"] == provider:
        return str(own["name"])
    provider_class = registry.get_class(provider)  # type: ignore[no-untyped-call]
    return str(provider_class.name if provider_class else urlsplit(provider).netloc)


def get_form_origins() -> list[str]:
    """The origins to which a sign-in redirects from a page with its button."""
    origins: list[str] = []
    for id_ in settings.SOCIALACCOUNT_PROVIDERS:
        if id_ != OPENID_CONNECT:
            adapter = registry.get_class(id_).oauth2_adapter_class  # type: ignore[no-untyped-call]
            origins.append(get_origin(adapter.authorize_url))
    if own := get_organisation():
        issuer = own["provider_id"]
        origins += [get_origin(issuer), *own["settings"]["origins"]]
        # At some providers, it is on another host than the issuer.
        if metadata := discovery.get_metadata_for_page(issuer):
            origins.append(get_origin(metadata.authorization_endpoint))
    return list(dict.fromkeys(origins))


def get_origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def allow_redirects_to_providers(view: View) -> View:
    """Add the providers to `form-action` in the page's Content Security Policy.

    Browsers also check it when the response to a form redirects to a provider.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        policy: dict[str, Any] = {
            **settings.SECURE_CSP,
            "form-action": [CSP.SELF, *get_form_origins()],
        }
        return csp_override(policy)(view)(request, *args, **kwargs)

    return wrapper


def require_configured(provider: str) -> Callable[[View], View]:
    """Answer 404 if the settings have no keys for the provider."""

    def decorator(view: View) -> View:
        @wraps(view)
        def wrapper(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            if provider not in settings.SOCIALACCOUNT_PROVIDERS:
                raise Http404
            return view(request, *args, **kwargs)

        return wrapper

    return decorator


def list_provider_ids() -> list[str]:
    """Return what `SocialAccount.provider` is for each provider in the settings."""
    own = get_organisation()
    others = [id_ for id_ in settings.SOCIALACCOUNT_PROVIDERS if id_ != OPENID_CONNECT]
    return [*([own["provider_id"]] if own else []), *others]
