"""Links that nobody else can make: what they name is signed with `public.secret`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from newsletter.config import PublicConfig
from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from itsdangerous import Signer

_SHORTEST = 32


def signer(public: PublicConfig, purpose: str) -> Signer:
    """Signs texts (HMAC-SHA256), and takes only its own back; what is signed for one purpose holds for no other.

    Raises:
        ConfigError: the secret is not there, or too short to be one.
    """
    from itsdangerous import Signer

    secret = public.secret.reveal()
    if len(secret) < _SHORTEST:
        hint = "Make one: openssl rand -hex 32"
        raise ConfigError(f"public.secret has {len(secret)} characters: {_SHORTEST} are needed", hint)
    return Signer(secret, salt=f"newsletter.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)
