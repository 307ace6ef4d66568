"""What stands at the foot of every letter: how to leave the list, and where it can be read in the browser."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.compose.context import Context

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
