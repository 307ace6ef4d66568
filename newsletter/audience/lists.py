"""One list of recipients, from whatever source.

Nobody is dropped in silence: a list that cannot be read as a whole is refused, every bad row
is told with its place, and duplicates are reported.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field

from newsletter.audience.csv import CsvFile
from newsletter.audience.mapping import RowError, first, names_of, recipient
from newsletter.audience.roll import Roll
from newsletter.audience.source import Names, Source
from newsletter.config import AudienceConfig, SourceConfig
from newsletter.counting import counted
from newsletter.errors import ContentError


class BadRow(Struct, frozen=True, kw_only=True):
    """A row that cannot be mailed: where it stands ("line 3") and why."""

    place: str
    email: str
    reason: str


class Duplicate(Struct, frozen=True, kw_only=True):
    """A row whose address stood already at `first_place`; it was folded into that one."""

    place: str
    address: str
    first_place: str


class RecipientList(Struct, frozen=True, kw_only=True):
    """One list as read from `source`: whom it names, what was folded, what was skipped, what else to know."""

    source: str
    recipients: Roll
    duplicates: tuple[Duplicate, ...] = ()
    invalid: tuple[BadRow, ...] = ()
    remarks: tuple[str, ...] = ()


class _Found(Struct):
    recipients: Roll = field(default_factory=Roll)
    duplicates: list[Duplicate] = field(default_factory=list)
    invalid: list[BadRow] = field(default_factory=list)
    nameless: int = 0
    several: int = 0


def load(config: AudienceConfig, *, audience: str, skip_invalid: bool = False) -> RecipientList:
    """Read a recipient list.

    The first row of an address wins over later ones. `locale` stays as written; empty means the default.

    Args:
        config: where the list is, and which of its fields mean what.
        audience: the name that every recipient of this list carries.
        skip_invalid: report bad rows in `invalid` instead of refusing the list.

    Raises:
        ConfigError: the source refuses what the config says.
        SourceError: it gives no answer, or one that is not complete.
        ContentError: what it gives cannot be read, names nobody, or holds bad rows (all of them
            are named) and `skip_invalid` is not set.
    """
    source = _source(config.recipients)
    names = names_of(config.fields, source.names)
    found = _read(source, names, audience)
    if found.invalid and not skip_invalid:
        raise _refusal(source.label, found.invalid)
    if not found.recipients:
        raise _nobody(source, names, found)
    return RecipientList(
        source=source.label,
        recipients=found.recipients,
        duplicates=tuple(found.duplicates),
        invalid=tuple(found.invalid),
        remarks=(*source.remarks, *_remarks(names, found)),
    )


def _source(config: Path | SourceConfig) -> Source:
    """The source, from a module that is imported when it is used."""
    if isinstance(config, Path):
        return CsvFile(config)
    if config.command is not None:
        from newsletter.audience.command import Command

        return Command(config.command, config)
    if config.ldap is not None:
        from newsletter.audience.ldap import Directory

        return Directory(config.ldap, config.timeout_s)
    from newsletter.audience.graph import Group

    assert config.graph is not None
    return Group(config.graph, config.timeout_s)


def _read(source: Source, names: Names, audience: str) -> _Found:
    found = _Found()
    for row in source.rows(names):
        address = row.values.get(names.email, "")
        if source.lists_anybody and not first(address):
            found.nameless += 1
            continue
        try:
            one = recipient(row, names, audience)
        except RowError as error:
            found.invalid.append(BadRow(place=row.place, email=first(address), reason=str(error)))
            continue
        found.several += not isinstance(address, str) and len(address) > 1
        earlier = found.recipients.add(one, row.place)
        if earlier:
            found.duplicates.append(Duplicate(place=row.place, address=one.address, first_place=earlier[0]))
    return found


def _remarks(names: Names, found: _Found) -> list[str]:
    told = []
    if found.nameless:
        told.append(f"without {names.email}, so left out: {found.nameless:,}")
    if found.several:
        told.append(f"with several values of {names.email}: {found.several:,}; the first in alphabetical order is used")
    return told


def _nobody(source: Source, names: Names, found: _Found) -> ContentError:
    if found.nameless:
        hint = f"Check which attribute holds the address: fields.email (now {names.email})."
        return ContentError(f"{source.label}: nobody has an address ({found.nameless:,} without {names.email})", hint)
    hint = (
        "Check what is searched for: base and filter, or the group."
        if source.lists_anybody
        else "Add a row with an address under the header."
    )
    return ContentError(f"{source.label} names no recipient", hint)


def _refusal(label: str, invalid: list[BadRow]) -> ContentError:
    told = [f"  {row.place}: {row.email!r}: {row.reason}" for row in invalid]
    rows = counted(len(invalid), "row is", "rows are")
    return ContentError(
        "\n".join([f"{label}: {rows} not usable", *told]), "Mend them, or leave them out with --skip-invalid."
    )
