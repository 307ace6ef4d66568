"""The address that bounces go to, which readers do not see."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from newsletter.config.faults import Model
from newsletter.config.mailbox import Mailbox
from newsletter.config.refusals import fault

LONGEST_LOCAL_PART = 30  # RFC 5321, 4.5.3.1.1: 64 octets, of which the separator and the token need 34


def _bare(address: str) -> str:
    if "<" in address:
        raise fault("must be an address alone, such as bounces@acme.example")
    if len(address.rpartition("@")[0]) > LONGEST_LOCAL_PART:
        raise fault(f"is too long: at most {LONGEST_LOCAL_PART} characters may stand before the @")
    return address


class EnvelopeConfig(Model):
    """The envelope sender (MAIL FROM, Return-Path): where the mails that cannot be delivered come back to."""

    sender: Annotated[Mailbox, AfterValidator(_bare)] | None = Field(
        default=None,
        description="A mailbox for bounces, if not the one of `from`. SPF is checked for its domain.",
        examples=["bounces@acme.example"],
    )
    verp: bool = Field(
        default=False,
        description="Give each copy an envelope sender of its own, `bounces+2026-10.TOKEN@acme.example`, so that "
        "`newsletter bounces` knows whose copy came back whatever the other side writes. The token tells no address. "
        "The mailbox must take mail for such addresses (Postfix: `recipient_delimiter = +`).",
        examples=["true"],
    )
    separator: Literal["+", "-", "="] = Field(
        default="+",
        description="What stands between the mailbox and the token.",
        examples=['"-"'],
    )
