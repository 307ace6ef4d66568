"""Tokens that nobody else can make: what they say is signed with `public.secret`."""

from __future__ import annotations

import hashlib

from itsdangerous import BadSignature, Signer

from newsletter.config import PublicConfig
from newsletter.errors import ConfigError

_SHORTEST = 32


class Signing:
    """Signs texts (HMAC-SHA256) and takes only its own back; usable by several threads."""

    def __init__(self, public: PublicConfig, purpose: str) -> None:
        """What is signed for one `purpose` holds for no other.

        Raises:
            ConfigError: the secret is not there, or too short to be one.
        """
        secret = public.secret.reveal()
        if len(secret) < _SHORTEST:
            hint = "Make one: openssl rand -hex 32"
            raise ConfigError(f"public.secret has {len(secret)} characters: {_SHORTEST} are needed", hint)
        self._signer = Signer(secret, salt=f"newsletter.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)

    def sign(self, text: str) -> str:
        """The token that says `text`, readable for everybody."""
        return self._signer.sign(text).decode("ascii")

    def read(self, token: str) -> str | None:
        """What a token says; None if we did not make it."""
        try:
            return self._signer.unsign(token).decode("ascii")
        except (BadSignature, UnicodeDecodeError):
            return None
