"""Tokens of Microsoft Entra ID for a program that acts on its own (OAuth 2.0 client credentials, RFC 6749, 4.4).

The library is an extra, imported when a token is asked for. It keeps a token until it is about to
end, so asking again costs nothing, and a run may outlive a token.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from newsletter.config import MicrosoftApp
from newsletter.errors import ConfigError, NewsletterError, one_line

if TYPE_CHECKING:
    from msal import ConfidentialClientApplication  # type: ignore[import-untyped]

_TIMEOUT_S = 60
# What RFC 6749 (5.2) and Microsoft call a fault of the service rather than of the request.
_PASSING = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


def token(app: MicrosoftApp, scope: str, *, key: str, extra: str, passing: type[NewsletterError]) -> str:
    """A token that is valid now.

    Args:
        app: who asks.
        scope: what it is for.
        key: the key of config.yaml that describes the app, for messages.
        extra: the extra of the package that brings the library.
        passing: the error of a provider that cannot be reached or cannot answer now.

    Raises:
        ConfigError: the library is missing, or the provider refuses what the config says.
        NewsletterError: as `passing`.
    """
    check = f"Check tenant, client_id and client_secret of {key}."
    secret = app.client_secret.reveal()
    try:
        answer = _application(app, secret, key, extra).acquire_token_for_client(scopes=[scope]) or {}
    except OSError as error:  # requests.RequestException is one
        kind = type(error).__name__
        message = f"Microsoft gives no token: {app.authority} cannot be reached ({kind})"
        raise passing(message, "Check the network, then run it again.") from error
    except ValueError as error:  # no such tenant, or an authority that is none
        hint = f"Check tenant and authority of {key}."
        raise ConfigError(f"Microsoft gives no token: {one_line(str(error))}", hint) from error
    if "access_token" in answer:
        return str(answer["access_token"])
    said = one_line(f"{answer.get('error', 'no reason given')}: {answer.get('error_description', '')}")
    if answer.get("error") in _PASSING:
        raise passing(f"Microsoft gives no token now: {said}", "Run the same command later.")
    raise ConfigError(f"Microsoft gives no token: {said}", check)


@functools.lru_cache(maxsize=8)  # by the secret as it reads now, so that a preview notices that it was changed
def _application(app: MicrosoftApp, secret: str, key: str, extra: str) -> ConfidentialClientApplication:
    try:
        import msal
    except ImportError as error:
        hint = f"Install it: pip install 'newsletter[{extra}]'"
        raise ConfigError(f"{key} needs a library that is not installed", hint) from error
    return msal.ConfidentialClientApplication(
        app.client_id,
        client_credential=secret,
        authority=f"{app.authority}/{app.tenant}",
        instance_discovery=False,  # the authority is what the config says; nobody else is asked about it
        timeout=_TIMEOUT_S,
    )
