"""Who gets which variant."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from newsletter.config import Config
from newsletter.errors import ContentError
from newsletter.model import Period, Recipient

if TYPE_CHECKING:
    from newsletter.audience import RecipientList


class Audience(Struct, frozen=True, kw_only=True):
    """Who gets which variant, each address once, and what was folded or left out.

    Args:
        recipients: everybody; may be read again and again, and lies on disk, not in memory.
        variant_of: the variant of one of them.
        remarks: what a person should know about the lists, as sentences.
    """

    recipients: Collection[Recipient]
    variant_of: Callable[[Recipient], str]
    remarks: tuple[str, ...]

    def planned(self) -> Iterator[tuple[Recipient, str]]:
        """Everybody with their variant, one by one."""
        return ((recipient, self.variant_of(recipient)) for recipient in self.recipients)

    def counts(self) -> dict[str, int]:
        """Recipients per variant."""
        return dict(Counter(variant for _, variant in self.planned()))


def audience(config: Config, *, skip_invalid: bool = False) -> Audience:
    """Read every list of the config; somebody on two gets the copy of the audience named first.

    Raises:
        ConfigError, SourceError: a source of recipients refuses the config, or gives no whole answer.
        ContentError: a list cannot be read, has bad rows, or nobody is left.
    """
    from newsletter import audience as lists

    if not config.audiences:
        raise ContentError(f"{config.path}: no audiences, so there is nobody to write to", "Add one under audiences:.")
    loaded: list[RecipientList] = [
        lists.load(one, audience=name, skip_invalid=skip_invalid) for name, one in config.audiences.items()
    ]
    merged = lists.merge(loaded)

    @functools.lru_cache(maxsize=1024)
    def variant_for(audience: str, segments: tuple[str, ...], locale: str) -> str:
        return variant_of(Recipient(address="", audience=audience, segments=segments, locale=locale), config)

    return Audience(
        recipients=merged.recipients,
        variant_of=lambda one: variant_for(one.audience, one.segments, one.locale),
        remarks=(*merged.remarks, *lists.not_offered(merged.recipients.locales(), config.locales)),
    )


def variant_of(recipient: Recipient, config: Config) -> str:
    """Which variant somebody gets: of their audience, their first configured segment, and their language."""
    from newsletter import audience as lists
    from newsletter import compose

    segment = ""
    if compose.letter_of(recipient.audience, config) == "staff":
        segment = next((one for one in config.segments if lists.segment_key(one) in recipient.segments), "")
    locale = lists.offered(recipient.locale, config.locales) or config.locales[0]
    return compose.variant_name(recipient.audience, locale, segment)


def require_steady_lists(config: Config, month: Period, people: Audience) -> None:
    """Refuse lists that lost half of their people since the last edition: an export may have broken.

    Raises:
        ContentError: a list did.
        LedgerError: the ledger, which knows how long they were, cannot be read.
    """
    from newsletter import deliver as stage

    numbers = dict.fromkeys(config.audiences, 0)
    for variant, number in people.counts().items():
        numbers[variant.partition(".")[0]] += number
    found = stage.shrunk(config.ledger, month.label, numbers)
    if found:
        what = "; ".join(map(str, found))
        raise ContentError(
            f"at most half of the people are left ({what})",
            "Look into where the list comes from; if it is right: --accept-shrunk-list",
        )
