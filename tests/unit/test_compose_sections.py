"""Numbers, requests, notes and how we measure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.errors import ConfigError, ContentError
from newsletter.language.bidi import without_isolates
from newsletter.model import Count, Policy, Resolution, Rule, ServiceMonth, Snapshot, TicketMonth, Times
from tests.unit.edition_samples import ROME, edition, figure, note, outage, section, service, snapshot, span, tickets

PROMISE = {"resolution": {"histogram": "h", "target_s": 14400, "target_share": 0.6}}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def kinds(composed) -> list[str]:
    return [one.kind for one in composed.sections]


# --- months in a tile ---------------------------------------------------------------------


def months_of(values: list[float | None], **fields: Any) -> Any:
    """The tile of a figure whose last months had these values, the newest last; None = a month without a number."""
    labels = [f"2025-{n:02d}" for n in range(10, 13)] + [f"2026-{n:02d}" for n in range(1, 11)]
    given = fields.pop("figure", {})
    locale = fields.pop("locale", "en")
    steps = [{"month": "2026-04", "facts": ["f0"], "reason": "New system"}] if fields.pop("step", False) else []
    shots = [
        snapshot(label=label, figures=[figure(f"f{n}", value, **given) for n in range(4)])
        for label, value in zip(labels[-len(values) :], values, strict=True)
    ]
    wanted = {f"f{n}": {"counter": "c_total", "noun": "x", "history": n == 0} | fields for n in range(4)}
    composed = edition(
        shots[-1], services={}, figures=wanted, past=tuple(shots[:-1]), facts={"step_changes": steps}, locale=locale
    )
    first, *others = section(composed, "numbers").tiles
    assert all(tile.history is None for tile in others)  # nobody asked for theirs
    return first.history


def test_a_tile_shows_thirteen_months_with_gaps_where_there_is_no_number():
    history = months_of([100, 250, None, 300, 120, 130, 140, 150, 160, None, 170, 180, 190])
    assert history.values == (100, 250, None, 300, 120, 130, 140, 150, 160, None, 170, 180, 190)
    assert plain(history.caption) == "11 of the last 13 months: lowest 100, highest 300"
    told = "100; 250; no number; 300; 120; 130; 140; 150; 160; no number; 170; 180; 190"
    assert plain(history.label) == f"Last 13 months, up to October 2026: {told}."


@pytest.mark.parametrize(
    ("locale", "caption"),
    [
        ("en", "Last 6 months: lowest 100, highest 300"),
        ("it", "Ultimi 6 mesi: minimo 100, massimo 300"),
        ("de", "Letzte 6 Monate: Tiefstwert 100, Höchstwert 300"),
        ("fr", "6 derniers mois : minimum 100, maximum 300"),
        ("ar", "آخر 6 أشهر: الأدنى 100، والأعلى 300"),
    ],
)
def test_months_are_shown_from_the_first_one_recorded_and_no_others_are_claimed(locale, caption):
    history = months_of([100, 250, 180, 300, 120, 200], locale=locale)
    assert history.values == (100, 250, 180, 300, 120, 200)
    assert plain(without_isolates(history.caption)) == caption
    assert "no number" not in history.label


def test_months_before_a_recorded_step_change_are_no_bars():
    history = months_of([100, 100, 100, 100, 100, 100, 100, 900, 910, 920, 930, 940, 950], step=True)
    assert history.values == (100, 900, 910, 920, 930, 940, 950)
    assert plain(history.caption) == "Last 7 months: lowest 100, highest 950"


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([120], "count"),
        ([100, None, 250, 180, 300, 120], "count"),  # too few to show a course
        ([0, 0, 0, 0, 0, 0], "count"),
        ([0.991, 0.999, 0.95, 0.99, 0.99, 0.99], "ratio"),  # from zero all bars would look alike
    ],
)
def test_bars_that_would_show_nothing_are_left_out(values, unit):
    given = {"unit": unit, "kind": "ratio" if unit == "ratio" else "count"}
    assert months_of(values, figure=given, unit=unit) is None


# --- weeks --------------------------------------------------------------------------------


def weekly(opened: tuple[int, ...], solved: tuple[int, ...]) -> TicketMonth:
    return TicketMonth(opened=Count(total=sum(opened), weeks=opened), resolved=Count(total=sum(solved), weeks=solved))


def test_requests_are_told_week_by_week_by_the_days_of_the_month():
    weeks: Any = section(edition(snapshot(tickets=weekly((1, 2, 3, 4, 1500), (5, 6, 7, 8, 9)))), "requests").weeks
    assert weeks.heads == ("Week", "Opened", "Solved")
    assert [(row.days, row.opened, row.solved) for row in weeks.rows] == [
        ("1–4", 1, 5),
        ("5–11", 2, 6),
        ("12–18", 3, 7),
        ("19–25", 4, 8),
        ("26–31", 1500, 9),
    ]
    assert weeks.rows[-1].opened_text == "1,500"


def test_a_week_of_one_day_is_that_day():
    march = snapshot(label="2026-03", tickets=weekly((1,) * 6, (2,) * 6))
    weeks: Any = section(edition(march), "requests").weeks
    assert [row.days for row in weeks.rows] == [
        "1", "2–8", "9–15", "16–22", "23–29", "30–31",
    ]  # fmt: skip


def test_a_week_that_is_not_known_is_a_dash_that_is_explained():
    """Never 0, and never left out: its days stand there."""
    opened = Count(total=12, weeks=(1, None, None, 2, 3))
    weeks: Any = section(edition(snapshot(tickets=TicketMonth(opened=opened, resolved=opened))), "requests").weeks
    assert [(row.days, row.opened, row.opened_text) for row in weeks.rows[:2]] == [("1–4", 1, "1"), ("5–11", None, "–")]
    assert weeks.note == "–: not all of that week was recorded."


def test_weeks_are_told_of_both_or_not_at_all():
    assert section(edition(snapshot(tickets=weekly((1, 2, 3, 4, 5), ()))), "requests").weeks is None


# --- tiles --------------------------------------------------------------------------------


def counters(count: int) -> tuple[Snapshot, dict[str, Any]]:
    ids = [f"f{number}" for number in range(count)]
    month = snapshot(figures=[figure(one, 10 + number) for number, one in enumerate(ids)])
    return month, {one: {"counter": "c_total", "noun": one} for one in ids}


@pytest.mark.parametrize(("figures", "tiles"), [(0, 0), (3, 0), (4, 4), (5, 4), (6, 6), (9, 6)])
def test_there_are_four_tiles_or_six_and_never_five(figures, tiles):
    month, settings = counters(figures)
    composed = edition(month, services={}, figures=settings)
    assert sum(len(one.tiles) for one in composed.sections) == tiles
    assert ("numbers" in kinds(composed)) == bool(tiles)


def test_general_numbers_fill_up_to_four_tiles():
    month = snapshot(service("mail", outage("2026-10-05 10:00", 5)), tickets=tickets())
    tiles = section(edition(month, tickets=PROMISE), "numbers").tiles
    assert [(tile.number, plain(tile.label)) for tile in tiles] == [
        ("61%", "of tickets solved within 4 hours"),
        ("1 of 1", "services met their target"),
        ("1", "interruption"),
        ("1,301", "tickets solved"),
    ]


def test_the_share_solved_in_time_shows_target_verdict_and_last_month():
    september = snapshot(label="2026-09", tickets=tickets())
    month = snapshot(service("mail"), tickets=tickets())
    tile = section(edition(month, tickets=PROMISE, past=(september,)), "numbers").tiles[0]
    assert (tile.context, tile.mark, tile.mark_text, tile.previous) == ("Target 60%", "met", "met", "September: 61%")


def test_few_cases_are_told_as_k_of_n_without_a_percentage():
    few = {"": Resolution(count=8, share_within_s={14400.0: 0.625}, median_between_s=None)}
    composed = edition(
        snapshot(service("mail"), tickets=TicketMonth(resolution=few)),
        tickets=PROMISE,
        figures={f"f{number}": {"counter": "c_total", "noun": "x"} for number in range(3)},
    )
    assert "numbers" not in kinds(composed)
    month = snapshot(
        service("mail"), tickets=TicketMonth(resolution=few), figures=[figure(f"f{number}", 1) for number in range(3)]
    )
    settings = {f"f{number}": {"counter": "c_total", "noun": "x"} for number in range(3)}
    assert section(edition(month, tickets=PROMISE, figures=settings), "numbers").tiles[0].number == "5 of 8"


def test_a_missed_figure_never_prints_as_its_target():
    figures = {
        "wait": {"gauge": "w", "unit": "seconds", "noun": "wait", "good": "down", "target": 3},
        "share": {"ratio": {"part": "a", "total": "b"}, "noun": "share", "good": "up", "target": 0.6},
        "c": {"counter": "c", "noun": "c"},
        "d": {"counter": "d", "noun": "d"},
    }
    month = snapshot(
        figures=[
            figure("wait", 3.01, unit="seconds", kind="duration"),
            figure("share", 0.5999, unit="ratio", kind="ratio", numerator=5999, denominator=10000),
            figure("c", 1),
            figure("d", 2),
        ]
    )
    wait, share, *_ = section(edition(month, services={}, figures=figures), "numbers").tiles
    assert (wait.number, wait.context, wait.mark_text) == ("3.1 s", "Target: at most 3 s", "missed")
    assert (share.number, share.context, share.mark_text) == ("59%", "Target 60%", "missed")


def test_a_share_without_a_target_says_of_how_many():
    figures = {
        "resets": {"ratio": {"part": "a", "total": "b"}, "noun": "resets", "good": "up"},
        **{f"f{number}": {"counter": "c_total", "noun": "x"} for number in range(3)},
    }
    resets = figure("resets", 612 / 708, unit="ratio", kind="ratio", numerator=612, denominator=708)
    month = snapshot(figures=[resets, *(figure(f"f{number}", 1) for number in range(3))])
    tile = section(edition(month, services={}, figures=figures), "numbers").tiles[0]
    assert (tile.number, tile.context, tile.mark) == ("86%", "612 of 708.", "none")


def test_a_figure_without_a_value_is_not_printed():
    figures = {f"f{number}": {"counter": "c_total", "noun": "x"} for number in range(5)}
    month = snapshot(figures=[figure("f0", None), *(figure(f"f{number}", 1) for number in range(1, 5))])
    tiles = section(edition(month, services={}, figures=figures), "numbers").tiles
    assert [tile.fact for tile in tiles] == ["f1.count", "f2.count", "f3.count", "f4.count"]


# --- did you know? ------------------------------------------------------------------------

SPAM = {
    "ratio": {"part": "a", "total": "b"},
    "noun": "spam",
    "show": "did_you_know",
    "source": {"en": "Counted at the mail gateway", "it": "Contati al gateway di posta"},
    "sentence": {
        "en": "of the messages were spam: {part} of {whole}.",
        "it": "dei messaggi era spam: {part} su {whole}.",
    },
    "work": {"en": "The filter took them out", "it": "Il filtro li ha tolti"},
}


def spam(value: float, part: float = 214300, whole: float = 642900) -> Snapshot:
    return snapshot(figures=[figure("spam", value, unit="ratio", kind="ratio", numerator=part, denominator=whole)])


@pytest.mark.parametrize(
    ("value", "expected"), [(214300 / 642900, "1 in 3"), (0.3, "3 in 10"), (0.354, "35%"), (0.001, "0%"), (1.0, "100%")]
)
def test_a_share_is_told_in_small_numbers_where_they_are_as_good_as_exact(value, expected):
    (card,) = section(edition(spam(value), figures={"spam": SPAM}), "did_you_know").cards
    assert card.number == expected


def test_a_card_is_number_sentence_and_source():
    (card,) = section(edition(spam(1 / 3), figures={"spam": SPAM}, locale="it"), "did_you_know").cards
    assert (card.number, card.sentence) == (
        "1 su 3",
        "dei messaggi era spam: 214.300 su 642.900. Il filtro li ha tolti.",
    )
    assert card.source == "Contati al gateway di posta, 1\u201331 ottobre 2026"
    assert card.fact == "spam.ratio"


@pytest.mark.parametrize("sentence", ["of {n}", "{0}", "{", "{part.real}", "{part!r:>{whole}}x{n}"])
def test_an_unknown_placeholder_in_a_sentence_is_refused(sentence):
    with pytest.raises(ConfigError, match=r"figures\.spam\.sentence"):
        edition(spam(1 / 3), figures={"spam": SPAM | {"sentence": sentence}})


@pytest.mark.parametrize("part", ["sentence", "work", "source"])
def test_a_card_that_lacks_one_of_its_parts_is_not_shown(part):
    figures = {"spam": {key: value for key, value in SPAM.items() if key != part}}
    assert not [one for one in edition(spam(1 / 3), figures=figures).sections if one.kind == "did_you_know"]


def test_at_most_three_cards_are_shown():
    words = {"noun": "x", "sentence": "x", "work": "y", "source": "z", "show": "did_you_know"}
    figures = {f"f{number}": {"counter": "c_total", **words} for number in range(5)}
    month = snapshot(figures=[figure(one, 1) for one in figures])
    assert len(section(edition(month, figures=figures), "did_you_know").cards) == 3


# --- requests -----------------------------------------------------------------------------


def test_requests_are_a_table_and_thirteen_bars_with_holes():
    found = section(
        edition(snapshot(tickets=tickets()), past=solved_in(1262, 0, 0, 1000, 1010, 1020, 1030)), "requests"
    )
    assert [(label.replace("\u00a0", " "), number) for label, number in found.table] == [
        ("Opened", "1,286"),
        ("Solved", "1,301"),
        ("Open on 31 October", "143"),
    ]
    chart = found.chart
    assert chart
    assert [bar.value for bar in chart.bars] == [1262, None, None, 1000, 1010, 1020, 1030, *[None] * 5, 1301]
    assert "".join(bar.initial for bar in chart.bars) == "ONDJFMAMJJASO"
    assert [bar.year for bar in chart.bars if bar.year] == ["2025", "2026"]
    assert [bar.current for bar in chart.bars] == [False] * 12 + [True]
    assert chart.label.startswith("Tickets solved each month: October 2025 1,262; November 2025 no number;")
    assert chart.label.count(";") == 12


def solved_in(*solved: int) -> tuple[Any, ...]:
    """The months from October 2025 on with so many tickets solved; 0 = a month without a snapshot."""
    labels = [f"2025-{n:02d}" for n in range(10, 13)] + [f"2026-{n:02d}" for n in range(1, 10)]
    return tuple(snapshot(label=label, tickets=tickets(one)) for label, one in zip(labels, solved, strict=False) if one)


def test_bars_begin_with_the_first_month_that_was_recorded():
    chart = section(edition(snapshot(tickets=tickets()), past=solved_in(*[0] * 6, 1, 2, 3, 4, 5, 6)), "requests").chart
    assert chart
    assert [bar.value for bar in chart.bars] == [1, 2, 3, 4, 5, 6, 1301]
    assert chart.bars[0].year == "2026"
    assert "no number" not in chart.label


@pytest.mark.parametrize("earlier", [(), (1262, 1000), (1262, 0, 0, 1, 2, 3)])
def test_too_few_months_are_no_chart(earlier):
    assert section(edition(snapshot(tickets=tickets()), past=solved_in(*earlier)), "requests").chart is None


# --- notes --------------------------------------------------------------------------------


def test_notes_stand_in_their_sections_in_their_order():
    notes = [
        note("win", "Travel claims", order=2, body="On your phone.", evidence="change 4463"),
        note("service", "Loading bay", order=1, evidence="mail.availability"),
        note("tip", "Leaving your desk?", body="Windows + L."),
        note("people", "Welcome", body="A new colleague."),
        note("heard", "“Screens take ages.”", department="Sales", answer="done", body="New adapters."),
        note("visit", "Warehouse meeting", department="Warehouse", body="Labels are printed with gloves on."),
        note("visit", "Sales meeting", department="Sales"),
        note("correction", "September", body="47 is right."),
    ]
    composed = edition(snapshot(service("mail")), *notes)
    assert kinds(composed) == ["services", "wins", "heard", "tip", "people", "measure"]
    wins = section(composed, "wins").notes
    assert [(row.key, row.source) for row in wins] == [
        ("Loading bay", "Network team"),
        ("Travel claims", "Network team, change 4463"),
    ]
    (heard,) = section(composed, "heard").heard
    assert (heard.quote, heard.mark_text) == ("“Screens take ages.”", "Done.")
    visits = section(composed, "heard").notes
    assert [row.key for row in visits] == ["Sales", "Warehouse"]
    assert visits[1].body_markdown == "Labels are printed with gloves on."
    assert section(composed, "tip").notes[0].body_markdown == "Leaving your desk? Windows + L."
    assert section(composed, "measure").notes[0].body_markdown == "47 is right."


def test_a_title_that_opens_the_body_is_not_said_twice_and_never_becomes_markup():
    day = datetime(2026, 11, 15, tzinfo=ROME)
    composed = edition(
        snapshot(service("mail")),
        note("coming", "E-mail is off", date=day, body="E-mail is off for an hour."),
        note("coming", "*Bold* <b>moves</b>", date=day, body="Soon.", order=200),
    )
    said, escaped = (row.body_markdown for row in section(composed, "coming").notes)
    assert said == "E-mail is off for an hour."
    assert escaped == "\\*Bold\\* \\<b\\>moves\\</b\\>. Soon."


@pytest.mark.parametrize("body", ["- one\n- two", "1. one", "> quoted", "Two lines\n---\nmore", "```\ncode\n```"])
def test_what_must_begin_a_line_stays_below_the_title(body):
    composed = edition(snapshot(service("mail")), note("tip", "Leaving your desk?", body=body))
    assert section(composed, "tip").notes[0].body_markdown == f"Leaving your desk?\n\n{body}"


def test_drafts_are_marked_for_the_preview():
    composed = edition(snapshot(service("mail")), note("win", "Draft", status="draft"), note("win", "Ready"))
    assert {row.key: row.draft for row in section(composed, "wins").notes} == {"Draft": True, "Ready": False}


def test_what_we_heard_needs_an_answer():
    with pytest.raises(ContentError, match=r"notes/x\.md"):
        edition(snapshot(service("mail")), note("heard", "More space", department="Design"))


# --- how we measure -----------------------------------------------------------------------


def policy_told(*rules: Rule, months: tuple[ServiceMonth, ...] = (), locale: str = "en", **fields: Any) -> str:
    policy = Policy(timezone="Europe/Rome", rules=rules, **fields)
    month = snapshot(*(months or (service("mail"),)), policy=policy)
    return section(edition(month, locale=locale), "measure").paragraphs[0].replace("\u00a0", " ")


def test_the_policy_is_the_one_that_the_month_was_measured_by():
    told = policy_told(Rule(interval_s=60, vote="majority", maintenance=True))
    assert told == (
        "Each service is tested every minute. It counts as down when more than half of its measuring points say so. "
        "Each interruption is exact to 1 minute at both ends. Planned maintenance is left out, and shown. "
        "Days and months are those of Europe/Rome. Rounding goes against us: availability down, waiting times up."
    )
    told = policy_told(Rule(interval_s=30, vote="any"))
    assert told.startswith("Each service is tested every 30 seconds. It counts as down as soon as one")
    assert "Planned" not in told
    mixed = policy_told(Rule(interval_s=30, vote="any"), Rule(interval_s=300, vote="majority"))
    assert mixed.startswith("Each service is tested every 30 s to 5 min. Each interruption is exact to 5 minutes")


def test_the_policy_tells_hours_merging_windows_and_gaps():
    hours = {"mail": Times(texts=("Mo-Fr 07:00-19:00",), timezone="Europe/Rome")}
    windows = {"": Times(texts=("Su 02:00-04:00",), timezone="Europe/Rome")}
    gap = (service("mail", unknown=[span("2026-10-25 06:00", 3)]),)
    rule = Rule(interval_s=60, vote="majority", merge_within_s=300)
    told = policy_told(rule, months=gap, hours=hours, maintenance=windows)
    assert "Interruptions at most 5 minutes apart count as one. Planned maintenance is left out, and shown. " in told
    assert "E-mail counts only in its business hours." in told
    assert "Time that nobody measured counts neither as up nor as down: at most 3 hours for one service." in told
    italian = policy_told(rule, months=gap, hours=hours, maintenance=windows, locale="it")
    assert "Per Posta elettronica contano solo gli orari di servizio." in italian
    assert "Le interruzioni distanti al massimo 5 minuti contano come una sola." in italian


def test_a_policy_that_was_not_recorded_is_not_made_up():
    month = snapshot(service("mail"), policy=None)
    assert len(section(edition(month), "measure").paragraphs) == 1


def test_services_that_nobody_could_judge_are_named():
    month = snapshot(service("mail", unknown=[span("2026-10-01 00:00", 300)]), service("files"))
    assert "Not measured enough to judge: E-mail." in section(edition(month), "measure").paragraphs


def test_the_privacy_line_is_always_there():
    assert section(edition(snapshot()), "measure").paragraphs[-1].startswith("No tracking pixel")


def test_a_second_tip_is_refused_by_name_and_a_draft_or_a_segments_own_is_not():
    first, second = note("tip", "Windows + L"), note("tip", "Restart", source="notes/restart.md")
    with pytest.raises(ContentError, match=r"notes/x\.md: a second tip, beside notes/restart\.md"):
        edition(snapshot(service("mail")), first, second)
    draft = note("tip", "Restart", status="draft")
    assert len(section(edition(snapshot(service("mail")), first, draft), "tip").notes) == 2


def test_what_is_coming_may_not_be_over_when_the_letter_goes_out():
    over = note("coming", "E-mail is off", date=datetime(2026, 10, 31, tzinfo=ROME), source="notes/mail.md")
    with pytest.raises(ContentError, match=r"notes/mail\.md: coming on 2026-10-31, which is over"):
        edition(snapshot(service("mail")), over)
    first_day = note("coming", "E-mail is off", date=datetime(2026, 11, 1, tzinfo=ROME))
    assert section(edition(snapshot(service("mail")), first_day), "coming").notes[0].key == "Sun 1 Nov"


def test_a_figure_shown_in_both_places_is_told_once():
    words = {"noun": "calls", "sentence": "calls came", "work": "We answered", "source": "Log", "show": "both"}
    figures = {f"f{number}": {"counter": "c_total", **words} for number in range(6)}
    month = snapshot(service("mail"), figures=[figure(f"f{number}", 100 + number) for number in range(6)])
    composed = edition(month, figures=figures)
    cards = {card.fact for card in section(composed, "did_you_know").cards}
    tiles = {tile.fact for tile in section(composed, "numbers").tiles}
    assert len(cards) == 3
    assert not cards & tiles
