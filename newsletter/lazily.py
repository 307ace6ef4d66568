"""Names of a package that are imported when they are first asked for, so that a command pays for what it needs only.

PEP 562: Python calls a module's `__getattr__` for a name that the module does not have yet.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package.

    Type checkers do not see through it: the package imports the same names under `if TYPE_CHECKING`.

    Args:
        package: its name, "newsletter.deliver".
        homes: by module of the package, the names that it gives, with blanks between them. None of the names
            may be that of a module: an import of the module would take its place.
    """
    home_of = {name: module for module, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        found = getattr(import_module(f"{package}.{home_of[name]}"), name)
        setattr(sys.modules[package], name, found)  # the next time there is nothing to ask
        return found

    return load
