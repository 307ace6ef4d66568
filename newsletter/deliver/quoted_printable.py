"""Quoted-printable (RFC 2045, section 6.7), so that encoded pieces can simply be joined.

The standard library encodes a whole body at a time and writes 77 columns in one corner case;
a message template needs pieces that each begin at the start of a line, whatever stands between.
"""

from __future__ import annotations

import re

# Printable ASCII may stand for itself ("=" is encoded before); so may a blank that does not end its line.
_MUST_ENCODE = re.compile(rb"[^\t\n -~]|[ \t](?=\n|\Z)")
# 73 columns and the soft break's "=" leave room to encode a first character; never cut an "=XX".
_CHUNK = re.compile(rb".{1,73}(?<!=)(?<!=.)")
# A leading dot would have to be doubled for SMTP (RFC 5321, section 4.5.2), and mailbox files
# mangle "From "; encoded they pass, so the file and the bytes on the wire are the same.
_AWKWARD_START = re.compile(rb"\.|F(?=rom )")
SOFT_BREAK = b"=\r\n"


def encode(text: str) -> bytes:
    """`text` in UTF-8 as quoted-printable: lines of at most 76 columns, CRLF, no leading dot."""
    data = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    plain = _MUST_ENCODE.sub(_escape, data.replace(b"=", b"=3D"))  # HTML has hundreds of them
    return b"\r\n".join(map(_wrap, plain.split(b"\n")))


def joinable(text: str) -> bytes:
    """`text` encoded so that whatever is appended begins on its own line, adding no break of its own."""
    encoded = encode(text)
    return encoded if not encoded or encoded.endswith(b"\n") else encoded + SOFT_BREAK


def _escape(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % match[0][0]


def _wrap(line: bytes) -> bytes:
    return SOFT_BREAK.join(
        _AWKWARD_START.sub(_escape, chunk, count=1) if _AWKWARD_START.match(chunk) else chunk
        for chunk in _CHUNK.findall(line)
    )
