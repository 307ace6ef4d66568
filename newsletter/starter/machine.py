"""What this machine knows of the place it stands in."""

from __future__ import annotations

import os
import zoneinfo
from pathlib import Path

_LINK = Path("/etc/localtime")
_NAME = Path("/etc/timezone")  # Debian


def machine_timezone() -> str | None:
    """The IANA name of the machine's time zone; None where it keeps that to itself."""
    candidates = [os.environ.get("TZ", "").removeprefix(":"), _linked(), _written()]
    known = zoneinfo.available_timezones()
    return next((one for one in candidates if one in known), None)


def _linked() -> str:
    """`/etc/localtime` is a link into the database of zones (localtime(5))."""
    try:
        return str(_LINK.readlink()).partition("zoneinfo/")[2]
    except OSError:
        return ""


def _written() -> str:
    try:
        return _NAME.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
