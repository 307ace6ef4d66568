"""What a person says about a new workspace, by options or at the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from newsletter.config.placeholders import ORGANISATION


class Answers(Struct, frozen=True, kw_only=True):
    """Plain text, checked when the written configuration is read.

    Args:
        organisation: its name.
        timezone: the IANA zone in which months begin.
        locales: languages of the edition, the first is the default.
        prometheus: address and credentials, as the keys of `prometheus` in config.yaml; None without a server.
    """

    organisation: str = ORGANISATION
    timezone: str = "UTC"
    locales: tuple[str, ...] = ("en",)
    prometheus: Mapping[str, object] | None = field(default=None)
