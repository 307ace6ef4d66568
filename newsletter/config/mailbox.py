"""A sender: one mail address, alone or after a name."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from newsletter.config.refusals import fault
from newsletter.config.strict_yaml import shown
from newsletter.config.texts import Line

_MAILBOX = re.compile(r'(?:(?P<name>"[^"<>]*"|[^"<>@]*)\s*<(?P<bracketed>[^<>]+)>|(?P<bare>[^<>\s]+))')


# What most senders look like; anything else is for the library, which takes ten times as long to import as a
# config takes to read. Far within the lengths of RFC 5321, 4.5.3.1: 63 characters of local part, 159 of domain.
_LABEL = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,15}"
_PLAIN_ADDRESS = re.compile(rf"[A-Za-z0-9](?:[._+-]?[A-Za-z0-9]){{0,31}}@{_LABEL}(?:\.{_LABEL}){{0,4}}")


def _mailbox(text: str) -> str:
    """One address, alone or after a name: "IT <it@acme.example>" (RFC 5322, 3.4, name-addr and addr-spec)."""
    found = _MAILBOX.fullmatch(text)
    if not found:
        raise fault(f'{shown(text)} is not a sender: write one address, such as "IT <it@acme.example>"')
    address = found["bracketed"] or found["bare"]
    if not _PLAIN_ADDRESS.fullmatch(address):
        _require_address(address)
    return text


def _require_address(address: str) -> None:
    """Ask the library, which knows every form of an address."""
    from email_validator import EmailNotValidError, validate_email

    try:
        # Organisations mail inside .local, .test or a bare host name, which the library refuses as a whole.
        # With a further label behind it the same syntax is checked, and the domain may be an internal one.
        validate_email(f"{address}.example", check_deliverability=False)
    except EmailNotValidError as error:
        raise fault(
            f"{shown(address)} is not a mail address: {str(error)[:1].lower()}{str(error)[1:].rstrip('.')}"
        ) from None


Mailbox = Annotated[Line, AfterValidator(_mailbox)]
