"""Rate or reply: five answers, each a prepared mail; and the invitation to a department's meeting."""

from __future__ import annotations

from newsletter.compose.context import Context
from newsletter.compose.links import feedback_address, mailto
from newsletter.model import Rating, Section

ANSWERS = 5


def rate_section(context: Context) -> Section | None:
    """Was this useful? A scanner that follows links cannot vote: only a sent mail counts."""
    address = feedback_address(context.config)
    if not address:
        return None
    return Section(
        kind="rate",
        title=context.text("section.rate"),
        ratings=tuple(_rating(context, address, number) for number in range(1, ANSWERS + 1)),
        paragraphs=(context.text("rate.how"),),
    )


def _rating(context: Context, address: str, number: int) -> Rating:
    shown, most = context.formats.number(number), context.formats.number(ANSWERS)
    word = context.text(f"rate.answer_{number}")
    # ASCII and the same in every language, so that answers can be counted
    subject = f"[NL {context.snapshot.edition} {context.audience}] useful {number}"
    return Rating(
        number=shown,
        word=word,
        label=context.text("rate.label", number=shown, most=most, word=word),
        href=mailto(address, subject),
    )


def invitation(context: Context) -> tuple[str, str]:
    """Text and link of the button that invites us; both empty where nobody could answer."""
    address = feedback_address(context.config)
    if not address:
        return "", ""
    return context.text("meet.button"), mailto(address, context.text("meet.subject"))
