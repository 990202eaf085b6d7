"""The providers that users can sign in with. Each has its keys in the settings."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

type View = Callable[..., HttpResponseBase]


def configured_providers() -> list[type[OAuth2Provider]]:
    provider_ids = settings.SOCIALACCOUNT_PROVIDERS
    return [registry.get_class(id_) for id_ in provider_ids]  # type: ignore[no-untyped-call]


def allow_redirects_to_providers(view: View) -> View:
    """Add the providers to `form-action` in the page's Content Security Policy.

    Browsers also check it when the response to a form redirects to a provider.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        urls = [
            urlsplit(provider.oauth2_adapter_class.authorize_url)  # type: ignore[attr-defined]
            for provider in configured_providers()
        ]
        origins = [f"{url.scheme}://{url.netloc}" for url in urls]
        policy: dict[str, Any] = {
            **settings.SECURE_CSP,
            "form-action": [CSP.SELF, *origins],
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
