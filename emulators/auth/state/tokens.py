"""Tokens: what a grant is worth, and what a token that was given out says.

An access token here is itself a signed token with the claims email, sub, scope and exp, so that it is known again after
a restart, and so that another emulator can tell who calls. To its holder it is opaque, as in the cloud.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from emulators.auth.state import jwt
from emulators.auth.state.accounts import Accounts, unique_id
from emulators.auth.state.jwt import Claims, InvalidTokenError
from emulators.auth.state.keys import Key, load_or_make

LIFETIME = 3600
"""Seconds that a token is good for, and the longest life of an assertion."""

SKEW = 300
"""Seconds by which the clocks of client and service may differ."""

ISSUER = "https://accounts.google.com"
PUBLIC_ENDPOINT = "https://oauth2.googleapis.com/token"
"""The audience that google-auth writes into assertions, whatever the key file's token_uri is."""


@dataclass
class GrantError(Exception):
    """A refusal in OAuth's words (RFC 6749, section 5.2)."""

    error: str
    description: str

    def __str__(self) -> str:
        return f"{self.error}: {self.description}"


class Issuer:
    """Gives out tokens and knows them again."""

    def __init__(self, state: Path) -> None:
        self.accounts = Accounts(state)
        self.key: Key = load_or_make(state / "issuer.pem")

    def exchange_assertion(self, assertion: str, endpoints: frozenset[str]) -> dict[str, object]:
        """The answer to a service account's assertion (RFC 7523). `endpoints`: our own addresses, as its audience.

        Raises:
            GrantError: unknown account, wrong signature, expired, too long, other audience, no scope.
        """
        claims = self._verified(assertion)
        email = claims["iss"]
        _check_times(claims)
        if claims.get("aud") not in endpoints | {PUBLIC_ENDPOINT}:
            raise GrantError("invalid_grant", f"Invalid JWT: audience {claims.get('aud')!r} is not this endpoint.")
        if claims.get("sub", email) != email:
            raise GrantError("unauthorized_client", "Domain-wide delegation (sub) is not supported by this emulator.")
        if claims.get("target_audience"):
            return {"id_token": self._id_token(email, str(claims["target_audience"]))}
        return self._access(email, str(claims.get("scope") or ""))

    def generate_id_token(self, email: str, audience: str, with_email: bool) -> str:
        """An id token of a service account, for one who may act for it: as IAM Credentials' generateIdToken.

        The account need not be one of those that ask for tokens themselves. ValueError for an impossible address.
        """
        self.accounts.check(email)
        claims = {"email": email, "email_verified": True} if with_email else {}
        return self._sign(_identity(audience, unique_id(email), email) | claims)

    def access_token_claims(self, token: str) -> Claims:
        """The claims of an access token that is still good; GrantError otherwise."""
        return self._own(token, "access")

    def id_token_claims(self, token: str) -> Claims:
        """The claims of an id token that is still good; GrantError otherwise."""
        return self._own(token, None)

    def _verified(self, assertion: str) -> Claims:
        try:
            _, claims = jwt.read(assertion)
            key = self.accounts.find(str(claims.get("iss")))
            if key is None:
                raise GrantError("invalid_grant", f"Invalid grant: account not found: {claims.get('iss')}")
            return jwt.verify(assertion, key.private.public_key())
        except InvalidTokenError as error:
            raise GrantError("invalid_grant", f"Invalid JWT: {error}.") from error

    def _own(self, token: str, use: str | None) -> Claims:
        try:
            claims = jwt.verify(token, self.key.private.public_key())
        except InvalidTokenError as error:
            raise GrantError("invalid_token", f"Invalid Value: {error}.") from error
        if claims.get("use") != use:
            raise GrantError("invalid_token", "Invalid Value: a token of another kind.")
        if claims["exp"] <= time.time():
            raise GrantError("invalid_token", "Token expired.")
        return claims

    def _access(self, email: str, scope: str) -> dict[str, object]:
        if not scope:
            raise GrantError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        now = int(time.time())
        claims = {"use": "access", "email": email, "sub": unique_id(email), "scope": scope}
        token = self._sign(claims | {"iat": now, "exp": now + LIFETIME})
        return {"access_token": token, "expires_in": LIFETIME - 1, "token_type": "Bearer", "scope": scope}

    def _id_token(self, email: str, audience: str) -> str:
        return self._sign(_identity(audience, email, email) | {"email": email, "email_verified": True})

    def _sign(self, claims: Claims) -> str:
        return jwt.sign(claims, self.key.private, self.key.key_id)


def _identity(audience: str, party: str, email: str) -> Claims:
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": audience,
        "azp": party,
        "sub": unique_id(email),
        "iat": now,
        "exp": now + LIFETIME,
    }


def _check_times(claims: Claims) -> None:
    issued, expires, now = claims.get("iat"), claims.get("exp"), time.time()
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        raise GrantError("invalid_grant", "Invalid JWT: iat and exp must be numbers.")
    if expires < now - SKEW or issued > now + SKEW or not 0 < expires - issued <= LIFETIME:
        message = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
        raise GrantError("invalid_grant", f"{message} Check your iat and exp values in the JWT claim.")
