"""The other sites to sign in with: those whose keys are in the settings."""

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


def configured() -> list[type[OAuth2Provider]]:
    names = settings.SOCIALACCOUNT_PROVIDERS
    return [registry.get_class(name) for name in names]  # type: ignore[no-untyped-call]


def may_lead_to_providers(view: View) -> View:
    """Let the forms of the view's page end at the providers, whither they redirect."""

    @wraps(view)
    def leading(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        addresses = [
            urlsplit(provider.oauth2_adapter_class.authorize_url)  # type: ignore[attr-defined]
            for provider in configured()
        ]
        origins = [f"{url.scheme}://{url.netloc}" for url in addresses]
        policy: dict[str, Any] = {
            **settings.SECURE_CSP,
            "form-action": [CSP.SELF, *origins],
        }
        return csp_override(policy)(view)(request, *args, **kwargs)

    return leading


def if_configured(provider: str) -> Callable[[View], View]:
    """Answer 404 where the keys of the provider are not set."""

    def decorator(view: View) -> View:
        @wraps(view)
        def guarded(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            if provider not in settings.SOCIALACCOUNT_PROVIDERS:
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorator
