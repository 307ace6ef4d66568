"""Mailboxes as readers fill them, made from a seed, with the truth kept beside them."""

from __future__ import annotations

import mailbox
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

SENT = datetime(2026, 11, 3, 8, tzinfo=UTC)


def mail(sender: str, subject: str, text: str = "", *, at: datetime = SENT, **headers: str) -> EmailMessage:
    """One mail to the address for feedback."""
    one = EmailMessage()
    one["From"] = sender
    one["To"] = "it-feedback@acme.example"
    one["Subject"] = subject
    one["Date"] = format_datetime(at)
    for name, value in headers.items():
        one[name.replace("_", "-")] = value
    one.set_content(text)
    return one


def rating(
    sender: str, answer: int, *, audience: str = "staff", edition: str = "2026-10", **more: object
) -> EmailMessage:
    """What the letter's link prepares."""
    return mail(sender, f"[NL {edition} {audience}] useful {answer}", **more)  # type: ignore[arg-type]


class Inbox:
    """A few hundred mails in random order: answers, some of them twice or three times, and much else.

    `last` is the truth: each sender's last answer; `kinds` how many mails of each kind there are.
    """

    def __init__(self, seed: int, *, staff: int = 60, managers: int = 14, edition: str = "2026-10") -> None:
        """Draw the mails."""
        self.dice = random.Random(seed)
        self.edition = edition
        self.mails: list[EmailMessage] = []
        self.last: dict[str, tuple[str, int]] = {}
        self.kinds: Counter[str] = Counter()
        self.words = 0
        people = [(f"p{n}@acme.example", "staff") for n in range(staff)]
        people += [(f"m{n}@acme.example", "managers") for n in range(managers)]
        for address, audience in people:
            self._answers(address, audience)
        self._noise()
        self.dice.shuffle(self.mails)

    def answers(self, audience: str) -> tuple[int, ...]:
        """How many gave answer 1 to 5, by the truth."""
        given = [answer for group, answer in self.last.values() if group == audience]
        return tuple(given.count(number) for number in range(1, 6))

    def as_mbox(self, path: Path) -> Path:
        """Written by the standard library."""
        box = mailbox.mbox(path)
        for one in self.mails:
            box.add(one)
        box.close()
        return path

    def as_maildir(self, path: Path) -> Path:
        """Written by the standard library."""
        box = mailbox.Maildir(path, create=True)
        for one in self.mails:
            box.add(one)
        box.close()
        return path

    def _answers(self, address: str, audience: str) -> None:
        """One to three answers at different times; the person's name and case of letters differ from mail to mail."""
        times = self.dice.choices((1, 2, 3), (80, 15, 5))[0]
        moments = sorted(self.dice.sample(range(1, 500_000), times))
        for moment in moments:
            answer = self.dice.randint(1, 5)
            sender = self.dice.choice(
                (address, address.upper(), f'"P., A." <{address}>', f"=?utf-8?q?Z=C3=B6e?= <{address}>")
            )
            text = self.dice.choice(("", "", "", "\n-- \nA. Person, Sales", "Thank you!", "> you wrote\n"))
            self.words += text == "Thank you!"
            mark = self.dice.choice(("", "", "[EXTERNAL] "))
            subject = f"{mark}[NL {self.edition} {audience}] useful {answer}"
            self.mails.append(mail(sender, subject, text, at=SENT + timedelta(seconds=moment)))
            self.last[address] = (audience, answer)
        self.kinds["answers"] += times

    def _noise(self) -> None:
        """What must not count, from people who have not answered otherwise."""
        edition = self.edition
        noise = {
            "automatic": [
                rating("away1@acme.example", 5, Auto_Submitted="auto-replied"),
                rating("away2@acme.example", 5, Precedence="auto_reply"),
                rating("away3@acme.example", 5, X_Autoreply="yes"),
                rating("away4@acme.example", 5, Return_Path="<>"),
                rating("MAILER-DAEMON@mx.example", 5),
            ],
            "malformed": [
                mail("forger1@evil.example", f"[NL {edition} staff] useful 6"),
                mail("forger2@evil.example", f"[NL {edition} staff] useful 44"),
                mail("forger3@evil.example", f"[NL {edition} staff] useful 5; DROP TABLE vote"),
                mail("forger4@evil.example", f"[NL {edition} ../../etc] useful 5"),
                mail("f5@evil.example, f6@evil.example", f"[NL {edition} staff] useful 5"),
                mail("nobody", f"[NL {edition} staff] useful 5"),
            ],
            "not_asked": [
                rating("forger7@evil.example", 5, audience="board"),
                mail("forger8@evil.example", f"[NL {edition} staff] salary 5"),
                mail("forger9@evil.example", f"[NL {edition} managers] pulse-0000 5"),
            ],
            "unknown_edition": [rating("late1@acme.example", 5, edition="1999-12")],
            "other": [
                mail("asks@acme.example", "Printer", "It smokes."),
                mail("asks@acme.example", f"Re: [NL {edition} staff] useful 4", "Why do you ask?"),
            ],
        }
        for kind, mails in noise.items():
            self.mails += mails
            self.kinds[kind] += len(mails)
        self.words += 2
