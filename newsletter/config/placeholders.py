"""Names that stand for something yet to be filled in: they can never reach anybody."""

from __future__ import annotations

ORGANISATION = "Our company"  # where nobody said its name: a reader could read it as it stands

# RFC 2606, section 2 and 3; .test and .localhost are left out, because companies use them inside.
_TOP = ("example", "invalid")
_SECOND = ("example.com", "example.net", "example.org")


def is_placeholder(host: str) -> bool:
    """Whether `host`, or the part of an address after its @, lies in a domain reserved for examples."""
    name = host.rpartition("@")[2].rstrip(">. ").lower()
    return name.rpartition(".")[2] in _TOP or name in _SECOND or name.endswith(tuple(f".{one}" for one in _SECOND))
