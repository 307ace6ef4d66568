"""Access tokens for relays that take no passwords: Microsoft 365 and Google Workspace.

The libraries are extras, imported when a token is asked for. They keep a token until it is about
to end, so asking again at every connection costs nothing, and a run may outlive a token.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from newsletter.config import GoogleLogin, MicrosoftLogin, OAuthConfig
from newsletter.deliver.replies import one_line
from newsletter.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from google.oauth2.service_account import Credentials
    from msal import ConfidentialClientApplication  # type: ignore[import-untyped]

_TIMEOUT_S = 60
_GOOGLE_SCOPE = "https://mail.google.com/"
# What RFC 6749 (5.2) and Microsoft call a fault of the service rather than of the request.
_PASSING = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


def token(login: OAuthConfig, user: str) -> str:
    """A token that is valid now, for the mailbox `user`.

    Raises:
        ConfigError: the library is missing, or the provider refuses what the config says.
        DeliveryError: the provider cannot be reached or cannot answer now.
    """
    if login.microsoft is not None:
        return _microsoft(login.microsoft)
    assert login.google is not None
    return _google(login.google, user)


def _microsoft(login: MicrosoftLogin) -> str:
    try:
        answer = _microsoft_application(login).acquire_token_for_client(scopes=[login.scope]) or {}
    except OSError as error:  # requests.RequestException is one
        raise _unreachable("Microsoft", login.authority, error) from error
    except ValueError as error:  # no such tenant, or an authority that is none
        hint = "Check tenant and authority of smtp.oauth.microsoft."
        raise ConfigError(f"Microsoft gives no token: {one_line(str(error))}", hint) from error
    if "access_token" in answer:
        return str(answer["access_token"])
    said = one_line(f"{answer.get('error', 'no reason given')}: {answer.get('error_description', '')}")
    if answer.get("error") in _PASSING:
        raise DeliveryError(f"Microsoft gives no token now: {said}", "Run the same command later.")
    hint = "Check tenant, client_id and client_secret of smtp.oauth.microsoft."
    raise ConfigError(f"Microsoft gives no token: {said}", hint)


@functools.cache
def _microsoft_application(login: MicrosoftLogin) -> ConfidentialClientApplication:
    try:
        import msal
    except ImportError as error:
        raise _missing("microsoft", "m365") from error
    return msal.ConfidentialClientApplication(
        login.client_id,
        client_credential=login.client_secret.reveal(),
        authority=f"{login.authority}/{login.tenant}",
        instance_discovery=False,  # the authority is what the config says; nobody else is asked about it
        timeout=_TIMEOUT_S,
    )


def _google(login: GoogleLogin, user: str) -> str:
    credentials = _google_credentials(login, user)
    from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
    from google.auth.transport.requests import Request

    try:
        if not credentials.valid:
            credentials.refresh(Request())  # type: ignore[no-untyped-call]
    except TransportError as error:
        raise _unreachable("Google", "the token service", error) from error
    except GoogleAuthError as error:
        said = one_line(str(error.args[0] if error.args else error))
        if isinstance(error, RefreshError) and error.retryable:
            raise DeliveryError(f"Google gives no token now: {said}", "Run the same command later.") from error
        hint = f"Check the service account's domain-wide delegation for {_GOOGLE_SCOPE}, and smtp.user."
        raise ConfigError(f"Google gives no token: {said}", hint) from error
    return str(credentials.token)


@functools.cache
def _google_credentials(login: GoogleLogin, user: str) -> Credentials:
    try:
        from google.oauth2.service_account import Credentials
    except ImportError as error:
        raise _missing("google", "google") from error
    where = f"smtp.oauth.google.key_file: {login.key_file}"
    try:
        key = json.loads(login.key_file.read_text(encoding="utf-8"))
        from_info: Callable[..., Credentials] = Credentials.from_service_account_info
        return from_info(key, scopes=[_GOOGLE_SCOPE], subject=user)
    except OSError as error:
        raise ConfigError(
            f"{where} cannot be read: {error.strerror}", "Correct the path or its permissions."
        ) from error
    except (ValueError, AttributeError):
        # The original error may show a part of the key.
        hint = "Download the key of the service account anew, as JSON."
        raise ConfigError(f"{where} is no key of a service account", hint) from None


def _unreachable(who: str, where: str, error: Exception) -> DeliveryError:
    kind = type(error).__name__
    return DeliveryError(
        f"{who} gives no token: {where} cannot be reached ({kind})", "Check the network, then run it again."
    )


def _missing(provider: str, extra: str) -> ConfigError:
    return ConfigError(
        f"smtp.oauth.{provider} needs a library that is not installed", f"Install it: pip install 'newsletter[{extra}]'"
    )
