"""An edition as its files stand: read at every save, but only as far as a file has changed.

A fault in a note never stops the picture: the letters are composed without that note, and the
fault is a finding. A fault in the config, a template or the numbers does, because nothing true
can be shown then.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from msgspec import Struct, structs

from newsletter import config as configuration
from newsletter import notes, pipeline
from newsletter.config import Config
from newsletter.errors import ContentError, Located
from newsletter.model import Edition, Period, Rendered
from newsletter.notes import Manuscript
from newsletter.pipeline import Material, Variant
from newsletter.render import Renderer, template_folders
from newsletter.versions import Version, version_of, versions_below


class Reading(Struct, frozen=True, kw_only=True):
    """One edition at one moment.

    Args:
        config: as it stands now.
        month: which edition.
        now: when it was read; decides which notes are due.
        material: what its letters are written from, but for the notes; None as long as there are no numbers.
        manuscripts: every file of notes.
        layout: the version of every template and of the theme; equal ones lay an edition out alike.
    """

    config: Config
    month: Period
    now: datetime
    material: Material | None
    manuscripts: tuple[Manuscript, ...]
    layout: tuple[object, ...]

    @property
    def folder(self) -> Path:
        """Where the edition's files stand."""
        return pipeline.edition_folder(self.config, self.month)

    @property
    def root(self) -> Path:
        """The folder of the workspace; shown paths are relative to it."""
        return self.config.path.absolute().parent

    @property
    def faulty(self) -> frozenset[str]:
        """The files of notes that cannot be used as they stand."""
        return frozenset(one.file for one in self.manuscripts if one.faults)

    def variants(self) -> list[Variant]:
        """Every letter of the edition; none without numbers."""
        return list(pipeline.variants(self.config)) if self.material else []


def read(path: Path, label: str | None) -> Reading:
    """The edition `label` of the config at `path`; None is the last complete month.

    Raises:
        ConfigError, ContentError, UsageError: the config, the numbers or the editors' decisions are at fault.
    """
    config, now = _config(path), datetime.now(UTC)
    month = pipeline.resolve_month(config, label, now)
    folder = pipeline.edition_folder(config, month)
    notes_folder = folder / "notes"
    measured = (folder / pipeline.SNAPSHOT_NAME).is_file()
    return Reading(
        config=config,
        month=month,
        now=now,
        material=_numbers(config, month, notes_folder) if measured else None,
        manuscripts=tuple(notes.manuscripts(notes_folder, config=config, now=now)),
        layout=(*map(versions_below, template_folders(config.templates)), config.theme),
    )


APART = frozenset(
    [
        "organisation",
        "department",
        "departments",
        "feedback",
        "four_eyes",
        "approvals",
        "smtp",
        "sending",
        "preview",
        "checks",
        "metrics",
        "ledger",
        "templates",
        "theme",
    ]
)
"""Keys of the config on which no number hangs, nor what is told of it."""


class _Counted:
    """A config as a key: equal to another one that differs in nothing but keys on which no number hangs."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Counted) and all(
            getattr(self.config, key) == getattr(other.config, key) for key in Config.model_fields.keys() - APART
        )

    def __hash__(self) -> int:
        return hash(self.config.path)


def _numbers(config: Config, month: Period, but: Path) -> Material:
    """All but the notes below `but`; known as long as no other file of any edition is another one."""
    material = _numbers_once(_Counted(config), month, versions_below(config.editions, but=but))
    return structs.replace(material, config=config)


@lru_cache(maxsize=1)
def _numbers_once(counted: _Counted, month: Period, _: tuple[Version, ...]) -> Material:
    return pipeline.numbers(counted.config, month)


def _config(path: Path) -> Config:
    """The config, loaded anew when its file or the logo that it names is another one."""
    config = _config_once(path, version_of(path))
    logo = config.theme.logo
    return _config_once(path, version_of(path), version_of(logo.path)) if logo else config


@lru_cache(maxsize=4)
def _config_once(path: Path, *_: Version) -> Config:
    return configuration.load(path)


class Letter(Struct, frozen=True, kw_only=True):
    """One variant, composed and laid out, and the notes that had to be left out of it."""

    edition: Edition
    rendered: Rendered
    faults: tuple[Located, ...]


class Press:
    """Makes letters, and lays out again only those whose words or layout changed. For one thread."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, bool], tuple[tuple[object, ...], Letter]] = {}
        self._laying: tuple[tuple[object, ...], Renderer] | None = None

    def letter(self, reading: Reading, variant: Variant, *, drafts: bool) -> Letter:
        """The letter of one variant.

        Args:
            reading: the edition; with numbers.
            variant: which letter.
            drafts: with the notes that are not ready, which is never what is sent.

        Raises:
            ContentError: a template, or something else than a note, is at fault.
        """
        edition, faults = _composed(reading, variant, drafts=drafts)
        rendered = self._known(edition, reading.layout)
        if rendered is None:
            rendered = self._renderer(reading).render(edition)
        letter = Letter(edition=edition, rendered=rendered, faults=faults)
        self._made[variant.name, drafts] = (reading.layout, letter)
        return letter

    def _renderer(self, reading: Reading) -> Renderer:
        """What lays letters out; the one before as long as no template, which it would look for, nor the theme changed."""
        if self._laying is None or self._laying[0] != reading.layout:
            self._laying = reading.layout, pipeline.renderer(reading.config)
        return self._laying[1]

    def _known(self, edition: Edition, layout: tuple[object, ...]) -> Rendered | None:
        for drafts in (True, False):
            made = self._made.get((edition.variant, drafts))
            if made and made[0] == layout and made[1].edition == edition:
                return made[1].rendered
        return None


def has_drafts(reading: Reading, variant: Variant) -> bool:
    """Whether notes that are not ready could be in a letter, so that it is not the one that would be sent."""
    return any(one.state == "draft" and one.note and one.note.locale == variant.locale for one in reading.manuscripts)


def _composed(reading: Reading, variant: Variant, *, drafts: bool) -> tuple[Edition, tuple[Located, ...]]:
    """The words of one variant, without the notes that only composing finds at fault."""
    assert reading.material is not None, "without numbers there is no letter"
    found, faults = notes.sound(reading.manuscripts, drafts=drafts)
    refused = list(faults)
    while True:
        try:
            material = structs.replace(reading.material, notes=found)
            return pipeline.compose_variant(material, variant), tuple(refused)
        except ContentError as error:
            at_fault = {one.place.file for one in error.located}
            kept = tuple(note for note in found if note.source not in at_fault)
            if len(kept) == len(found):
                raise
            refused += error.located
            found = kept
