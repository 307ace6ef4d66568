"""Claims over several months, and which facts are chosen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import ContentError
from newsletter.facts import memory, tell
from newsletter.facts.ranking import Memory
from newsletter.model import Count, Fact, Selection, Snapshot, TicketMonth, Told
from tests.unit.edition_samples import config, edition, figure, outage, service, snapshot

STEADY = [100, 108, 95, 103, 99, 110, 92, 104, 97, 101, 106, 94, 98, 105, 93, 107, 102, 96, 100, 109, 91, 103, 99, 101]
WORDS = {"sentence": "were counted", "work": "We counted", "source": "Counter"}


def labels(count: int) -> list[str]:
    """That many months before October 2026, oldest first."""
    months = [divmod(2026 * 12 + 8 - back, 12) for back in range(count)]
    return [f"{year}-{month + 1:02d}" for year, month in reversed(months)]


def months_of(values: Iterable[float], figure_id: str = "sign_ins") -> list[Snapshot]:
    values = list(values)
    return [
        snapshot(label=label, figures=[figure(figure_id, value)])
        for label, value in zip(labels(len(values)), values, strict=True)
    ]


def of_figure(now: float, history: Iterable[float], **settings_: Any) -> tuple[dict[str, Fact], Selection]:
    wanted = {"sign_ins": {"counter": "c_total", "noun": "sign-ins", **WORDS}}
    settings_.setdefault("figures", wanted)
    found, chosen = tell(
        snapshot(figures=[figure("sign_ins", now)]), past=months_of(history), config=config(services={}, **settings_)
    )
    return {fact.id: fact for fact in found}, chosen


# --- changes ------------------------------------------------------------------------------


def test_a_clear_change_is_a_record_when_nothing_before_was_like_it():
    found, chosen = of_figure(260, STEADY)
    record = found["sign_ins.count.record"]
    assert (record.type, record.level, record.value) == ("record", "change", 260)
    assert record.detail["direction"] == "more"
    assert record.detail["months"] == 24
    assert record.detail["usual"] == pytest.approx(sum(STEADY) / 24)
    assert "sign_ins.count.change" not in found
    assert chosen.did_you_know == ("sign_ins.count.record",)


def test_a_change_that_chance_explains_is_refused_with_its_probability():
    found, chosen = of_figure(108, STEADY)
    assert set(found) == {"sign_ins.count"}
    assert "chance could explain it (p = " in chosen.passed_over["sign_ins.count.change"]


def test_a_change_within_what_was_seen_before_is_no_record():
    found, _ = of_figure(200, [300, *STEADY])
    assert "sign_ins.count.change" in found
    assert "sign_ins.count.record" not in found


def test_a_sure_but_small_change_is_not_told():
    history = [100_000 + 50 * (number % 3) for number in range(24)]
    found, chosen = of_figure(105_000, history)
    assert set(found) == {"sign_ins.count"}
    assert chosen.passed_over["sign_ins.count.change"] == "only 5% away from the usual, told from 10%"


def test_before_two_years_are_known_a_month_like_the_year_before_is_taken_for_the_season():
    august = [100, 108, 95, 103, 40, 110, 92, 104, 97, 101, 106, 94, 98, 105, 93, 107]
    found, chosen = of_figure(41, august)
    assert not any(fact.level == "change" for fact in found.values())
    assert "may be the season" in chosen.passed_over["sign_ins.count.change"]
    found, _ = of_figure(41, [100, 108, 95, 103, 99, *august[5:]])
    assert found["sign_ins.count.record"].detail["direction"] == "less"


def test_small_counts_get_no_change_word():
    found, chosen = of_figure(40, [3] * 24)
    assert set(found) == {"sign_ins.count"}
    assert "too small for a change word" in chosen.passed_over["sign_ins.count.change"]


@pytest.mark.parametrize("hole", [1, 5, 11])
def test_a_hole_in_the_months_ends_the_history(hole):
    past = months_of(STEADY)
    del past[-hole]
    found, chosen = tell(
        snapshot(figures=[figure("sign_ins", 260)]),
        past=past,
        config=config(services={}, figures={"sign_ins": {"counter": "c", "noun": "n"}}),
    )
    assert [fact.id for fact in found] == ["sign_ins.count"]
    assert chosen.passed_over["sign_ins.count.change"] == f"needs 12 months of history, there are {hole - 1}"


def test_months_before_a_recorded_step_change_are_no_history():
    step = {"month": "2026-03", "facts": ["sign_ins"], "reason": "New sign-in service"}
    found, chosen = of_figure(260, STEADY, facts={"step_changes": [step]})
    assert set(found) == {"sign_ins.count"}
    assert chosen.passed_over["sign_ins.count.change"] == "needs 12 months of history, there are 7"


def test_downtime_never_gets_a_change_word():
    past = [snapshot(service("mail", seconds=2_592_000), label=label) for label in labels(24)]
    found, chosen = tell(snapshot(service("mail", outage("2026-10-14 09:12", 600))), past=past, config=config())
    assert not [fact for fact in found if fact.type in ("change", "record")]
    assert not [name for name in chosen.passed_over if name.endswith((".change", ".record")) and "mail" in name]


# --- other claims -------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "told"), [(1, False), (2, True), (4, False), (5, True), (11, True), (17, True)])
def test_a_streak_is_told_at_numbers_of_months_worth_naming(before, told):
    past = [snapshot(service("mail", seconds=2_592_000), label=label) for label in labels(before)]
    found, _ = tell(snapshot(service("mail")), past=past, config=config())
    streaks = [fact.value for fact in found if fact.id == "mail.availability.streak"]
    assert streaks == ([before + 1] if told else [])


def test_a_missed_month_ends_a_streak():
    past = [snapshot(service("mail", seconds=2_592_000), label=label) for label in labels(12)]
    past[9] = snapshot(
        service("mail", outage(f"{labels(12)[9]}-10 09:00", 300), seconds=2_592_000), label=labels(12)[9]
    )
    found, _ = tell(snapshot(service("mail")), past=past, config=config())
    assert [fact.value for fact in found if fact.type == "streak"] == [3]


def test_a_milestone_is_passed_once():
    assert "sign_ins.count.milestone" in of_figure(600, [500])[0]
    assert "sign_ins.count.milestone" not in of_figure(400, [500])[0]
    assert "sign_ins.count.milestone" not in of_figure(400, [500, 600])[0]
    found = of_figure(600, [500])[0]["sign_ins.count.milestone"]
    assert (found.value, found.detail["since"], found.detail["total"]) == (1000, "2026-09", 1100)


def test_the_first_time_needs_a_year_of_zeros():
    assert "sign_ins.count.first_time" in of_figure(1, [0] * 12)[0]
    assert "sign_ins.count.first_time" not in of_figure(1, [0] * 11)[0]
    assert "sign_ins.count.first_time" not in of_figure(1, [1, *[0] * 12])[0]


def desk(opened: dict[str, int], resolved: dict[str, int]) -> Snapshot:
    month = TicketMonth(
        opened=Count(total=sum(opened.values()), by=opened), resolved=Count(total=sum(resolved.values()), by=resolved)
    )
    return snapshot(tickets=month)


QUEUES = {"desktop/incident": 30, "desktop/request": 25, "mail": 20, "erp": 15, "wifi": 10, "other": 10}


def test_the_top_share_adds_up_a_queue_and_needs_a_name():
    month = desk(QUEUES, {})
    _, chosen = tell(month, past=(), config=config())
    assert "no name for 'desktop'" in chosen.passed_over["tickets.opened.top_share"]
    found, _ = tell(month, past=(), config=config(tickets={"names": {"desktop": "computers"}}))
    top = next(fact for fact in found if fact.type == "top_share")
    assert (top.value, top.detail["part"], top.detail["whole"]) == (0.5, 55, 110)


@pytest.mark.parametrize(
    ("resolved", "expected"),
    [
        ({"a/change": 6, "b/incident": 6}, 0.5),
        ({"a/change": 6, "b/incident": 6, "c/x": 3}, 0.5),
        ({"a/change": 6, "b/incident": 6, "c/x": 4}, "25% of the solved tickets do not say"),
        ({"a/change": 4, "b/incident": 5}, "only 9 solved tickets say"),
    ],
)
def test_the_proactive_share_is_told_only_of_well_labelled_work(resolved, expected):
    settings_ = config(tickets={"proactive": ["change"], "reactive": ["incident"]})
    found, chosen = tell(desk({}, resolved), past=(), config=settings_)
    shares = [fact.value for fact in found if fact.type == "proactive_share"]
    if isinstance(expected, float):
        assert shares == [expected]
    else:
        assert shares == []
        assert chosen.passed_over["tickets.proactive_share"].startswith(expected)


def rule(**fields: Any) -> dict[str, Any]:
    given = {"per": "person_and_working_day", "people": 10, "sentence": "each", "owner": "Mail team"}
    return {
        "sign_ins": {"counter": "c", "noun": "n", **WORDS, "equivalence": given | {"valid_until": "2026-12"} | fields}
    }


def test_an_equivalence_divides_by_people_and_working_days_while_its_rule_is_valid():
    found, _ = of_figure(4400, [], figures=rule())
    assert found["sign_ins.equivalence"].value == 20  # October 2026 has 22 working days
    found, chosen = of_figure(4400, [], figures=rule(valid_until="2026-09"))
    assert "sign_ins.equivalence" not in found
    assert "Mail team should look at it again" in chosen.passed_over["sign_ins.equivalence"]


# --- choice and memory --------------------------------------------------------------------

MANY = {f"f{number}": {"counter": "c", "noun": "n", **WORDS, "show": "did_you_know"} for number in range(9)}
SPOTLIT = {
    name: {"name": name.upper(), "target": 99.9, "outcome": "it works", "work": "we care", "users": users}
    for name, users in (("mail", 900), ("files", 500), ("wifi", 700))
}


def year(cooldown: int) -> list[Selection]:
    """Twelve editions in a row, each remembering those before."""
    told: list[Told] = []
    editions = []
    for label in labels(12):
        month = snapshot(*(service(name) for name in SPOTLIT), label=label, figures=[figure(one, 5) for one in MANY])
        _, chosen = tell(
            month, past=(), config=config(services=SPOTLIT, figures=MANY, facts={"cooldown": cooldown}), told=told
        )
        told += [Told(edition=label, fact=one) for one in (*chosen.did_you_know, str(chosen.spotlight))]
        editions.append(chosen)
    return editions


@pytest.mark.parametrize("cooldown", [1, 3, 6])
def test_no_fact_is_repeated_while_it_rests(cooldown):
    editions = year(cooldown)
    for number, chosen in enumerate(editions):
        recent = {fact for earlier in editions[max(0, number - cooldown) : number] for fact in earlier.did_you_know}
        assert not recent & set(chosen.did_you_know)


def test_no_service_is_in_the_spotlight_twice_before_each_was_once():
    turns = [chosen.spotlight for chosen in year(3)]
    assert turns[:3] == ["mail.spotlight", "wifi.spotlight", "files.spotlight"]
    assert turns == turns[:3] * 4


@given(st.lists(st.sampled_from(sorted(MANY)), unique=True, max_size=9), st.integers(0, 6), st.integers(1, 6))
@settings(max_examples=50, deadline=None)
def test_the_choice_rests_what_was_told_and_never_grows_beyond_its_limit(recent, cooldown, wanted):
    told = [Told(edition="2026-09", fact=f"{one}.count") for one in recent]
    month = snapshot(figures=[figure(one, 5) for one in MANY])
    limits = {"cooldown": cooldown, "did_you_know": wanted}
    _, chosen = tell(month, past=(), config=config(services={}, figures=MANY, facts=limits), told=told)
    assert len(chosen.did_you_know) <= wanted
    assert len(set(chosen.did_you_know)) == len(chosen.did_you_know)
    if cooldown:
        assert not {fact.fact for fact in told} & set(chosen.did_you_know)
    free = len(MANY) - (len(recent) if cooldown else 0)
    assert len(chosen.did_you_know) == min(wanted, free)


def test_an_editor_pins_and_mutes():
    month = snapshot(figures=[figure(one, 5) for one in MANY])
    wanted = config(services={}, figures=MANY)
    _, free = tell(month, past=(), config=wanted)
    _, chosen = tell(month, past=(), config=wanted, pin=["f8.count"], mute=[free.did_you_know[0]])
    assert chosen.did_you_know[0] == "f8.count"
    assert free.did_you_know[0] not in chosen.did_you_know
    assert chosen.passed_over[free.did_you_know[0]] == "muted by an editor"


@pytest.mark.parametrize("name", ["f8.cuont", "no.such"])
def test_an_unknown_pin_is_refused(name):
    month = snapshot(figures=[figure(one, 5) for one in MANY])
    with pytest.raises(ContentError, match="no fact"):
        tell(month, past=(), config=config(services={}, figures=MANY), pin=[name])


@pytest.mark.parametrize("show", ["tile", "none"])
def test_a_pinned_figure_is_told_wherever_else_it_would_stand(show):
    month = snapshot(figures=[figure(one, 5) for one in MANY])
    figures = MANY | {"f8": MANY["f8"] | {"show": show}}
    wanted = config(services={}, figures=figures)
    _, free = tell(month, past=(), config=wanted)
    _, chosen = tell(month, past=(), config=wanted, pin=["f8.count"])
    assert "f8.count" not in free.did_you_know
    assert chosen.did_you_know[0] == "f8.count"
    assert len(chosen.did_you_know) == len(free.did_you_know)


@pytest.mark.parametrize(
    ("wish", "name", "reason"),
    [
        ("pin", "bare.count", "figures.bare has no work and no source"),
        ("pin", "empty.count", "has no number this month"),
        ("pin", "files.availability", "a missed target is told anyway"),
        ("pin", "mail.availability", "only claims, and figures"),
        ("mute", "files.availability", "a missed target is always told"),
        ("mute", "files.interruption_1", "an interruption is always told"),
        ("mute", "late.count", "a missed target is always told"),
        ("mute", "bare.count", "does not compete"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_with_the_reason(wish, name, reason):
    figures = {
        "bare": {"counter": "c", "noun": "n", "sentence": "were counted"},
        "empty": MANY["f0"],
        "late": MANY["f0"] | {"target": 3, "good": "down"},
    }
    month = snapshot(
        service("files", outage("2026-10-14 09:12", 97)),
        service("mail"),
        figures=[figure("bare", 5), figure("empty", None), figure("late", 5)],
    )
    with pytest.raises(ContentError, match=f"{wish}: {name} cannot be .*{reason}"):
        tell(month, past=(), config=config(figures=figures), **{wish: [name]})


def test_a_fact_cannot_be_pinned_and_muted():
    month = snapshot(figures=[figure(one, 5) for one in MANY])
    wanted = config(services={}, figures=MANY)
    with pytest.raises(ContentError, match="both pinned and muted"):
        tell(month, past=(), config=wanted, pin=["f1.count"], mute=["f1.count"])


def test_novelty_comes_back_with_every_edition():
    told = [Told(edition=label, fact="a.count" if number == 0 else "b.count") for number, label in enumerate(labels(7))]
    novelty = [Memory(told[: number + 1]).novelty("a.count") for number in range(7)]
    assert novelty == sorted(novelty)
    assert Memory(told).novelty("never.count") == 1.0
    assert Memory(told[:1]).novelty("a.count") == pytest.approx(1 - 2 ** (-1 / 3))
    assert Memory(told[:1]).novelty("a.count.record") == pytest.approx(1 - 2 ** (-1 / 1.5))


def test_memory_is_read_of_earlier_editions_only(tmp_path: Path):
    for label in ("2026-08", "2026-09", "2026-10"):
        (tmp_path / label).mkdir()
        memory.write(tmp_path / label, label, ["b", "a", "a"])
    assert memory.read(tmp_path, before="2026-10") == tuple(
        Told(edition=label, fact=fact) for label in ("2026-08", "2026-09") for fact in ("a", "b")
    )


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"told": "a"}', '{"told": [1]}', '{"edition": "2026-07", "told": []}']
)
def test_a_damaged_memory_is_refused_by_name(tmp_path: Path, text: str):
    (tmp_path / "2026-08").mkdir()
    (tmp_path / "2026-08" / "told.json").write_text(text)
    with pytest.raises(ContentError, match=r"told\.json"):
        memory.read(tmp_path, before="2026-10")


def test_memory_is_stable_json(tmp_path: Path):
    memory.write(tmp_path, "2026-10", ["b.count", "a.count"])
    assert json.loads((tmp_path / "told.json").read_text()) == {"edition": "2026-10", "told": ["a.count", "b.count"]}
    assert list(tmp_path.iterdir()) == [tmp_path / "told.json"]


# --- as cards -----------------------------------------------------------------------------


def cards(now: float, history: Sequence[float], locale: str = "en", **fields: Any) -> list[tuple[str, str]]:
    noun = {"en": "sign-ins", "it": "accessi"}
    composed = edition(
        snapshot(figures=[figure("sign_ins", now)]),
        past=tuple(months_of(history)),
        locale=locale,
        services={},
        figures={"sign_ins": {"counter": "c", "noun": noun, "source": "Counter", **fields}},
    )
    return [(card.number, card.sentence) for one in composed.sections for card in one.cards]


def test_a_record_is_told_with_the_number_of_months_and_the_usual():
    ((number, sentence),) = cards(260, STEADY)
    assert number == "260"
    assert "25 months" in sentence
    assert "101" in sentence
    assert sentence.startswith("sign-ins")
    ((_, italian),) = cards(260, STEADY, locale="it")
    assert "25 mesi" in italian
    assert italian.startswith("accessi")


def test_a_milestone_says_since_when():
    assert cards(600, [500]) == [
        ("1,000", "sign-ins since we began to count in September 2026. That mark was passed this month.")
    ]


def test_an_equivalence_is_rough_and_says_so():
    words = {"work": "We counted", "equivalence": rule()["sign_ins"]["equivalence"]}
    assert cards(4400, [], **words) == [("About 20", "each. We counted.")]
