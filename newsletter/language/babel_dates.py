"""Babel's dates, by the zones of the standard library like everything here, whether or not there is pytz.

Babel takes pytz where some other package has brought it, and asks it for the zone of this machine as soon as it is
imported; pytz then opens 600 files to learn which zones there are. That is a fiftieth of a whole build, for nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module


def _import_without(name: str, module: str) -> None:
    """Import a module so that it does not find the package `name`; who asks later does."""
    if name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]  # Python then says that there is none
    try:
        import_module(module)
    finally:
        del sys.modules[name]


_import_without("pytz", "babel.dates")

from babel.dates import format_date, format_time, get_month_names  # noqa: E402

__all__ = ["format_date", "format_time", "get_month_names"]
