"""What readers said about an edition, as counts: nobody's own answer is among these values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

Channel = Literal["mail", "web"]
"""How an answer came. By mail a sender counts once; a web page knows nobody, so there one person may answer twice."""

USEFUL = "useful"
"""The question of every edition: was this useful?"""

ANSWERS = 5
SAID_YES = 4
"""Answers from here on count as yes: "yes" and "very"."""


class Tally(Struct, frozen=True, kw_only=True):
    """The answers of one audience to one question.

    Args:
        question: `useful`, or the id of a pulse question, which names its wording too.
        audience: whose readers; "" is all audiences together.
        channel: how they answered; the channels are never added up.
        answers: how many gave answer 1, 2, 3, 4 and 5.
    """

    question: str
    audience: str
    channel: Channel
    answers: tuple[int, int, int, int, int]

    @property
    def fact(self) -> str:
        """The id of the fact that tells it: `feedback.useful.staff`, and of answers on the web with that at its end."""
        return ".".join(("feedback", self.question, self.audience, *([] if self.channel == "mail" else [self.channel])))

    @property
    def evidence(self) -> str:
        """The id of what is known about how it was counted."""
        return "/".join(("ratings", self.question, self.audience or "all", self.channel))

    @property
    def n(self) -> int:
        """How many answers there are."""
        return sum(self.answers)

    @property
    def yes(self) -> int:
        """How many of them are 4 or 5."""
        return sum(self.answers[SAID_YES - 1 :])


class Ratings(Struct, frozen=True, kw_only=True):
    """What readers said about one edition, counted for good: only groups that are large enough to hide everybody.

    Args:
        edition: which one.
        closed_at: when the counting ended and what told one sender from another was deleted.
        min_group: the smallest group that could be told.
        tallies: the groups that may be told.
        withheld: how many groups had answers, but too few.
        first: the day of the first mail that counts; None if all came by the web page.
        last: the day of the last one.
        questions: by id, the pulse question as it was asked: one text, or one per locale.
    """

    edition: str
    closed_at: datetime
    min_group: int
    tallies: tuple[Tally, ...]
    withheld: int = 0
    first: date | None = None
    last: date | None = None
    questions: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    schema: int = 1

    def of(self, audience: str, channel: Channel) -> tuple[Tally, ...]:
        """What may be told of one audience, question by question."""
        return tuple(one for one in self.tallies if one.audience == audience and one.channel == channel)
