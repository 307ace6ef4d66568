"""What can go wrong, as one hierarchy; each class carries the exit code of the command.

    NewsletterError             1
      ConfigError              78   config.yaml cannot be used (EX_CONFIG)
      ContentError             65   a note, template, snapshot or recipient list is at fault (EX_DATAERR)
      SourceError              69   Prometheus or a directory gave no answer, or a partial one (EX_UNAVAILABLE)
        HistoryError           69   the source has nothing of the month, or no longer its beginning
        CoverageError           3   too few samples to state a number
      ApprovalError            77   the edition is not approved (EX_NOPERM)
      LedgerError              74   the ledger cannot be read or written (EX_IOERR)
      FileError                74   another file or folder cannot be read or written (EX_IOERR)
      DeliveryError            75   nothing is lost, run the same command again (EX_TEMPFAIL)
        PartialDelivery         4   some recipients were refused, in doubt or cancelled, or all of the edition was
      UsageError                2   the command line asks for something that makes no sense

The numbers follow sysexits(3) of BSD, which systemd and mail tools know.
An error that is not one of these is a bug: it keeps its traceback and ends 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct


class Place(Struct, frozen=True):
    """Where in a file, as editors count: the first line and the first column are 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """`notes/mail.en.md:12:5`."""
        return f"{self.file}:{self.line}:{self.column}"


class Located(Struct, frozen=True):
    """One fault of those that an error tells: what is wrong, without its place, and the place."""

    what: str
    place: Place


class NewsletterError(Exception):
    """Something a person can mend. Shown as one or two lines, without a traceback.

    Args:
        message: what is at fault, naming the thing (and file and line where there is one).
        hint: what to do about it, as an imperative sentence; may be empty.
        located: the same once more for programs that show files: each fault of the message with its place.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "", *, located: Sequence[Located] = ()) -> None:
        """Keep all of it; `str(error)` is the message alone."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.located = tuple(located)


class UsageError(NewsletterError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class ConfigError(NewsletterError):
    """config.yaml cannot be used."""

    exit_code = 78


class ContentError(NewsletterError):
    """A note, template, snapshot or recipient list is at fault."""

    exit_code = 65


class SourceError(NewsletterError):
    """Prometheus, or where recipients come from, gave no answer, or one that must not be trusted."""

    exit_code = 69


class HistoryError(SourceError):
    """The source has nothing of the month, or no longer its beginning."""


class CoverageError(SourceError):
    """The source recorded too little of the month to state a number."""

    exit_code = 3


class ApprovalError(NewsletterError):
    """The edition is not approved as it is now."""

    exit_code = 77


class LedgerError(NewsletterError):
    """The record of who was mailed cannot be read or written; nothing more was sent."""

    exit_code = 74


class FileError(NewsletterError):
    """A file or folder cannot be read or written."""

    exit_code = 74


class DeliveryError(NewsletterError):
    """The relay cannot take mail now; nothing is lost, run the same command again."""

    exit_code = 75


class PartialDelivery(DeliveryError):
    """Some recipients were refused, are in doubt or were cancelled; or the whole edition was cancelled."""

    exit_code = 4


def one_line(text: str, limit: int = 300) -> str:
    """Somebody else's words as a part of a message: one printable line of bounded length."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:limit]
