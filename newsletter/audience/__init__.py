"""Who gets the mail: reading recipient lists and merging them to one copy per address."""

from newsletter.audience.addresses import valid_address
from newsletter.audience.csv import BadRow, Duplicate, RecipientList, load
from newsletter.audience.examine import examine_lists
from newsletter.audience.merging import Audience, merge

__all__ = [
    "Audience",
    "BadRow",
    "Duplicate",
    "RecipientList",
    "examine_lists",
    "load",
    "merge",
    "valid_address",
]
