"""What counts as a mail address, and the one form it is kept in."""

from __future__ import annotations

import functools
import re

from newsletter.errors import ContentError

# An ordinary local part (RFC 5322 dot-atom): the library would return it as it is, in 15 times the time.
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# An ordinary domain: two labels or more, the last of letters. The library would return it in lower case, but loading
# it takes longer than reading a list of a thousand people. What it may refuse or rewrite is left to it: Punycode and
# other labels with two hyphens in a row, and reserved names.
_PLAIN_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:-?[A-Za-z0-9])*\.)+[A-Za-z]+")
_RESERVED = ("arpa", "invalid", "onion")
_LONGEST_LOCAL, _LONGEST_LABEL, _LONGEST = 64, 63, 254  # RFC 5321, 4.5.3.1.1; RFC 1035, 2.3.4; RFC 3696, erratum 1690


def normalise(text: str) -> str:
    """The deliverable form: domain in lower case and Punycode, local part as written.

    Raises:
        ValueError: it is no address; the message says why.
    """
    if not text:
        raise ValueError("has no address")
    local, _, domain = text.rpartition("@")
    if len(local) <= _LONGEST_LOCAL and _PLAIN.fullmatch(local):
        kept = _domain(domain)
        if kept is not None and max(len(text), len(local) + 1 + len(kept)) <= _LONGEST:
            return f"{local}@{kept}"
    return _validated(text)


@functools.lru_cache(maxsize=4096)
def _domain(domain: str) -> str | None:
    """The deliverable form of a domain; None if it is none."""
    plain = domain.lower()
    labels = plain.split(".")
    if _PLAIN_DOMAIN.fullmatch(domain) and max(map(len, labels)) <= _LONGEST_LABEL and labels[-1] not in _RESERVED:
        return plain
    try:
        return _validated(f"x@{domain}").removeprefix("x@")
    except ValueError:
        return None


def _validated(text: str) -> str:
    import email_validator

    # Without local, localhost and test: names that mean nothing on the internet are ordinary domains inside a company.
    # Editing this list is how the library wants to be told (see its README, "SPECIAL_USE_DOMAIN_NAMES").
    email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = _RESERVED
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
