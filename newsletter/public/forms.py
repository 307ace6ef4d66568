"""What a form sends, in either of the two forms that browsers and mail programs use."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl

LARGEST_BODY = 8_192
"""Bytes of a request; no form of ours sends a tenth of it."""


def fields(content_type: str, body: bytes) -> dict[str, str]:
    """Names and values of a form; nothing of what is no form.

    Args:
        content_type: the header; RFC 8058 (3.2) allows multipart/form-data beside the usual one.
        body: at most LARGEST_BODY.
    """
    kind = content_type.partition(";")[0].strip().casefold()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True))
    if kind == "multipart/form-data":
        return _of_parts(content_type, body)
    return {}


def _of_parts(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = message_from_bytes(head + body, policy=HTTP)
    found = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found[name] = content.decode("utf-8", "replace")
    return found
