"""Mails that came in, wherever they lie; the one reader of mailboxes, for bounces and ratings alike."""

from newsletter.mailbox.machines import is_automatic_reply
from newsletter.mailbox.reading import MOST_BYTES, mails

__all__ = ["MOST_BYTES", "is_automatic_reply", "mails"]
