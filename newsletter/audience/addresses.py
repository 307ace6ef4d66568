"""What counts as a mail address, and the one form it is kept in."""

from __future__ import annotations

import email_validator

from newsletter.errors import ContentError

# Names that mean nothing on the internet are ordinary domains inside a company. Editing this
# list is how the library wants to be told (see its README, "SPECIAL_USE_DOMAIN_NAMES").
_INTERNAL = ("local", "localhost", "test")
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name not in _INTERNAL
]


def normalise(text: str) -> str:
    """The deliverable form: domain in lower case and Punycode, local part as written.

    Raises:
        ValueError: it is no address; the message says why.
    """
    if not text:
        raise ValueError("has no address")
    checked = email_validator.validate_email(text, check_deliverability=False, globally_deliverable=False)
    return checked.ascii_email or checked.normalized


def valid_address(text: str) -> str:
    """An address that a person typed, in its deliverable form.

    Raises:
        ContentError: it is no address.
    """
    try:
        return normalise(text)
    except ValueError as error:
        raise ContentError(f"{text!r} is not a mail address: {error}", "Correct it.") from error
