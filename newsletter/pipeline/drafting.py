"""snapshot, notes -> facts -> compose -> render: an edition in memory, offline."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import approval
from newsletter.config import Config
from newsletter.model import Edition, Editorial, Fact, Period, Rendered, Selection, Snapshot

if TYPE_CHECKING:
    pass
from newsletter.pipeline.frozen import past_snapshots, read_snapshot
from newsletter.pipeline.months import edition_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An edition built in memory: everything that preview, approval and send need."""

    month: Period
    snapshot: Snapshot
    facts: tuple[Fact, ...]
    selection: Selection
    unexplained: tuple[tuple[str, str], ...]
    editions: Mapping[str, Edition]
    variants: Mapping[str, Rendered]

    @property
    def digests(self) -> dict[str, str]:
        """Each variant's digest."""
        return {name: one.digest for name, one in self.variants.items()}

    @property
    def without_percentage(self) -> tuple[str, ...]:
        """The services of which too little was measured to state one."""
        return tuple(name for name, one in self.snapshot.services.items() if one.availability is None)

    @property
    def digest(self) -> str:
        """The hash that approvals are bound to."""
        return approval.edition_digest(self.digests, facts_json(self))


def build(
    config: Config, month: Period, *, now: datetime, snapshot_path: Path | None = None, drafts: bool = False
) -> Draft:
    """Snapshot and notes to every variant of the edition, offline.

    Raises:
        ContentError: a snapshot, note or template is at fault.
    """
    from newsletter import compose, notes
    from newsletter.language import require_supported
    from newsletter.render import Renderer

    require_supported(config.locales)
    snapshot = read_snapshot(config, month, snapshot_path)
    past = past_snapshots(config, month)
    editorial = notes.load_editorial(edition_folder(config, month), config=config)
    found, selection = _tell(config, snapshot, past, editorial)
    past_visits = notes.visits(config.editions, month, config=config)
    written = notes.load(edition_folder(config, month) / "notes", config=config, now=now, drafts=drafts)
    renderer = Renderer(config.templates, config.theme.settled())
    editions, variants = {}, {}
    for audience, segment, locale in _variants(config):
        edition = compose.compose(
            found,
            written,
            selection=selection,
            editorial=editorial,
            past_visits=past_visits,
            snapshot=snapshot,
            past=past,
            audience=audience,
            segment=segment,
            locale=locale,
            config=config,
        )
        editions[edition.variant] = edition
        variants[edition.variant] = renderer.render(edition)
    return Draft(
        month=month,
        snapshot=snapshot,
        facts=found,
        selection=selection,
        unexplained=compose.unexplained(found, written, config),
        editions=editions,
        variants=variants,
    )


def facts_of(config: Config, month: Period) -> tuple[Fact, ...]:
    """The facts of a month, whatever is written about it.

    Raises:
        ContentError: there is no snapshot of the month, or an earlier one is at fault.
    """
    found, _ = _tell(config, read_snapshot(config, month), past_snapshots(config, month), Editorial())
    return found


def _tell(
    config: Config, snapshot: Snapshot, past: Sequence[Snapshot], editorial: Editorial
) -> tuple[tuple[Fact, ...], Selection]:
    from newsletter import facts

    return facts.tell(
        snapshot,
        past=past,
        config=config,
        told=facts.memory.read(config.editions, before=snapshot.edition),
        pin=editorial.pin,
        mute=editorial.mute,
    )


def _variants(config: Config) -> Iterator[tuple[str, str, str]]:
    """(audience, segment, locale) of every variant; only the staff letter has segments."""
    from newsletter import compose

    for audience in config.audiences:
        parts = config.segments if compose.letter_of(audience, config) == "staff" else ()
        for segment in ("", *parts):
            for locale in config.locales:
                yield audience, segment, locale


def facts_json(draft: Draft) -> str:
    """The facts with the evidence behind them, as stable JSON (LF, two blanks)."""
    evidence = {
        key: {**dataclasses.asdict(one), "evaluated_at": one.evaluated_at.isoformat()}
        for key, one in sorted(draft.snapshot.evidence.items())
    }
    facts = [dataclasses.asdict(one) for one in draft.facts]
    selection = dataclasses.asdict(draft.selection)
    whole = {"edition": draft.month.label, "selection": selection, "facts": facts, "evidence": evidence}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
