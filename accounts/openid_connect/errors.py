"""Why somebody could not be signed in by an OpenID provider.

The log shows the text. The page of the error shows a sentence for `reason`.
"""

from allauth.socialaccount.providers.oauth2.client import OAuth2Error


class SingleSignOnError(OAuth2Error):
    """The base of these errors. allauth catches it, and shows its error page."""

    reason = ""


class ProviderUnavailableError(SingleSignOnError):
    """The provider does not answer, or its answer makes no sense."""

    reason = "unavailable"


class UnverifiableError(SingleSignOnError):
    """The provider's answer does not prove who the person is."""

    reason = "unverifiable"


class TokenRefusedError(SingleSignOnError):
    """The provider gives no tokens for the code, or does not accept our secret."""

    reason = "refused"
