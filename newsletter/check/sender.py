"""Whether readers know who writes, and can answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parseaddr

from newsletter.config import Config
from newsletter.config.strict_yaml import parse
from newsletter.model import Finding, Place
from newsletter.model.finding import warning

_NO_REPLY = re.compile(r"(?:no|do-?not|ne-?pas|nicht|non)[._-]?(?:reply|antworten|repondre|rispondere)", re.IGNORECASE)


def sender(config: Config) -> Iterator[Finding]:
    """A name before the address, and an address that somebody reads."""
    name, address = parseaddr(config.smtp.sender)
    if not name.strip() or "@" in name:
        do = 'Write it as "IT of Acme <it@acme.example>".'
        yield warning(
            "sender", "smtp.from has no name: lists of mails show the bare address", do, _place(config, "from")
        )
    key, answered = ("reply_to", parseaddr(config.smtp.reply_to)[1]) if config.smtp.reply_to else ("from", address)
    if _NO_REPLY.match(answered):
        do = "Name an address that somebody reads: whoever has a question answers the mail."
        yield warning("sender", f"answers to the letter go to {answered}", do, _place(config, key))


def _place(config: Config, key: str) -> Place:
    try:
        lines = parse(config.path.read_text(encoding="utf-8-sig")).lines
    except (OSError, UnicodeDecodeError):
        return Place(str(config.path))
    return Place(str(config.path), lines.get(("smtp", key), lines.get(("smtp",), 1)))
