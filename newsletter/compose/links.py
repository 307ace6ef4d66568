"""Links that open a mail in the reader's own program (RFC 6068); the same for every reader, so none can be traced."""

from __future__ import annotations

from email.utils import parseaddr
from urllib.parse import quote

from newsletter.config import Config
from newsletter.language import without_isolates


def feedback_address(config: Config) -> str:
    """Where ratings and invitations go; empty if nobody said."""
    return parseaddr(config.feedback or config.smtp.reply_to or "")[1]


def mailto(address: str, subject: str, body: str = "") -> str:
    """A mail prepared for the reader: RFC 6068 wants everything percent-encoded, and CRLF between lines."""
    fields = [f"subject={quote(without_isolates(subject), safe='')}"]
    if body:
        fields.append("body=" + quote(without_isolates(body).replace("\n", "\r\n"), safe=""))
    return f"mailto:{quote(address, safe='@')}?{'&'.join(fields)}"
