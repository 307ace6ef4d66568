"""Header fields, written by ourselves: the same bytes on every Python, and no injection.

The standard library re-encodes long List-Unsubscribe addresses beyond use, and its guards
against line breaks differ between patch releases.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from email.utils import parseaddr

from newsletter.errors import ContentError

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# What may stand for itself in an encoded word of a phrase (RFC 2047, section 5, rule 3).
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_WORD_OPEN, _WORD_CLOSE = "=?utf-8?q?", "?="
_WORD_COLUMNS = 75 - len(_WORD_OPEN) - len(_WORD_CLOSE)  # RFC 2047, section 2
_MOST_COLUMNS = 998
_LINE_COLUMNS = 78  # RFC 5322, section 2.1.1
_FORBIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


def require_one_line(what: str, value: str) -> str:
    """`value` itself, if it can stand in a header line or an SMTP command.

    Raises:
        ContentError: it holds a control character, line break or lone surrogate.
    """
    # Printable ASCII needs no look at each character's category.
    if value.isascii() and value.isprintable():
        return value
    if any(unicodedata.category(character) in _FORBIDDEN for character in value):
        raise ContentError(f"{what} holds a control character: {value!r}", "Remove it.")
    return value


def text(name: str, value: str) -> bytes:
    """An unstructured header field such as Subject, ending in CRLF."""
    require_one_line(name, value)
    plain = f"{name}: {value}"
    fits = len(plain) <= _LINE_COLUMNS and value == value.strip()
    if fits and _is_plain(value):
        return plain.encode("ascii") + b"\r\n"
    return _fold(f"{name}:", _encoded_words(value)).encode("ascii") + b"\r\n"


def mailbox(name: str, display_name: str, address: str) -> bytes:
    """A header field with one mailbox, `Name <address>`, ending in CRLF.

    Pure ASCII unless the address itself is not (RFC 6532, such mail needs SMTPUTF8).
    """
    require_one_line(name, display_name)
    require_one_line(name, address)
    line = f"{name}: {display_name} <{address}>"
    if len(line) <= _LINE_COLUMNS and _is_plain(display_name) and _ATOMS.fullmatch(display_name):
        return line.encode() + b"\r\n"
    phrase = _phrase(display_name, _LINE_COLUMNS - len(name) - 2)
    return _fold(f"{name}:", [*phrase, f"<{address}>"]).encode() + b"\r\n"


def addresses(name: str, links: Sequence[str]) -> bytes:
    """A List-* header field (RFC 2369): links in angle brackets on one line, which nobody folds or encodes.

    The standard library folds a long one as encoded words, and then no program finds the link in it.

    Raises:
        ContentError: the line would be longer than the 998 columns that RFC 5322 (2.1.1) allows.
    """
    line = f"{name}: " + ", ".join(f"<{require_one_line(name, link)}>" for link in links)
    if len(line) > _MOST_COLUMNS or not line.isascii():
        raise ContentError(f"{name} is too long for a mail, or not ASCII: {line[:60]}...", "Use a shorter link.")
    return line.encode("ascii") + b"\r\n"


def split_mailbox(value: str) -> tuple[str, str]:
    """`IT <it@acme.example>` as (display name, address); the address is empty if there is none."""
    display_name, address = parseaddr(value)
    return display_name, address if re.fullmatch(r"[!-;=?-~]+@[A-Za-z0-9.-]+", address) else ""


def phrase(display_name: str) -> str:
    """`display_name` for the front of a structured field such as List-Id, without folding."""
    return " ".join(_phrase(require_one_line("the name", display_name), _LINE_COLUMNS))


def _is_plain(value: str) -> bool:
    return value.isascii() and "=?" not in value


def _phrase(display_name: str, columns: int) -> list[str]:
    if not display_name:
        return []
    if not _is_plain(display_name) or len(display_name) > columns - 2:
        return list(_encoded_words(display_name))
    if _ATOMS.fullmatch(display_name):
        return [display_name]
    return ['"' + display_name.replace("\\", "\\\\").replace('"', '\\"') + '"']


def _encoded_words(value: str) -> Iterator[str]:
    """RFC 2047 encoded words; no character is split over two of them."""
    word: list[str] = []
    columns = 0
    for character in value:
        piece = "".join(_q(byte) for byte in character.encode())
        if columns + len(piece) > _WORD_COLUMNS:
            yield _WORD_OPEN + "".join(word) + _WORD_CLOSE
            word, columns = [], 0
        word.append(piece)
        columns += len(piece)
    if word:
        yield _WORD_OPEN + "".join(word) + _WORD_CLOSE


def _q(byte: int) -> str:
    if byte in _SAFE:
        return chr(byte)
    return "_" if byte == 0x20 else f"={byte:02X}"


def _fold(start: str, words: Iterator[str] | list[str]) -> str:
    lines = [start]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _LINE_COLUMNS and lines[-1] != start:
            lines.append("")
        lines[-1] += " " + word
    return "\r\n".join(lines)
