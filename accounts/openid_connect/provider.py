"""Sign-in with the organisation's own OpenID provider: allauth's, with more checks."""

import re
from functools import cached_property
from typing import Any
from urllib.parse import quote_plus

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import (
    OpenIDConnectProvider,
    OpenIDConnectProviderAccount,
)
from allauth.socialaccount.providers.openid_connect.views import (
    OpenIDConnectOAuth2Adapter,
)
from allauth.utils import build_absolute_uri
from django.http import HttpRequest
from django.urls import reverse
from requests import RequestException

from accounts.openid_connect import discovery, id_token
from accounts.openid_connect.claims import read_values
from accounts.openid_connect.errors import (
    ProviderUnavailableError,
    TokenRefusedError,
    UnverifiableError,
)
from core.text import is_line

PROVIDER = "openid_connect"


def get_text(claims: dict[str, Any], name: str) -> str:
    """Return the claim, or "" if it is not one line of text."""
    text = claims.get(name)
    return text.strip() if isinstance(text, str) and is_line(text) else ""


class Client(OAuth2Client):
    def get_redirect_url(
        self, authorization_url: str, scope: list[str], extra_params: dict[str, str]
    ) -> str:
        """Keep the query that the provider's own URL may have (RFC 6749, 3.1)."""
        url = super().get_redirect_url(authorization_url, scope, extra_params)
        if "?" not in authorization_url:
            return url
        return f"{authorization_url}&{url.removeprefix(f'{authorization_url}?')}"

    def get_access_token(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Raises OAuth2Error."""
        if self.basic_auth:  # RFC 6749, 2.3.1: both are encoded first
            self.consumer_key = quote_plus(self.consumer_key)
            self.consumer_secret = quote_plus(self.consumer_secret)
        tokens: dict[str, Any] = super().get_access_token(*args, **kwargs)  # type: ignore[no-untyped-call]
        return tokens


class OrganisationOAuth2Adapter(OpenIDConnectOAuth2Adapter):
    client_class = Client
    nonce = ""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, PROVIDER)

    @cached_property
    def metadata(self) -> discovery.Metadata:
        provider = self.get_provider()  # type: ignore[no-untyped-call]
        return discovery.get_metadata(provider.app.provider_id)

    @property
    def authorize_url(self) -> str:
        return self.metadata.authorization_endpoint

    @property
    def access_token_url(self) -> str:  # type: ignore[override]
        return self.metadata.token_endpoint

    @property
    def basic_auth(self) -> bool:  # type: ignore[override]
        """The default of clients and of providers (Discovery 1.0, 3)."""
        return "client_secret_basic" in self.metadata.token_endpoint_auth_methods

    def get_callback_url(self, request: HttpRequest, _app: SocialApp) -> str:
        url: str = build_absolute_uri(request, reverse("organisation_callback"))
        return url

    def get_access_token_data(
        self,
        request: HttpRequest,
        app: SocialApp,
        client: Client,
        pkce_code_verifier: str | None = None,
    ) -> Any:
        """Exchange the code for the tokens, in a request to the provider."""
        if not pkce_code_verifier:
            raise UnverifiableError("The session has no secret of PKCE.")
        # RFC 9207: the answer to a sign-in with another provider is not taken for one.
        if request.GET.get("iss", app.provider_id) != app.provider_id:
            raise UnverifiableError("The answer is of another issuer.")
        self.nonce = id_token.make_nonce(pkce_code_verifier)
        try:
            return super().get_access_token_data(
                request, app, client, pkce_code_verifier
            )
        except OAuth2Error as error:
            # The codes are in RFC 6749, 5.2. The rest of the answer is not logged.
            found = re.search(r'"error" *: *"([a-z_]{1,40})"', str(error))
            reason = found[1] if found else "without a reason"
            raise TokenRefusedError(f"No token: {reason}.") from error
        except (RequestException, KeyError, UnicodeError) as error:
            # A KeyError is a missing header.
            reason = f"{client.access_token_url}: {type(error).__name__}"
            raise ProviderUnavailableError(reason) from error

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        return SocialToken(token=str(data["access_token"]))  # never stored

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Return who the person is. Raises UnverifiableError."""
        claims = id_token.verify(
            kwargs["response"].get("id_token"),
            issuer=app.provider_id,
            client_id=app.client_id,
            nonce=self.nonce,
            get_keys=lambda kid: discovery.get_keys(self.metadata, kid),
        )
        # An address and whether it is verified must come from the same answer.
        if not claims.keys() >= {"email", "email_verified"}:
            more = self.fetch_user_info(token, claims["sub"])
            if "email" in more:
                claims.pop("email_verified", None)
            claims |= more
        provider = self.get_provider()  # type: ignore[no-untyped-call]
        login: SocialLogin = provider.sociallogin_from_response(request, claims)
        return login

    def fetch_user_info(self, token: SocialToken, sub: str) -> dict[str, Any]:
        """Return more claims about the person, if the provider has any."""
        url = self.metadata.userinfo_endpoint
        if not url:
            return {}
        headers = {"Authorization": f"Bearer {token.token}"}
        claims = discovery.fetch_json(url, headers=headers)
        # Core 1.0, 5.3.2: otherwise these could be somebody else's claims.
        if claims.get("sub") != sub:
            raise UnverifiableError("The user info is about somebody else.")
        return claims


class OrganisationProvider(OpenIDConnectProvider):
    account_class = OpenIDConnectProviderAccount
    oauth2_adapter_class = OrganisationOAuth2Adapter  # type: ignore[assignment]

    def get_oauth2_adapter(self, request: HttpRequest) -> OrganisationOAuth2Adapter:
        return OrganisationOAuth2Adapter(request)

    def get_login_url(  # type: ignore[override]
        self, _request: HttpRequest, **kwargs: Any
    ) -> str:
        return reverse("organisation_login", query=kwargs or None)

    def get_callback_url(self) -> str:
        return reverse("organisation_callback")

    def get_pkce_params(self) -> dict[str, str]:
        params: dict[str, str] = super().get_pkce_params()
        return params | {"nonce": id_token.make_nonce(params["code_verifier"])}

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Take no scope and no parameters for the provider from the request."""
        kwargs: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        scope = self.get_scope()  # type: ignore[no-untyped-call]
        return kwargs | {"scope": scope, "auth_params": {}}

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["sub"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Store only what the list of connected accounts shows, and the claim.

        The claim is stored for a sign-in that goes on with a second factor.
        """
        path = self.app.settings["groups_claim"]
        return {"email": get_text(data, "email"), "groups": read_values(data, path)}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"email": get_text(data, "email"), "name": get_text(data, "name")}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        email = get_text(data, "email")
        # Core 1.0, 5.1: a boolean. Some providers send it as text.
        verified = str(data.get("email_verified")).lower() == "true"
        return [EmailAddress(email=email, verified=verified, primary=True)]
