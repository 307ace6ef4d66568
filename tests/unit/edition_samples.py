"""Hand-written months of a sample company, to compose editions from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsletter import period
from newsletter.compose import compose
from newsletter.config import Config
from newsletter.facts import tell
from newsletter.model import (
    Count,
    Edition,
    Editorial,
    Evidence,
    Exclusion,
    Figure,
    Interval,
    Note,
    Outage,
    Policy,
    Resolution,
    Rule,
    Section,
    ServiceMonth,
    Snapshot,
    TicketMonth,
)

ROME = ZoneInfo("Europe/Rome")
OCTOBER = period.month("2026-10", ROME)
MONTH_S = 745 * 3600.0
"""October 2026 in Rome: 31 days and the hour that is given back."""

NAMES = {
    "mail": {"en": "E-mail", "it": "Posta elettronica"},
    "files": {"en": "Shared files", "it": "File condivisi"},
    "wifi": {"en": "Office Wi-Fi", "it": "Wi-Fi in ufficio"},
}


POLICY = Policy(timezone="Europe/Rome", rules=(Rule(interval_s=60, vote="majority", maintenance=True),))
"""How the sample months were measured."""


def config(**overrides: Any) -> Config:
    """A configuration with three services at 99.9 percent; keywords replace whole keys."""
    document: dict[str, Any] = {
        "organisation": "Acme",
        "timezone": "Europe/Rome",
        "locales": ["en", "it"],
        "prometheus": {"url": "http://127.0.0.1:9090"},
        "availability": [{"preset": "blackbox", "interval_s": 60, "maintenance": "maintenance_active"}],
        "services": {service_id: {"name": name, "target": 99.9} for service_id, name in NAMES.items()},
        "smtp": {"from": "it@acme.example"},
    }
    return Config.model_validate(document | overrides)


def at(text: str) -> float:
    """Seconds since the epoch of a local time, "2026-10-14 09:12"."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME).timestamp()


def outage(start: str, minutes: float, **marks: Any) -> Outage:
    """One interruption without gaps."""
    begin = at(start)
    return Outage(start=begin, end=begin + 60 * minutes, down_s=60.0 * minutes, **marks)


def service(service_id: str, *outages: Outage, seconds: float = MONTH_S, **fields: Any) -> ServiceMonth:
    """A month of one service: down in its outages, excluded and unknown in the given intervals, else up."""
    excluded = tuple(
        one if isinstance(one, Exclusion) else Exclusion(start=one.start, end=one.end)
        for one in fields.pop("excluded", ())
    )
    unknown = fields.pop("unknown", ())
    down_s = sum(one.down_s for one in outages)
    excluded_s, unknown_s = (sum(one.seconds for one in spans) for spans in (excluded, unknown))
    up_s = seconds - down_s - excluded_s - unknown_s
    coverage = fields.pop("coverage", 1 - unknown_s / seconds)
    ratio = up_s / (up_s + down_s) if up_s + down_s else None
    return ServiceMonth(
        id=service_id,
        availability=ratio if coverage >= 0.9 else None,
        up_s=up_s,
        down_s=down_s,
        excluded_s=excluded_s,
        unknown_s=unknown_s,
        coverage=coverage,
        outages=outages,
        excluded=excluded,
        unknown=tuple(unknown),
        evidence=(f"availability/{service_id}",),
        **fields,
    )


def span(start: str, hours: float) -> Interval:
    """A stretch of time."""
    return Interval(start=at(start), end=at(start) + 3600 * hours)


def snapshot(*services: ServiceMonth, label: str = "2026-10", **fields: Any) -> Snapshot:
    """A month with these services, and no tickets or figures unless given."""
    month = period.month(label, ROME)
    evidence = {
        key: Evidence(
            id=key, query="probe_success", evaluated_at=datetime(2026, 11, 1, tzinfo=UTC), samples=1, coverage=1
        )
        for one in services
        for key in one.evidence
    }
    return Snapshot(
        edition=label,
        period=month,
        source="http://127.0.0.1:9090",
        services={one.id: one for one in services},
        tickets=fields.get("tickets", TicketMonth()),
        figures={one.id: one for one in fields.get("figures", ())},
        evidence=evidence,
        policy=fields.get("policy", POLICY),
    )


def tickets(resolved: int = 1301, **fields: Any) -> TicketMonth:
    """A month of the service desk."""
    shares: dict[float, float] = {3600.0: 0.25, 14400.0: 806 / 1301}
    return TicketMonth(
        opened=Count(total=1286),
        resolved=Count(total=resolved),
        open_at_end=Count(total=143),
        resolution={"": Resolution(count=1301, share_within_s=shares, median_between_s=(3600.0, 14400.0))},
        **fields,
    )


def figure(figure_id: str, value: float | None, **fields: Any) -> Figure:
    """Any other number, a count unless said otherwise."""
    return Figure(id=figure_id, value=value, **({"unit": "count", "kind": "count"} | fields))


def note(kind: str, title: str, **fields: Any) -> Note:
    """What a person wrote, in English and for everybody unless said otherwise."""
    given = {"id": title.casefold(), "body": "Text.", "owner": "Network team", "locale": "en", "source": "notes/x.md"}
    return Note(**(given | {"kind": kind, "title": title} | fields))


def edition(
    month: Snapshot, *notes: Note, locale: str = "en", past: tuple[Snapshot, ...] = (), **overrides: Any
) -> Edition:
    """The edition of a month, for staff unless said otherwise."""
    audience, editorial = overrides.pop("audience", "staff"), overrides.pop("editorial", Editorial())
    past_visits, segment = overrides.pop("past_visits", {}), overrides.pop("segment", "")
    told = overrides.pop("told", ())
    settings = overrides.pop("settings", None) or config(**overrides)
    found, selection = tell(month, past=past, config=settings, told=told)
    return compose(
        found,
        notes,
        selection=selection,
        editorial=editorial,
        past_visits=past_visits,
        snapshot=month,
        past=past,
        audience=audience,
        locale=locale,
        config=settings,
        segment=segment,
    )


def section(composed: Edition, kind: str) -> Section:
    """The one section of this kind."""
    (found,) = (one for one in composed.sections if one.kind == kind)
    return found
