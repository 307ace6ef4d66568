"""Which mails a program wrote in somebody's place."""

from __future__ import annotations

import re
from email.message import Message

_AUTOMATIC = re.compile(r"auto-replied|auto_reply|vacation|challenge", re.IGNORECASE)
_AUTOMATIC_FIELDS = ("Auto-Submitted", "Precedence", "X-Auto-Response-Type", "X-Precedence")
_AUTOMATIC_MARKS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder")


def is_automatic_reply(message: Message) -> bool:
    """Whether a mail says of itself that it is an absence or another answer that nobody wrote (RFC 3834, 5)."""
    values = " ".join(str(message.get(name, "")) for name in _AUTOMATIC_FIELDS)
    return bool(_AUTOMATIC.search(values)) or any(name in message for name in _AUTOMATIC_MARKS)
