"""What each voter can have said in an hour, told from counts alone, and whether that settles the vote. Pure.

Counting cannot tell a sample that came early and another that never came from two that came in time.
So an hour is only relied on if it holds exactly the samples that are due, and the turn from one hour
to the next, where a sample of either may be the only one near, if both do. What can still hide is
one hole of less than two intervals, closed within its hour by a sample that came before its time:
at most half an interval that should be unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct, field

from newsletter.collect.timeline import State, Vote

# What a voter can have said at the instants of an hour; sets of these as bits.
UP, DOWN, NOTHING = 1, 2, 4
_VALUES = {None: UP, True: DOWN, False: UP | DOWN | NOTHING}  # by `Counted.failing`


class Counted(Struct):
    """What the server counted of one series; hours are numbered from 0, and -1 is the one before the period.

    Attributes:
        before: its samples in hour -1.
        pairs: by hour, its samples in that hour and the next together, where there are any and
            not exactly those that are due.
        failing: by hour, whether all its samples in it and an interval around it say down; only
            hours with samples that do not say up.
    """

    before: int = 0
    pairs: dict[int, int] = field(default_factory=dict)
    failing: dict[int, bool] = field(default_factory=dict)

    def odd(self, due: int, hours: int) -> dict[int, int]:
        """The samples of the hours -1 to `hours` that do not hold the `due` ones.

        Each pair minus its first hour is its second. Between the pairs given, all are due, or
        all are empty: one sample in them would make them neither.
        """
        found: dict[int, int] = {}
        hour, count = -1, self.before
        for turn in (*sorted(self.pairs), hours):
            while hour < turn and count != due:
                found[hour] = count
                hour, count = hour + 1, 2 * due - count if count else 0
            hour = turn
            if count != due:
                found[hour] = count
            if turn < hours:
                hour, count = turn + 1, self.pairs[turn] - count
        return found


def counted_in(odd: Mapping[int, int], due: int, hours: int) -> int:
    """All samples of the hours 0 to `hours` - 1."""
    return due * hours + sum(count - due for hour, count in odd.items() if 0 <= hour < hours)


def said(counted: Counted, odd: Mapping[int, int], due: int, hours: int) -> dict[int, int]:
    """What one series can have said, where that is not only UP.

    Returns:
        Opinions by slot: 2 * k is hour k, 2 * k - 1 the turn from hour k - 1 to hour k.
    """
    by_hour: dict[int, int] = {}
    for hour in odd.keys() | counted.failing.keys():
        values = _VALUES[counted.failing.get(hour)]
        by_hour[hour] = NOTHING if not odd.get(hour, due) else values | NOTHING if hour in odd else values
    found = {2 * hour: opinions for hour, opinions in by_hour.items() if 0 <= hour < hours}
    for turn in {near for hour in by_hour for near in (hour, hour + 1) if 0 <= near <= hours}:
        if 0 < turn < hours:
            opinions = by_hour.get(turn - 1, UP) | by_hour.get(turn, UP)
        else:  # beyond the period only an interval is known
            opinions = _VALUES[counted.failing.get(min(turn, hours - 1))]
        found[2 * turn - 1] = opinions | NOTHING if odd.keys() & {turn - 1, turn} else opinions
    return found


def merged(series: Sequence[Mapping[int, int]]) -> Mapping[int, int]:
    """What a voter can have said whose instances, each under its own labels, said these; it is silent when all are."""
    if len(series) == 1:
        return series[0]
    found: dict[int, int] = {}
    for slot in set().union(*series):
        each = [opinions.get(slot, UP) for opinions in series]
        values = 0
        for opinions in each:
            values |= opinions
        found[slot] = values if all(opinions & NOTHING for opinions in each) else values & ~NOTHING
    return found


def verdicts(voters: Iterable[Mapping[int, int]], vote: Vote, hours: int) -> list[State | None]:
    """For each hour the one state it can only be in, or None: its samples must decide.

    The samples of an hour decide over the turns at both its ends, too.
    """
    known = list(voters)
    found: list[State | None] = [State.UP] * hours
    turns: list[int] = []
    for slot in set().union(*known):
        state = settled(tuple([opinions.get(slot, UP) for opinions in known]), vote)
        if not slot % 2:
            found[slot // 2] = state
        elif state is None:
            turns.append((slot + 1) // 2)
    for turn in turns:
        beside = [hour for hour in (turn, turn - 1) if 0 <= hour < hours]
        if all(found[hour] is not None for hour in beside):
            found[beside[0]] = None
    return found


@lru_cache(maxsize=4096)  # few combinations come up, each in many hours
def settled(opinions: tuple[int, ...], vote: Vote) -> State | None:
    """The outcome of a vote in which each voter can say any one of its `opinions`; None if that depends.

    A vote is at its worst when everybody who can say DOWN does, and those who cannot but can say
    NOTHING do so; at its best the other way round. An equal vote is up.
    """
    ups, downs = (sum(1 for one in opinions if one & said) for said in (UP, DOWN))
    only_up, only_down = opinions.count(UP), opinions.count(DOWN)
    can_be_down = {
        "majority": downs > only_up,
        "any": downs > 0,
        "all": downs > 0 and not only_up,
    }[vote]
    can_be_up = {
        "majority": ups > 0 and ups >= only_down,
        "any": ups > 0 and not only_down,
        "all": ups > 0,
    }[vote]
    can_be_unknown = all(one & NOTHING for one in opinions)
    possible = {State.DOWN: can_be_down, State.UP: can_be_up, State.UNKNOWN: can_be_unknown}
    states = [state for state, can_be in possible.items() if can_be]
    return states[0] if len(states) == 1 else None
