"""Why somebody could not be signed in by an OpenID provider.

The log shows the text. The page of the error shows a sentence for `reason`.
"""

from allauth.socialaccount.providers.oauth2.client import OAuth2Error


class ProviderUnavailableError(OAuth2Error):
    """The provider does not answer, or its answer makes no sense."""

    reason = "unavailable"


class UnverifiableError(OAuth2Error):
    """The provider's answer does not prove who the person is."""

    reason = "unverifiable"
