"""OpenID tokens of service accounts, as pushes carry them: signed by the auth emulator at AUTH_EMULATOR_HOST."""

import json
import time
from typing import Any
from urllib.parse import quote

from emulators.pubsub.state.errors import invalid, unsupported
from emulators.pubsub.wire.http_call import address, call

_VARIABLE = "AUTH_EMULATOR_HOST"
_FRESH_SECONDS = 3000  # of the 3600 that a token is good for


class IdTokens:
    """Tokens by account and audience; one is used again until it is nearly out of date."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], tuple[float, str]] = {}

    async def token(self, config: Any) -> str:
        """The token for a google.pubsub.v1.PushConfig, which has an oidc_token. Raises OSError: it cannot be had."""
        wanted = config.oidc_token
        key = (wanted.service_account_email, wanted.audience or config.push_endpoint)
        made, token = self._tokens.get(key, (0.0, ""))
        if time.monotonic() - made > _FRESH_SECONDS or not token:
            token = await _generate(*key)
            self._tokens[key] = (time.monotonic(), token)
        return token


async def check_tokens(config: Any) -> None:
    """Raises PubsubError unless a PushConfig needs no token, or its token can be had."""
    if not config.HasField("oidc_token"):
        return
    if not address(_VARIABLE):
        raise unsupported(f"Authentication of push (push_config.oidc_token) without {_VARIABLE} in the environment")
    try:
        await _generate(config.oidc_token.service_account_email, config.oidc_token.audience or config.push_endpoint)
    except OSError as error:
        raise invalid(f"Invalid push_config.oidc_token: {error}.") from error


async def _generate(email: str, audience: str) -> str:
    """The IAM Credentials API's generateIdToken."""
    url = f"{address(_VARIABLE)}/v1/projects/-/serviceAccounts/{quote(email, safe='@')}:generateIdToken"
    answer = await call("POST", url, json.dumps({"audience": audience, "includeEmail": True}).encode())
    if answer.status != 200:
        raise OSError(answer.message)
    return str(answer.body["token"])
