"""Promises that hold for every edition, whatever was measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs

from newsletter.language import Catalogue, supported_locales
from newsletter.model import Edition
from tests.unit.edition_samples import (
    NAMES,
    config,
    edition,
    figure,
    outage,
    service,
    snapshot,
    span,
    tickets,
)

CHANGE_WORDS = {
    "en": r"better|worse|best|worst|improv\w*|record|streak|increas\w*|decreas\w*|rise[ns]?|rose|risen|fell|fallen|drop\w*|grew|grow\w*"
    r"|fewer|more than last|less than last|up from|down from|than in \w+|compared|again|trend|never|always|thanks to|because|due to",
    "it": r"migliore|miglior\w*|peggior\w*|record|serie|aument\w*|diminu\w*|cresc\w*|cal[ao]\w*|in più|in meno|rispetto|più di prima"
    r"|tendenza|mai|sempre|grazie a|perché|a causa",
    "de": r"besser\w*|schlechter\w*|beste\w*|schlimm\w*|\w*besser(?:t|ung)\w*|rekord\w*|stieg\w*|\w*steig\w*|sank|sinkt|gesunken|\w*nahme"
    r"|rückgang|weniger|mehr als|verglichen|wieder|trend|nie|immer|dank|weil|wegen",
    "fr": r"meilleur\w*|pire\w*|amélior\w*|record\w*|augment\w*|diminu\w*|hausse|baisse|chute|tendance|jamais|toujours"
    r"|plus que|moins que|par rapport|grâce|parce|à cause",
    "ar": r"أفضل|أسوأ|تحسّ?ن\w*|قياسي\w*|ارتف\w*|انخف\w*|زاد\w*|ازداد\w*|تراجع\w*|دائمًا|أبدًا|بسبب|بفضل|لأن\w*"
    r"|أكثر من المعتاد|أقل من المعتاد|مقارنة",
}
LOCALES = supported_locales()
GATED = ("fact.change_", "fact.record_", "fact.streak")
"""Wordings that are only asked for by a fact past the gate."""
FIGURES = {
    "sign_ins": {"counter": "c_total", "noun": {"en": "sign-ins", "it": "accessi"}},
    "sign_in": {
        "gauge": "g",
        "unit": "seconds",
        "noun": {"en": "sign-in", "it": "accesso"},
        "good": "down",
        "target": 3,
    },
    "spam": {
        "ratio": {"part": "a", "total": "b"},
        "noun": "spam",
        "sentence": {"en": "of all mail was spam", "it": "della posta era spam"},
        "work": {"en": "The filter took it out", "it": "Il filtro la toglie"},
        "source": {"en": "Mail gateway", "it": "Gateway di posta"},
        "show": "did_you_know",
    },
}


def strings(value: Any) -> Iterator[str]:
    """Every text in an edition."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from strings(getattr(value, name))
    elif isinstance(value, dict):
        yield from strings(tuple(value.values()))
    elif isinstance(value, tuple):
        for one in value:
            yield from strings(one)


@st.composite
def editions(draw: st.DrawFn, locale: str) -> Edition:
    """An edition in one language, of a month with anything that can happen, after a month with anything."""
    minutes = st.lists(st.integers(0, 300), min_size=3, max_size=3)
    gaps = st.lists(st.sampled_from([0, 0, 1, 3, 200]), min_size=3, max_size=3)

    def services(label: str, seconds: float) -> list[Any]:
        down, unknown = draw(minutes), draw(gaps)
        return [
            service(
                one,
                *([outage(f"{label}-1{number} 09:12", down[number])] if down[number] else []),
                unknown=[span(f"{label}-20 00:00", unknown[number])] if unknown[number] else [],
                seconds=seconds,
            )
            for number, one in enumerate(NAMES)
        ]

    def figures() -> list[Any]:
        return [
            figure("sign_ins", draw(st.one_of(st.none(), st.integers(0, 10**6)))),
            figure("sign_in", draw(st.one_of(st.none(), st.floats(0, 10))), unit="seconds", kind="duration"),
            figure("spam", draw(st.one_of(st.none(), st.floats(0, 1))), unit="ratio", kind="ratio"),
        ]

    before = snapshot(
        *services("2026-09", 2_592_000), label="2026-09", tickets=tickets(draw(st.integers(0, 5000))), figures=figures()
    )
    now = snapshot(*services("2026-10", 2_682_000), tickets=tickets(draw(st.integers(0, 5000))), figures=figures())
    past = (before,) if draw(st.booleans()) else ()
    audience = draw(st.sampled_from(["staff", "managers"]))
    return edition(now, locale=locale, past=past, audience=audience, figures=FIGURES, locales=list(LOCALES))


@pytest.mark.parametrize("locale", LOCALES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_edition_holds_a_word_of_change_or_cause(locale, data):
    composed = data.draw(editions(locale))
    words = re.compile(rf"\b({CHANGE_WORDS[composed.locale]})\b", re.IGNORECASE)
    assert [text for text in strings(composed) if words.search(text)] == []


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["en", "it"]).flatmap(editions))
def test_100_percent_is_printed_only_for_a_full_month_without_downtime(composed):
    for row in (row for one in composed.sections for row in one.services):
        assert "100" not in row.result
    clean = {
        name
        for one in composed.sections
        for lead, names, _ in one.closing[:1]
        for name in names.rstrip(".").split(", ")
    }
    assert not clean & {row.name for one in composed.sections for row in one.services}


@pytest.mark.parametrize("locale", LOCALES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_text_has_a_leftover_or_a_missing_value(locale, data):
    composed = data.draw(editions(locale))
    texts = list(strings(composed))
    assert sum(text.count("{address}") for text in texts) == composed.recipient_line.count("{address}") == 1
    if locale == "fr":  # a no-break space stands before these signs
        texts = [re.sub("\u00a0(?=[:;?])", "", text) for text in texts]
    leftover = re.compile(r"\{(?!address\})|\}(?<!\{address\})|\bNone\b(?! of)|\bnan\b|\binf\b|  |\s[,.;:!](?!\w)")
    assert [text for text in texts if leftover.search(text.replace("\u00a0", " "))] == []


@pytest.mark.parametrize("locale", supported_locales())
def test_only_wordings_behind_the_gate_are_words_of_change_and_none_of_cause(locale):
    words = re.compile(rf"\b({CHANGE_WORDS[locale]})\b", re.IGNORECASE)
    messages = {key: one for key, one in Catalogue.load(locale).messages.items() if not key.startswith(GATED)}
    texts = [
        text for message in messages.values() for text in ([message] if isinstance(message, str) else message.values())
    ]
    assert [text for text in texts if words.search(text)] == []


@pytest.mark.parametrize("locale", ["en", "it"])
def test_every_number_in_an_edition_comes_from_a_value(locale):
    month = snapshot(
        service("files", outage("2026-10-14 09:12", 97)),
        service("mail", outage("2026-10-06 08:00", 30), unknown=[span("2026-10-25 06:00", 3)]),
        service("wifi"),
        tickets=tickets(),
        figures=[figure("sign_ins", 61234), figure("sign_in", 2.13, unit="seconds", kind="duration")],
    )
    composed = edition(
        month,
        locale=locale,
        figures=FIGURES,
        tickets={"resolution": {"histogram": "h", "target_s": 14400, "target_share": 0.6}},
    )
    known = {
        *("97", "44", "30", "3"),  # downtime, allowance, unmeasured hours
        *("99.78", "99.93", "99.88", "99.59", "100.00"),  # availability, coverage
        *("1286", "1301", "143", "61", "60", "4"),  # tickets, share and target, promised hours
        *("61234", "2.2"),  # figures
        *("2026", "10", "1", "31", "14", "6", "25", "09", "12", "49"),  # dates and clock times
        "2",  # services
    }
    visible = [
        text
        for text in strings(structs.replace(composed, id="", variant=""))
        if "." not in text or " " in text or "%" in text
    ]
    thousands, decimal = (",", ".") if locale == "en" else (".", ",")
    found = set()
    for text in visible:
        for number in re.findall(r"\d+(?:[.,]\d+)*", text):
            plain = re.sub(rf"\{thousands}(?=\d{{3}}\b)", "", number).replace(decimal, ".")
            found.add(plain)
    assert found - known == set()


def test_the_same_input_gives_the_same_edition_whatever_the_order_of_the_past():
    months = [
        snapshot(service("mail", seconds=2_592_000), label=f"2026-0{number}", tickets=tickets(number))
        for number in (4, 6, 9)
    ]
    now = snapshot(service("mail", outage("2026-10-14 09:12", 97)), tickets=tickets())
    forwards = edition(now, past=tuple(months), settings=config())
    assert forwards == edition(now, past=tuple(reversed(months)), settings=config())
    assert forwards.variant == "staff.en"


@pytest.mark.parametrize(
    ("locale", "department", "month", "direction"),
    [
        ("en", "Acme IT", "October 2026", "ltr"),
        ("it", "IT Acme", "ottobre 2026", "ltr"),
        ("de", "Acme IT", "Oktober 2026", "ltr"),
        ("fr", "Informatique Acme", "octobre 2026", "ltr"),
        ("ar", "تقنية المعلومات، \u2068Acme\u2069", "أكتوبر 2026", "rtl"),
    ],
)
def test_the_edition_is_headed_by_department_and_month(locale, department, month, direction):
    composed = edition(snapshot(service("mail")), locale=locale, locales=list(LOCALES))
    assert (composed.department, composed.month, composed.direction) == (department, month, direction)


@pytest.mark.parametrize("locale", ["en", "it"])
def test_a_configured_department_replaces_ours(locale):
    named = edition(snapshot(service("mail")), locale=locale, department={"en": "The IT desk", "it": "Lo sportello IT"})
    assert named.department == {"en": "The IT desk", "it": "Lo sportello IT"}[locale]
    assert "Acme" not in named.recipient_line
