"""Services measured by requests: verdicts and words without a single minute, in every language."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.model import Requests, ServiceMonth, Snapshot
from newsletter.render import Renderer, fill_text
from tests.unit import edition_samples as made

RENDERER = Renderer(None)
ADDRESS = {"address": "reader@acme.example"}
ONLY_REQUESTS: dict[str, Any] = {
    "availability": [{"preset": "ingress_nginx"}],
    "services": {"shop": {"name": {"en": "Shop", "it": "Negozio"}, "target": 99.9}},
}


def asked(name: str, total: int, failed: int, **fields: Any) -> ServiceMonth:
    """A service that got so many requests."""
    share = 1 - failed / total if total else None
    given: dict[str, Any] = {
        "availability": share,
        "up_s": 0.0,
        "down_s": 0.0,
        "excluded_s": 0.0,
        "unknown_s": 0.0,
        "coverage": 1.0,
        "evidence": (f"availability/{name}",),
        "basis": "requests",
        "requests": Requests(total=total, failed=failed),
    }
    return ServiceMonth(id=name, **(given | fields))


def letter(month: Snapshot, locale: str = "en", **settings: Any) -> str:
    """The subject and the plain text of the staff edition."""
    rendered = RENDERER.render(made.edition(month, locale=locale, **(ONLY_REQUESTS | settings)))
    return f"{rendered.subject}\n{fill_text(rendered, ADDRESS)}".replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("locale", "words"), [("en", ("minute", " min", "downtime")), ("it", ("minut", " min", "fermo"))]
)
@pytest.mark.parametrize("failed", [0, 212, 20_000])
def test_no_minutes_are_told_of_a_service_that_is_measured_by_requests(
    locale: str, words: tuple[str, ...], failed: int
) -> None:
    text = letter(made.snapshot(asked("shop", 1_000_000, failed)), locale)
    title = {"en": "The month in one minute", "it": "Il mese in un minuto"}[locale]
    rest = text.casefold().replace(title.casefold(), "")
    assert [word for word in words if word in rest] == []


def test_a_met_target_says_what_it_is_a_share_of() -> None:
    text = letter(made.snapshot(asked("shop", 1_000_000, 212)))
    assert "The target for Shop was met." in text
    assert "99.97%" in text
    assert "of 1,000,000 requests answered" in text
    assert "Percentages are of requests answered, not of time." in text


def test_a_missed_target_comes_first_and_is_never_a_downtime() -> None:
    text = letter(made.snapshot(asked("shop", 1_000_000, 20_000)))
    assert "one target, missed" in text
    assert "98.00% of requests answered; the target is 99.9%. What went wrong comes first." in " ".join(text.split())
    assert "Shop: 98.00% of requests answered." in text
    assert "98.00% of requests answered, target 99.9%" in text
    assert text.index("What went wrong, and what we did") < text.index("Service by service")


def test_the_share_is_rounded_down_and_judged_exactly() -> None:
    text = letter(made.snapshot(asked("shop", 1_000_000, 1_001)))
    assert "98.00%" not in text
    assert "99.89%" in text
    assert "missed" in text
    assert "met" in letter(made.snapshot(asked("shop", 1_000_000, 1_000)))


def test_a_service_nobody_asked_has_no_percentage() -> None:
    text = letter(made.snapshot(asked("shop", 0, 0)))
    assert "%" not in text
    assert "too little" in text


def test_an_indicator_brings_its_own_target_and_claims_no_requests() -> None:
    month = asked("web", 1, 0, availability=0.9962, basis="indicator", requests=None, target=0.995)
    text = letter(made.snapshot(month), services={})
    assert "99.62%" in text
    assert "service level" in text
    assert "The target for web was met." in text


def test_minutes_and_requests_stand_side_by_side() -> None:
    settings: dict[str, Any] = {
        "availability": [{"preset": "blackbox"}, {"preset": "ingress_nginx"}],
        "services": {"mail": {"name": "E-mail", "target": 99.9}, **ONLY_REQUESTS["services"]},
    }
    mail = made.service("mail", made.outage("2026-10-14 09:12", 97))
    text = letter(made.snapshot(mail, asked("shop", 5_000, 1)), **settings)
    assert "One of two services met its target. E-mail did not." in text
    assert "97 of 44 min" in text
    assert "of 5,000 requests answered" in text
    assert "Where requests are counted, the percentage is of requests answered, not of time." in " ".join(text.split())


def test_the_month_before_is_compared_only_if_it_was_measured_alike() -> None:
    before = made.snapshot(made.service("shop"), label="2026-09")
    alike = made.snapshot(asked("shop", 100_000, 50), label="2026-09")
    now = made.snapshot(asked("shop", 100_000, 10))
    rows = [
        made.section(made.edition(now, past=(past,), **ONLY_REQUESTS), "services").services[0]
        for past in (before, alike)
    ]
    assert [row.previous for row in rows] == ["", "September: 99.95%"]
    assert rows[0].days == ()
    assert rows[0].used == pytest.approx(0.1)
