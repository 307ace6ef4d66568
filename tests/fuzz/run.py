"""Draws hostile values from a seed, checks them in a process of their own, and shrinks what fails."""

from __future__ import annotations

import json
import os
import random
import shlex
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Protocol, TypeVar

from tests.fuzz import composed, files, mails, messages
from tests.fuzz.dom import arriving
from tests.golden import hostile

_T = TypeVar("_T")

SECONDS = 30
"""A check that takes longer hangs; nor is longer spent on shrinking."""

_MOST_ATTEMPTS = 150

# Each of them has killed a renderer, or taken it minutes.
_MONSTROUS = (
    "*" * 9_000 + "x" + "*" * 9_000,
    "_ " * 60 + "x" + " _" * 60,
    "> " * 9_000,
    "[" * 9_000,
    "\u2068" * 9_000 + "x" + "\u2069" * 9_000,
    "\u2069\u2068" * 9_000,
    "e" + "\u0301" * 9_000,
    "&<" * 9_000,
    "<!--" * 4_000,
    "\\" * 19_000,
    "x" * 25_000,
)


class Target(Protocol):
    """Something with places for outside text, and a check of what becomes of it."""

    @property
    def name(self) -> str:
        """How a case names it."""

    @property
    def places(self) -> Mapping[str, hostile.Kind]:
        """Its places, and what kind of text stands there."""

    def check(self, values: Mapping[str, str]) -> str | None:
        """What went wrong with these values, or nothing; all other places are harmless."""


@cache
def targets() -> dict[str, Target]:
    """Everything that takes text from outside."""
    found: list[Target] = [*mails.mails(), messages.Messages(), *composed.letters(), files.NoteFile()]
    return {one.name: one for one in found}


def drawn(target: Target, chance: random.Random) -> dict[str, str]:
    """A hostile value for each of its places."""
    return {place: _value(kind, chance) for place, kind in target.places.items()}


def _value(kind: hostile.Kind, chance: random.Random) -> str:
    if chance.random() < 0.004:
        return f"a{chance.choice(_MONSTROUS)}z"
    if kind == "line":
        return hostile.value(chance).replace("{address}", "")  # it has one hole, as `compose` makes it
    text = hostile.markdown(chance) if kind == "markdown" else hostile.value(chance)
    return text if arriving(text).strip() else "x"  # an empty text leaves out what stands around it


def outcome(target: Target, values: Mapping[str, str]) -> str | None:
    """What went wrong, found out in a child: a crash or a hang of the renderer is a failure like any other."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(SECONDS)
        os.write(writing, ascii(_checked(target, values)).encode()[:60_000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        return f"the process was killed by {signal.Signals(-status).name}"
    return None if said == "None" else said


def _checked(target: Target, values: Mapping[str, str]) -> str | None:
    try:
        return target.check(values)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure of these values
        return f"{type(error).__name__}: {error}"


def shrunk(target: Target, values: Mapping[str, str]) -> dict[str, str]:
    """Fewer places and shorter values that still go wrong."""
    attempts, end = iter(range(_MOST_ATTEMPTS)), time.monotonic() + SECONDS

    def fails(fewer: Mapping[str, str]) -> bool:
        in_time = next(attempts, None) is not None and time.monotonic() < end
        return in_time and outcome(target, fewer) is not None

    kept = dict(_reduced(list(values.items()), lambda some: fails(dict(some))))
    for place in list(kept):
        letters = _reduced(list(kept[place]), lambda some, place=place: fails({**kept, place: "".join(some)}))  # type: ignore[misc]
        kept[place] = "".join(letters)
    return kept


def _reduced(items: list[_T], fails: Callable[[list[_T]], bool]) -> list[_T]:
    """Leave out ever smaller pieces as long as it still fails (delta debugging)."""
    size = max(1, len(items) // 2)
    while True:
        position = 0
        while position < len(items) and len(items) > 1:
            fewer = items[:position] + items[position + size :]
            if fewer and fails(fewer):
                items = fewer
            else:
                position += size
        if size == 1:
            return items
        size //= 2


def prepared(names: Sequence[str] = ()) -> list[Target]:
    """The targets of these names, or all; each has made its harmless document, which all checks compare with."""
    found = [target for name, target in targets().items() if name in names or not names]
    for one in found:
        assert one.check({}) is None, f"{one.name} goes wrong without any value"
    return found


def rounds(found: Sequence[Target], seed: int) -> Iterator[tuple[Target, dict[str, str]]]:
    """The targets in turn, for ever, each time with other values; those of few places more often."""
    known = [target for target in found for _ in range(-(-60 // len(target.places)))]
    number = 0
    while True:
        target = known[number % len(known)]
        yield target, drawn(target, random.Random(f"{seed}/{number}"))
        number += 1


def fuzz(found: Sequence[Target], cases: int, seed: int, say: Callable[[str], None]) -> bool:
    """Check so many values; whether all went well."""
    done = 0
    for target, values in rounds(found, seed):
        if done >= cases:
            say(f"{done:,} hostile values of seed {seed}: each arrived as it was written, or was refused by name")
            return True
        if said := outcome(target, values):
            fewer = shrunk(target, values)
            say(f"{target.name}, seed {seed}, after {done:,} values: {outcome(target, fewer) or said}")
            say(f"again: {replay_command(target, fewer)}")
            return False
        done += len(values)
    return True


def replay_command(target: Target, values: Mapping[str, str]) -> str:
    """What runs one case alone."""
    return f"python -m tests.fuzz --case {shlex.quote(json.dumps({'target': target.name, 'values': values}))}"


def replay(case: str, say: Callable[[str], None]) -> bool:
    """Run a case that `replay_command` printed; whether it went well."""
    read = json.loads(case)
    said = outcome(targets()[read["target"]], read["values"])
    say(said or "it went well")
    return said is None
