"""What every part of an edition is composed from, with the look-ups they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Self

from msgspec import Struct

from newsletter import period
from newsletter.compose.standing import Standing
from newsletter.config import Config, Letter
from newsletter.errors import ContentError, Located, Place
from newsletter.language import Catalogue, Formats, localised
from newsletter.model import Editorial, Fact, Interval, Note, NoteKind, Outage, Selection, Snapshot

_SPILL_S = 60.0
_NO_DECISIONS = Editorial()
_NO_VISITS: Mapping[str, tuple[Note, ...]] = {}


class Context(Struct, frozen=True, kw_only=True):
    """One edition's material: numbers, notes of its locale and audience, and the means to word them."""

    snapshot: Snapshot
    past: Mapping[str, Snapshot]
    facts: Mapping[str, Fact]
    selection: Selection
    editorial: Editorial
    audience: str
    segment: str
    past_visits: Mapping[str, tuple[Note, ...]]
    every_visit: tuple[Note, ...]
    notes: tuple[Note, ...]
    standings: tuple[Standing, ...]
    config: Config
    locale: str
    catalogue: Catalogue
    formats: Formats

    @classmethod
    def of(
        cls,
        facts: Sequence[Fact],
        notes: Sequence[Note],
        *,
        selection: Selection,
        editorial: Editorial = _NO_DECISIONS,
        past_visits: Mapping[str, tuple[Note, ...]] = _NO_VISITS,
        snapshot: Snapshot,
        past: Sequence[Snapshot],
        audience: str,
        locale: str,
        config: Config,
        segment: str = "",
    ) -> Self:
        """Load the wordings and keep what belongs to this audience and locale.

        Raises:
            ConfigError: there are no wordings for `locale`.
        """
        catalogue = Catalogue.load(locale)
        meant = (note for note in notes if note.locale == locale and _is_for(note, audience, segment))
        return cls(
            snapshot=snapshot,
            past={one.edition: one for one in past},
            facts={fact.id: fact for fact in facts},
            selection=selection,
            editorial=editorial,
            audience=audience,
            segment=segment,
            past_visits=past_visits,
            every_visit=tuple(note for note in notes if note.kind == "visit"),
            notes=tuple(sorted(meant, key=lambda note: (note.order, note.id))),
            standings=tuple(
                Standing(
                    name=catalogue.name(_service_name(fact.subject, locale, config)),
                    fact=fact,
                    month=snapshot.services[fact.subject],
                    critical=_critical(fact.subject, config),
                )
                for fact in facts
                if fact.id == f"{fact.subject}.availability" and fact.subject in snapshot.services
            ),
            config=config,
            locale=locale,
            catalogue=catalogue,
            formats=Formats(catalogue, config.timezone),
        )

    def days_of(self, spans: Iterable[Interval | Outage]) -> list[date]:
        """Every local day that one of `spans` touches, in order.

        The last minute of a longer span makes no day of its own: edges are known to half an interval.
        """
        touched: set[date] = set()
        for span in spans:
            spill = _SPILL_S if span.end - span.start > 2 * _SPILL_S else 0.0
            first = self.formats.local(span.start + spill).date()
            last = self.formats.local(max(span.start, span.end - spill - 1e-3)).date()
            touched |= {first + timedelta(days=number) for number in range((last - first).days + 1)}
        return sorted(touched)

    @property
    def start(self) -> datetime:
        """The first instant of the month, in local time."""
        return self.formats.local(self.snapshot.period.start)

    @property
    def month(self) -> str:
        """Month and year: "October 2026"."""
        return self.formats.month(self.start)

    @property
    def before(self) -> Snapshot | None:
        """The month before, if there is a snapshot of it."""
        return self.past.get(period.previous(self.snapshot.period, self.config.timezone).label)

    @property
    def month_before(self) -> str:
        """The name of the month before: "September"."""
        return self.formats.month_name(period.previous(self.snapshot.period, self.config.timezone).start)

    @property
    def same_month_last_year(self) -> str:
        """This month a year ago: "October 2025"."""
        year_ago = period.previous(self.snapshot.period, self.config.timezone, months=12)
        return self.formats.month(year_ago.start)

    @property
    def window(self) -> str:
        """The days measured: "1-31 October 2026"."""
        return self.formats.window(self.snapshot.period.start, self.snapshot.period.end)

    @property
    def letter(self) -> Letter:
        """Which letter this audience gets."""
        return letter_of(self.audience, self.config)

    @property
    def own_services(self) -> tuple[str, ...]:
        """The services that the readers' part of the organisation runs on; empty for the staff as a whole."""
        return tuple(self.config.segments[self.segment].services) if self.segment else ()

    @property
    def visited_sentences(self) -> tuple[str, ...]:
        """How many meetings we joined, and in which departments; empty without a visit."""
        visits = self.notes_of("visit")
        departments = tuple(dict.fromkeys(note.department for note in visits if note.department))
        if not visits:
            return ()
        count = self.catalogue.count(len(visits))
        if not departments:
            return (self.text("heard.visits", n=len(visits), count=count),)
        names = self.catalogue.enumerate(departments)
        return (self.text("heard.visits_departments", n=len(visits), count=count, names=names),)

    @property
    def department(self) -> str:
        """Who writes: the configured name, or "<organisation> IT" as the locale says it."""
        if self.config.department:
            return self.localised(self.config.department)
        return self.text("edition.department", organisation=self.config.organisation)

    def text(self, key: str, /, n: int | None = None, **slots: str) -> str:
        """A message of the catalogue."""
        return self.catalogue.text(key, n, **slots)

    def localised(self, text: str | Mapping[str, str]) -> str:
        """A configured text in this edition's locale; isolated if it may run the other way, as a text of another one."""
        return self.catalogue.name(self.catalogue.prose(localised(text, self.locale, self.config.locales[0])))

    def notes_of(self, *kinds: NoteKind) -> tuple[Note, ...]:
        """The notes of these kinds, in their order."""
        return tuple(note for note in self.notes if note.kind in kinds)

    def service_name(self, service_id: str) -> str:
        """What readers call a service."""
        return self.catalogue.name(_service_name(service_id, self.locale, self.config))


def _is_for(note: Note, audience: str, segment: str) -> bool:
    """Without a list a note is for everybody; a segment's note reaches nobody outside it."""
    to_audience = not note.audiences or audience in note.audiences
    return to_audience and (not note.segments or "all" in note.segments or segment in note.segments)


def note_error(note: Note, what: str, do: str, *, line: int | None = None) -> ContentError:
    """What is wrong with a note, perhaps at one `line`, which only its kind or the facts of the month tell."""
    where = note.source if line is None else f"{note.source}:{line}"
    return ContentError(f"{where}: {what}", do, located=[Located(what, Place(note.source, line or 1))])


def letter_of(audience: str, config: Config) -> Letter:
    """The configured letter of an audience; without one, its name decides."""
    wanted = config.audiences[audience].letter if audience in config.audiences else None
    return wanted or ("managers" if audience == "managers" else "staff")


def _service_name(service_id: str, locale: str, config: Config) -> str:
    service = config.services.get(service_id)
    return localised(service.name, locale, config.locales[0]) if service else service_id


def _critical(service_id: str, config: Config) -> bool:
    return service_id in config.services and config.services[service_id].critical
