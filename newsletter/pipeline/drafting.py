"""snapshot, notes -> facts -> compose -> render: an edition in memory, offline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs, to_builtins
from msgspec.json import format as format_json

from newsletter import approval
from newsletter.config import Config
from newsletter.errors import ContentError, Located
from newsletter.model import Edition, Editorial, Evidence, Fact, Note, Period, Rendered, Selection, Snapshot, Told
from newsletter.model.same import Same
from newsletter.pipeline.frozen import past_snapshots, read_snapshot
from newsletter.pipeline.months import edition_folder

if TYPE_CHECKING:
    from newsletter.render import Renderer


class Draft(Struct, frozen=True, kw_only=True):
    """An edition built in memory: everything that preview, approval and send need."""

    month: Period
    snapshot: Snapshot
    facts: tuple[Fact, ...]
    selection: Selection
    past: tuple[Snapshot, ...]
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


class Material(Struct, frozen=True, kw_only=True):
    """Everything that an edition is written from, in memory: numbers, decisions and notes."""

    config: Config
    month: Period
    snapshot: Snapshot
    past: tuple[Snapshot, ...]
    editorial: Editorial
    facts: tuple[Fact, ...]
    selection: Selection
    notes: tuple[Note, ...]
    past_visits: Mapping[str, tuple[Note, ...]]


class Variant(Struct, frozen=True, kw_only=True):
    """For whom one letter of an edition is; only the staff letter has segments."""

    audience: str
    segment: str
    locale: str

    @property
    def name(self) -> str:
        """`staff.en`, or `staff.warehouse.en`."""
        from newsletter import compose

        return compose.variant_name(self.audience, self.locale, self.segment)


def build(
    config: Config, month: Period, *, now: datetime, snapshot_path: Path | None = None, drafts: bool = False
) -> Draft:
    """Snapshot and notes to every variant of the edition, offline.

    Raises:
        ContentError: a snapshot, note or template is at fault.
    """
    from newsletter import notes

    material = numbers(config, month, snapshot_path=snapshot_path)
    written = notes.load(edition_folder(config, month) / "notes", config=config, now=now, drafts=drafts)
    material = structs.replace(material, notes=written)
    layout = renderer(config)
    editions, rendered = {}, {}
    for variant in variants(config):
        edition = compose_variant(material, variant)
        editions[edition.variant] = edition
        rendered[edition.variant] = layout.render(edition)
    return drafted(material, editions, rendered)


def numbers(config: Config, month: Period, *, snapshot_path: Path | None = None) -> Material:
    """All that an edition is written from but its notes.

    Raises:
        ContentError: a snapshot, an earlier note or what the editors decided is at fault.
    """
    from newsletter import notes
    from newsletter.language import require_supported

    require_supported(config.locales)
    snapshot = read_snapshot(config, month, snapshot_path)
    past = past_snapshots(config, month)
    folder = edition_folder(config, month)
    editorial = notes.load_editorial(folder, config=config)
    facts, selection = _tell(config, snapshot, past, editorial, folder)
    return Material(
        config=config,
        month=month,
        snapshot=snapshot,
        past=past,
        editorial=editorial,
        facts=facts,
        selection=selection,
        notes=(),
        past_visits=notes.visits(config.editions, month, config=config),
    )


def compose_variant(material: Material, variant: Variant) -> Edition:
    """The words of one variant.

    Raises:
        ContentError: a note lacks something that its section needs, or refers to no fact.
    """
    from newsletter import compose

    return compose.compose(
        material.facts,
        material.notes,
        selection=material.selection,
        editorial=material.editorial,
        past_visits=material.past_visits,
        snapshot=material.snapshot,
        past=material.past,
        audience=variant.audience,
        segment=variant.segment,
        locale=variant.locale,
        config=material.config,
    )


def renderer(config: Config) -> Renderer:
    """What lays out the editions of this config.

    Raises:
        ContentError: the folder of templates does not exist.
    """
    from newsletter.render import Renderer

    return Renderer(config.templates, config.theme.settled())


def drafted(material: Material, editions: Mapping[str, Edition], rendered: Mapping[str, Rendered]) -> Draft:
    """What was made of the material, with the material's own part in it."""
    from newsletter import compose

    return Draft(
        month=material.month,
        snapshot=material.snapshot,
        facts=material.facts,
        selection=material.selection,
        past=material.past,
        unexplained=compose.unexplained(material.facts, material.notes, material.config),
        editions=editions,
        variants=rendered,
    )


def facts_of(config: Config, month: Period) -> tuple[Fact, ...]:
    """The facts of a month, whatever is written about it.

    Raises:
        ContentError: there is no snapshot of the month, or an earlier one is at fault.
    """
    nothing_decided = Editorial(), edition_folder(config, month)
    found, _ = _tell(config, read_snapshot(config, month), past_snapshots(config, month), *nothing_decided)
    return found


def _tell(
    config: Config, snapshot: Snapshot, past: Sequence[Snapshot], editorial: Editorial, folder: Path
) -> tuple[tuple[Fact, ...], Selection]:
    from newsletter import facts, notes

    told = facts.memory.read(config.editions, before=snapshot.edition)
    try:
        return _tell_once(Same(config), Same(snapshot), tuple(map(Same, past)), told, editorial.pin, editorial.mute)
    except facts.ImpossibleWish as error:
        place = notes.place_of(folder, error.wish, error.fact)
        told_at = f"{place.file}:{place.line}: {error.message}"
        raise ContentError(told_at, error.hint, located=[Located(error.message, place)]) from None


@lru_cache(maxsize=1)  # a preview asks again at every save of a note or template
def _tell_once(
    config: Same[Config],
    snapshot: Same[Snapshot],
    past: tuple[Same[Snapshot], ...],
    told: tuple[Told, ...],
    *wishes: tuple[str, ...],
) -> tuple[tuple[Fact, ...], Selection]:
    from newsletter import facts

    pin, mute = wishes
    earlier = [one.value for one in past]
    return facts.tell(snapshot.value, past=earlier, config=config.value, told=told, pin=pin, mute=mute)


def variants(config: Config) -> Iterator[Variant]:
    """Every letter of an edition, in the order of the config."""
    from newsletter import compose

    for audience in config.audiences:
        parts = config.segments if compose.letter_of(audience, config) == "staff" else ()
        for segment in ("", *parts):
            for locale in config.locales:
                yield Variant(audience=audience, segment=segment, locale=locale)


def facts_json(told: Draft | Material) -> str:
    """The facts with the evidence behind them, as stable JSON (LF, two blanks)."""
    evidence = {key: evidence_dict(one) for key, one in sorted(told.snapshot.evidence.items())}
    facts = to_builtins(told.facts)
    selection = to_builtins(told.selection)
    whole = {"edition": told.month.label, "selection": selection, "facts": facts, "evidence": evidence}
    # With `indent`, json.dumps is pure Python; numbers and texts stay as json writes them, msgspec puts in the blanks only.
    return format_json(json.dumps(whole, ensure_ascii=False), indent=2) + "\n"


def evidence_dict(one: Evidence) -> dict[str, Any]:
    """Evidence as JSON can hold it, the instant on the clock that it was written with."""
    return {**to_builtins(one), "evaluated_at": one.evaluated_at.isoformat()}
