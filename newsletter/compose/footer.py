"""What stands at the foot of every letter: how to leave the list, and where it can be read in the browser."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from newsletter.compose.context import Context
from newsletter.config import PublicConfig
from newsletter.language import Catalogue
from newsletter.model import Edition

UNSUBSCRIBE_FIELD = "{unsubscribe}"
"""The one hole in the links of an edition: what tells whose copy it is, filled when the mail is sent."""


def footer_links(context: Context, variant: str) -> Iterator[tuple[str, str]]:
    """Words and address of each link; none without public pages."""
    public = context.config.public
    if public is None:
        return
    if context.audience in public.archive:
        yield context.text("edition.in_browser"), f"{public.url}/archive/{context.snapshot.edition}/{variant}"
    if public.unsubscribe:
        yield context.text("edition.unsubscribe"), f"{public.url}/u/{UNSUBSCRIBE_FIELD}"


def for_browsers(edition: Edition, public: PublicConfig) -> Edition:
    """The edition as everybody may read it: nothing in it is a recipient's own."""
    catalogue = Catalogue.load(edition.locale)
    return replace(
        edition,
        recipient_line=catalogue.text("edition.web", department=edition.department),
        footer_links=((catalogue.text("edition.all"), f"{public.url}/archive/{edition.locale}"),),
    )
