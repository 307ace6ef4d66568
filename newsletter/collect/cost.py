"""What the queries of one collection cost, each told as it is answered."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

_MATCHERS = re.compile(r"""\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}""")
_WINDOW = re.compile(r"\[(\d+)ms\](?: offset \d+ms)?")

Kind = Literal["instant", "range"]


class Cost(Struct, frozen=True):
    """One query.

    Attributes:
        query: PromQL.
        kind: evaluated at one instant, or at many.
        read: samples that the server looked at; None if it does not say.
        returned: samples in its answer.
        size: bytes of its answer, unpacked.
        seconds: from asking to having it parsed.
    """

    query: str
    kind: Kind
    read: int | None
    returned: int
    size: int
    seconds: float

    @property
    def shape(self) -> str:
        """The query without what tells it from its like: matchers and windows."""
        return _WINDOW.sub("[...]", _MATCHERS.sub("{...}", self.query))

    @property
    def window_s(self) -> float | None:
        """How far back it looks, by its first range; None if it has none."""
        found = _WINDOW.search(self.query)
        return int(found[1]) / 1000 if found else None
