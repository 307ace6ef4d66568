"""Access tokens for relays that take no passwords: Microsoft 365 and Google Workspace.

The libraries are extras, imported when a token is asked for. They keep a token until it is about
to end, so asking again at every connection costs nothing, and a run may outlive a token.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from newsletter import entra
from newsletter.config import GoogleLogin, OAuthConfig
from newsletter.deliver.replies import one_line
from newsletter.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from google.oauth2.service_account import Credentials

_GOOGLE_SCOPE = "https://mail.google.com/"


def token(login: OAuthConfig, user: str) -> str:
    """A token that is valid now, for the mailbox `user`.

    Raises:
        ConfigError: the library is missing, or the provider refuses what the config says.
        DeliveryError: the provider cannot be reached or cannot answer now.
    """
    if login.microsoft is not None:
        return entra.token(
            login.microsoft, login.microsoft.scope, key="smtp.oauth.microsoft", extra="m365", passing=DeliveryError
        )
    assert login.google is not None
    return _google(login.google, user)


def _google(login: GoogleLogin, user: str) -> str:
    credentials = _google_credentials(login, _google_key(login), user)
    from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
    from google.auth.transport.requests import Request

    try:
        if not credentials.valid:
            credentials.refresh(Request())  # type: ignore[no-untyped-call]
    except TransportError as error:
        kind = type(error).__name__
        message = f"Google gives no token: the token service cannot be reached ({kind})"
        raise DeliveryError(message, "Check the network, then run it again.") from error
    except GoogleAuthError as error:
        said = one_line(str(error.args[0] if error.args else error))
        if isinstance(error, RefreshError) and error.retryable:
            raise DeliveryError(f"Google gives no token now: {said}", "Run the same command later.") from error
        hint = f"Check the service account's domain-wide delegation for {_GOOGLE_SCOPE}, and smtp.user."
        raise ConfigError(f"Google gives no token: {said}", hint) from error
    return str(credentials.token)


def _google_key(login: GoogleLogin) -> str:
    try:
        return login.key_file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{_where(login)} cannot be read: {error.strerror}", "Correct the path or its permissions."
        ) from error
    except UnicodeDecodeError:
        raise _no_key(login) from None


@functools.lru_cache(maxsize=8)  # by the key as it reads now, so that a preview notices that it was changed
def _google_credentials(login: GoogleLogin, key: str, user: str) -> Credentials:
    try:
        from google.oauth2.service_account import Credentials
    except ImportError as error:
        hint = "Install it: pip install 'newsletter[google]'"
        raise ConfigError("smtp.oauth.google needs a library that is not installed", hint) from error
    from_info: Callable[..., Credentials] = Credentials.from_service_account_info
    try:
        return from_info(json.loads(key), scopes=[_GOOGLE_SCOPE], subject=user)
    except (ValueError, AttributeError):
        # The original error may show a part of the key.
        raise _no_key(login) from None


def _where(login: GoogleLogin) -> str:
    return f"smtp.oauth.google.key_file: {login.key_file}"


def _no_key(login: GoogleLogin) -> ConfigError:
    hint = "Download the key of the service account anew, as JSON."
    return ConfigError(f"{_where(login)} is no key of a service account", hint)
