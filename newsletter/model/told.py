"""What may be said: facts from numbers, notes from people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct, field

ClaimLevel = Literal["number", "target", "change", "cause"]


class Score(Struct, frozen=True, kw_only=True):
    """How much a fact is worth telling; every part is 0 to 1.

    Args:
        impact: how many people it concerns, and whether their work stands still without it.
        significance: how well the claim is backed.
        effect: how far the value is from what it is compared with.
        novelty: 1 if it was never told, less the more recently it was.
    """

    impact: float
    significance: float
    effect: float
    novelty: float

    @property
    def total(self) -> float:
        """Impact * (0.3 + 0.4 significance + 0.3 effect) * novelty."""
        return self.impact * (0.3 + 0.4 * self.significance + 0.3 * self.effect) * self.novelty


class Told(Struct, frozen=True, kw_only=True):
    """A fact that an earlier edition told its readers."""

    edition: str
    fact: str


class Selection(Struct, frozen=True, kw_only=True):
    """Which facts an edition tells beyond those it must.

    Args:
        did_you_know: ids for "Did you know?", best first.
        spotlight: the id for "Your department runs on this", if any.
        passed_over: every other candidate's id, with the reason.
    """

    did_you_know: tuple[str, ...] = ()
    spotlight: str | None = None
    passed_over: Mapping[str, str] = field(default_factory=dict)


class Fact(Struct, frozen=True, kw_only=True):
    """One thing that may be said, with the evidence behind it.

    Args:
        id: subject and metric, "mail.availability".
        unit: ratio, seconds, count or gauge.
        previous: the same metric one month earlier, as a plain number.
        target: the promised value in the same unit, if any.
        met: whether the target was met; None without target or without enough coverage.
        level: the highest claim this fact supports.
        score: what it is worth telling; None of facts that do not compete.
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
    score: Score | None = None


class Ask(Struct, frozen=True, kw_only=True):
    """The one thing the managers are asked for; text as one string or one per locale."""

    text: str | Mapping[str, str]
    button: str | Mapping[str, str]


class Pulse(Struct, frozen=True, kw_only=True):
    """A question that managers are asked once in a while; its `id` changes with its words, so answers stay comparable."""

    id: str
    question: str | Mapping[str, str]


class Editorial(Struct, frozen=True, kw_only=True):
    """What the editors decided about one edition as a whole.

    Args:
        pin: facts to tell whatever their score.
        mute: facts not to tell.
        subject: which of the proposed subjects to use, from 1.
        ask: the one thing asked of managers.
        pulse: a question to managers, answered from 1 to 5.
    """

    pin: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()
    subject: int = 1
    ask: Ask | None = None
    pulse: Pulse | None = None


REFERENCE = re.compile(r"""\{\{\s*(?P<form>fact|n)\(\s*["'“”](?P<id>[^"'“”{}]+)["'“”]\s*\)\s*\}\}""")
"""How the text of a note refers to the number of a fact."""

NoteKind = Literal["win", "incident", "coming", "tip", "visit", "heard", "people", "service", "correction"]


class Because(Struct, frozen=True, kw_only=True):
    """A cause, told by a person, with the reference that backs it."""

    text: str
    ref: str


class Note(Struct, frozen=True, kw_only=True):
    """What a person wrote, in Markdown. `source` is the file, for messages.

    `date` and `time` belong to coming items ("06:00-08:00") and incidents; `steps` is an
    incident's timeline: (clock time, sentence). `lines` tells where in the file its "body" and each key
    of the front matter begin, for messages.
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
    lines: tuple[tuple[str, int], ...] = ()

    def line(self, part: str) -> int | None:
        """Where `part` begins in the file, if it is known."""
        return dict(self.lines).get(part)
