"""What an examination ends with: what it found, and what it looked for in vain."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Self

from msgspec import Struct

from newsletter.model import Finding


class Examination(Struct, frozen=True, kw_only=True):
    """The findings in the order in which they are told, and the rules that found nothing."""

    findings: tuple[Finding, ...]
    passed: tuple[str, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding], rules: Collection[str]) -> Self:
        """Each finding once, and the rules without one."""
        told = tuple(dict.fromkeys(findings))
        wrong = {one.check for one in told if one.status != "ok"}
        return cls(findings=told, passed=tuple(sorted(set(rules) - wrong)))
