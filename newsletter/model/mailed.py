"""A letter as it is mailed, and who gets it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Fillable:
    """Text with holes: even positions are literal, odd ones are names of recipient fields."""

    parts: tuple[str, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The recipient fields it needs."""
        return frozenset(self.parts[1::2])

    def fill(self, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
        """The text for one recipient; each value passes through `quote` (HTML escaping)."""
        return "".join(quote(values[part]) if i % 2 else part for i, part in enumerate(self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One variant as it will be mailed, but for the recipient's own fields.

    `digest` is the sha256 (hex) over subject, parts and field names: equal digest, equal mail.
    """

    variant: str
    locale: str
    subject: str
    preheader: str = ""
    html: Fillable
    text: Fillable
    mjml: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person on a list. `address` is the deliverable form, `locale` empty = default."""

    address: str
    name: str = ""
    locale: str = ""
    audience: str = ""
    segments: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The address as compared with others: writing it in capitals makes no second person."""
        return self.address.casefold()
