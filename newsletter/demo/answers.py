"""What readers of the sample company answer, mail by mail: made from the seed, then counted by the real importer."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

from msgspec import Struct

from newsletter import feedback, period, pipeline
from newsletter.config import Config
from newsletter.demo.plan import SEED, ZONE
from newsletter.feedback import Ballot
from newsletter.model import USEFUL, Period, Ratings

_READERS = {"staff": (1240, 0.13), "managers": (82, 0.34)}
_LIKES = (3, 7, 16, 44, 30)  # how often each answer is given, of a hundred
_PULSE = (4, 13, 27, 38, 18)
_TWICE = 0.06


class Answer(Struct, frozen=True, kw_only=True):
    """One mail: who sent it, what it answers, and when."""

    sender: str
    audience: str
    question: str
    answer: int
    after_s: int


def answers(month: Period, ballot: Ballot) -> Iterator[Answer]:
    """Everything that readers send about an edition, in no order; some change their mind."""
    for question, audiences in sorted(ballot.questions.items()):
        for audience in sorted(audiences & _READERS.keys()):
            dice = random.Random(f"{SEED}/answers/{month.label}/{question}/{audience}")  # noqa: S311 - data, not a secret
            people, share = _READERS[audience]
            for number in dice.sample(range(people), round(people * share * dice.uniform(0.85, 1.15))):
                for _ in range(1 + (dice.random() < _TWICE)):
                    yield Answer(
                        sender=f"{audience}-{number}@acme.example",
                        audience=audience,
                        question=question,
                        answer=dice.choices((1, 2, 3, 4, 5), _LIKES if question == USEFUL else _PULSE)[0],
                        after_s=dice.randrange(2 * 86_400, 26 * 86_400),
                    )


def record_answers(config: Config, month: Period) -> Ratings:
    """Import what readers sent about an edition, and close it before the next letter is made."""
    following = period.month((month.end + timedelta(days=1)).strftime("%Y-%m"), ZONE)
    ballot = pipeline.asked(config, month.label)
    mails = [_mail(month, one) for one in answers(month, ballot)]
    with tempfile.TemporaryDirectory() as folder, feedback.open_store(Path(folder) / "ratings.db") as store:
        feedback.count(store, mails, lambda _: ballot)
        return feedback.close(
            store,
            month.label,
            config.editions / month.label,
            min_group=config.ratings.min_group,
            texts=ballot.texts,
            now=following.end + timedelta(hours=7),
        )


def _mail(month: Period, one: Answer) -> bytes:
    sent = format_datetime(month.end + timedelta(seconds=one.after_s))
    subject = f"[NL {month.label} {one.audience}] {one.question} {one.answer}"
    return f"From: {one.sender}\r\nDate: {sent}\r\nSubject: {subject}\r\n\r\n".encode()
