"""The rules by which an ID token is accepted: OpenID Connect Core 1.0, 3.1.3.7.

allauth checks the issuer, the audience and the expiry. It does not check the
signature, the nonce or the authorized party, and accepts an answer without an ID token.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt

from accounts.openid_connect.errors import UnverifiableError

# Signatures that only the provider can make. "none" and those with a shared secret
# (HS256) are not among them (RFC 8725, 3.1).
ALGORITHMS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
CLOCK_SKEW = 60  # seconds
MAX_SUB_LENGTH = 191  # characters, as in allauth's column; the standard allows 255

type Key = dict[str, Any]


def make_nonce(code_verifier: str) -> str:
    """Return the nonce of the sign-in with this secret of PKCE.

    The session stores the secret, and the nonce is a hash of it, as in OpenID Connect
    Core 1.0, 15.5.2. So it is checked without another value in the session.
    """
    digest = hashlib.sha256(b"nonce:" + code_verifier.encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def verify(
    token: Any,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    get_keys: Callable[[str | None], list[Key]],
) -> dict[str, Any]:
    """Return the claims of the token.

    `get_keys` returns the provider's keys, given the id of the one that is needed.
    Raises UnverifiableError, with the reason.
    """
    if not isinstance(token, str):
        raise UnverifiableError("There is no ID token.")  # 3.1.3.3
    try:
        header = jwt.get_unverified_header(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key=find_key(header, get_keys),
            algorithms=[header["alg"]],  # rules 6 to 8
            issuer=issuer,  # rule 2
            audience=client_id,  # rule 3
            leeway=CLOCK_SKEW,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},  # rules 9 and 10
        )
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError) as error:
        raise UnverifiableError(f"ID token: {type(error).__name__}.") from error
    check_party(claims, client_id)
    if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
        raise UnverifiableError("The nonce is of another sign-in.")  # rule 11
    sub = claims["sub"]
    if not (sub.isascii() and sub.isprintable() and 0 < len(sub) <= MAX_SUB_LENGTH):
        raise UnverifiableError(f"The sub is not 1 to {MAX_SUB_LENGTH} characters.")
    return claims


def find_key(header: Key, get_keys: Callable[[str | None], list[Key]]) -> Any:
    """Return the provider's only key that can have signed the token."""
    kid, algorithm = header.get("kid"), header.get("alg")
    if algorithm not in ALGORITHMS:
        raise UnverifiableError(f"The algorithm {algorithm!r} is not accepted.")
    keys = [
        key
        for key in get_keys(kid)
        if key.get("kty") == ALGORITHMS[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and kid in (None, key.get("kid"))
    ]
    if len(keys) != 1:  # 10.1: with several keys, the token must name one
        raise UnverifiableError(f"{len(keys)} keys fit the ID token.")
    return jwt.PyJWK(keys[0], algorithm).key


def check_party(claims: dict[str, Any], client_id: str) -> None:
    """Rules 3 to 5: a token for several clients must name us as the one it is for.

    The other clients are the organisation's own, because the provider is.
    """
    audience, party = claims["aud"], claims.get("azp")
    has_others = isinstance(audience, list) and len(audience) > 1
    if party != client_id and (has_others or party is not None):
        raise UnverifiableError("The ID token is for another client.")
