"""The four states against an oracle that looks at every instant by itself."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.collect.timeline import (
    Sample,
    Segment,
    State,
    Vote,
    clipped,
    excluding,
    interruptions,
    intervals,
    sweep,
    total,
    verdict,
)
from newsletter.model import Interval

REACH = 45.0
END = 1200.0
UP, DOWN, EXCLUDED, UNKNOWN = State.UP, State.DOWN, State.EXCLUDED, State.UNKNOWN

# Even seconds and even reach make every boundary a whole second: instants in between are never in doubt.
samples = st.dictionaries(st.integers(-40, 640).map(lambda n: 2.0 * n), st.booleans(), max_size=25).map(
    lambda found: sorted(found.items())
)
votes: st.SearchStrategy[Vote] = st.sampled_from(["majority", "any", "all"])


def said(voter: list[Sample], at: float) -> bool | None:
    """What the nearest sample says, if one is near."""
    near = [(abs(t - at), down) for t, down in voter if abs(t - at) < REACH]
    return min(near)[1] if near else None


def oracle(voters: list[list[Sample]], at: float, vote: Vote) -> State:
    opinions = [opinion for voter in voters if (opinion := said(voter, at)) is not None]
    if not opinions:
        return UNKNOWN
    share = sum(opinions) / len(opinions)
    return DOWN if {"majority": share > 0.5, "any": share > 0, "all": share == 1}[vote] else UP


@given(st.lists(samples, max_size=4), votes)
def test_the_sweep_says_at_every_instant_what_the_nearest_samples_vote(voters: list[list[Sample]], vote: Vote) -> None:
    segments = sweep(voters, 0.0, END, REACH, vote)
    assert segments[0].start == 0
    assert segments[-1].end == END
    for before, after in itertools.pairwise(segments):
        assert before.end == after.start
        assert before.state is not after.state
    for segment in segments:
        for second in range(int(segment.start), int(segment.end)):
            assert oracle(voters, second + 0.37, vote) is segment.state


@given(st.lists(samples, max_size=3), st.lists(st.tuples(st.integers(0, 600), st.integers(1, 90)), max_size=4))
def test_planned_work_wins_over_whatever_was_measured(
    voters: list[list[Sample]], windows: list[tuple[int, int]]
) -> None:
    planned: list[Interval] = []
    for start, length in sorted(windows):
        if not planned or start > planned[-1].end:
            planned.append(Interval(start=float(start), end=float(start + length)))
    measured = sweep(voters, 0.0, END, REACH, "majority")
    segments = excluding(measured, planned)
    assert sum(total(segments, state) for state in State) == END
    for segment in segments:
        for second in range(int(segment.start), int(segment.end)):
            at = second + 0.37
            inside = any(window.start <= at < window.end for window in planned)
            assert segment.state is (EXCLUDED if inside else oracle(voters, at, "majority"))


@pytest.mark.parametrize(
    ("vote", "down", "seen", "state"),
    [
        ("majority", 1, 2, UP),
        ("majority", 2, 3, DOWN),
        ("majority", 1, 1, DOWN),
        ("majority", 0, 1, UP),
        ("any", 1, 5, DOWN),
        ("any", 0, 5, UP),
        ("all", 4, 5, UP),
        ("all", 5, 5, DOWN),
        ("any", 0, 0, UNKNOWN),
        ("majority", 0, 0, UNKNOWN),
        ("all", 0, 0, UNKNOWN),
    ],
)
def test_a_tie_is_up_and_silence_is_unknown(vote: Vote, down: int, seen: int, state: State) -> None:
    assert verdict(vote, down, seen) is state


def test_a_single_lost_sample_leaves_half_a_scrape_unknown() -> None:
    one = [(60.0 * k, False) for k in range(20) if k != 7]
    segments = sweep([one], 0.0, 1140.0, REACH, "majority")
    assert intervals(segments, UNKNOWN) == (Interval(start=405, end=435),)


STATES = {"u": UP, "d": DOWN, "x": EXCLUDED, "?": UNKNOWN}


def timeline(text: str) -> list[Segment]:
    """Ten seconds a letter."""
    return [Segment(10.0 * k, 10.0 * k + 10, STATES[letter]) for k, letter in enumerate(text)]


def spans(text: str, merge_within: float = 0) -> list[list[tuple[float, float]]]:
    return [[(one.start, one.end) for one in found] for found in interruptions(timeline(text), merge_within)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("uuu", []),
        ("udu", [[(10, 20)]]),
        ("dud", [[(0, 10)], [(20, 30)]]),
        ("ud?du", [[(10, 20), (30, 40)]]),
        ("ud?u", [[(10, 20)]]),
        ("u?du", [[(20, 30)]]),
        ("udx?xdu", [[(10, 20), (50, 60)]]),
        ("ud?u?du", [[(10, 20)], [(50, 60)]]),
        ("?x?", []),
    ],
)
def test_an_interruption_goes_on_until_somebody_saw_it_end(text: str, found: list[list[tuple[float, float]]]) -> None:
    assert spans(text) == found


@pytest.mark.parametrize(
    ("within", "counted"), [(0, 3), (9.9, 3), (10, 2), (29.9, 2), (30, 1)], ids=lambda value: f"{value:g}"
)
def test_interruptions_are_merged_up_to_the_configured_distance(within: float, counted: int) -> None:
    assert len(spans("ududuuudu", within)) == counted


def test_a_life_cuts_a_timeline_without_moving_it() -> None:
    cut = clipped(timeline("udu"), 5.0, 25.0)
    assert [(s.start, s.end) for s in cut] == [(5, 10), (10, 20), (20, 25)]
