"""What may be said: facts from numbers, notes from people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ClaimLevel = Literal["number", "target", "change", "cause"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that may be said, with the evidence behind it.

    Args:
        id: subject and metric, "mail.availability".
        unit: ratio, seconds, count or gauge.
        previous: the same metric one month earlier, as a plain number.
        target: the promised value in the same unit, if any.
        met: whether the target was met; None without target or without enough coverage.
        level: the highest claim this fact supports.
    """

    id: str
    type: str
    subject: str
    value: float | None
    unit: str
    previous: float | None = None
    target: float | None = None
    met: bool | None = None
    level: ClaimLevel = "number"
    evidence: tuple[str, ...] = ()
    detail: Mapping[str, float | int | str | None] = field(default_factory=dict)


NoteKind = Literal["win", "incident", "coming", "tip", "visit", "heard", "people", "service", "correction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """A cause, told by a person, with the reference that backs it."""

    text: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a person wrote, in Markdown. `source` is the file, for messages.

    `date` and `time` belong to coming items ("06:00-08:00") and incidents; `steps` is an
    incident's timeline: (clock time, sentence).
    """

    id: str
    kind: NoteKind
    title: str
    body: str
    owner: str
    locale: str
    source: str
    audiences: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    status: Literal["draft", "review", "ready"] = "ready"
    expires: datetime | None = None
    order: int = 100
    facts: tuple[str, ...] = ()
    because: Because | None = None
    service: str | None = None
    date: datetime | None = None
    time: str = ""
    steps: tuple[tuple[str, str], ...] = ()
    department: str = ""
    answer: Literal["", "done", "planned", "no"] = ""
    evidence: str = ""
