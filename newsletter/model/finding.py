"""What an examination found: of the surroundings (`doctor`), or of what the letters say (`check`)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from newsletter.errors import NewsletterError, Place

FindingStatus = Literal["ok", "hint", "warning", "fault"]


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    A fault stops a command, now or later; with a warning the edition goes out, but says less than it could; a hint
    is advice that nothing depends on.

    Args:
        check: what was looked at: a rule of the lint, or a key of config.yaml where there is one.
        status: how it is.
        what: what was found, as a sentence without a full stop.
        do: what to do about it; empty where all is well.
        exit_code: what a command would end with because of a fault; 0 for the others.
        place: where it stands, if it stands in a file.
        variant: the letter it was found in, `staff.en`; empty where it is not about one letter.
        excerpt: the words of the letter that it is about, as its readers see them, blanks and line breaks as one blank.
        nth: which of the places where the letter says just that, from 0.
    """

    check: str
    status: FindingStatus
    what: str
    do: str = ""
    exit_code: int = 0
    place: Place | None = None
    variant: str = ""
    excerpt: str = ""
    nth: int = 0


def ok(check: str, what: str) -> Finding:
    """All is well."""
    return Finding(check=check, status="ok", what=what)


def warning(check: str, what: str, do: str, place: Place | None = None) -> Finding:
    """The edition goes out, but says less than it could."""
    return Finding(check=check, status="warning", what=what, do=do, place=place)


def fault(check: str, error: NewsletterError, place: Place | None = None) -> Finding:
    """Something that stops a command, as the error it would end with."""
    return Finding(
        check=check, status="fault", what=error.message, do=error.hint, exit_code=error.exit_code, place=place
    )
