"""The link of one copy by which its reader leaves the list.

It names the row of the copy by the keyed hash that also stands in the Message-ID, signed: logs on the way
hold no address, and who knows a Message-ID (any answer quotes it) still has no link.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from newsletter.config import PublicConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.signing import Signing

SAMPLE = "sample"
"""The token in previews and test mails, which are nobody's copy."""

PATH = "/u/"
"""Before the token, behind `public.url`."""

_ROW = re.compile(r"\d{4}-\d\d\.[0-9a-f]{20}", re.ASCII)


class Links:
    """The links of one config; usable by several threads. The secret is read when the first real one is made."""

    def __init__(self, public: PublicConfig) -> None:
        """`public` holds address and secret."""
        self._public = public
        self.token: Callable[[str], str] = lru_cache(maxsize=64)(self._token)  # header and both bodies ask

    @cached_property
    def _signing(self) -> Signing:
        from newsletter.signing import Signing  # whoever only builds signs nothing

        return Signing(self._public, "unsubscribe")

    def _token(self, message_id: str) -> str:
        """What stands in the link of the copy with this Message-ID (in angle brackets)."""
        row = message_id.removeprefix("<").partition("@")[0]
        return self._signing.sign(row) if _ROW.fullmatch(row) else SAMPLE

    def row(self, token: str) -> str | None:
        """The row that a token names; None if we did not make it.

        Raises:
            ConfigError: the secret cannot be used.
        """
        return self._signing.read(token)
