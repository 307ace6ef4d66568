"""Who gets the mail: reading recipient lists and merging them to one copy per address."""

from newsletter.audience.addresses import valid_address
from newsletter.audience.examine import examine_lists
from newsletter.audience.lists import BadRow, Duplicate, RecipientList, load
from newsletter.audience.locales import not_offered, offered
from newsletter.audience.mapping import segment_key
from newsletter.audience.merging import Audience, merge

__all__ = [
    "Audience",
    "BadRow",
    "Duplicate",
    "RecipientList",
    "examine_lists",
    "load",
    "merge",
    "not_offered",
    "offered",
    "segment_key",
    "valid_address",
]
