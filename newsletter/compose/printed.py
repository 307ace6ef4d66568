"""Which numbers of a letter come from which fact, for who asks where one comes from."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.model import Quoted, Section


def printed(section: Section) -> Iterator[Quoted]:
    """Every number of a section that one fact stands behind, each kind of content in the order of the text."""
    return (one for one in _printed(section) if one.fact and one.text)


def _printed(section: Section) -> Iterator[Quoted]:
    for incident in section.incidents:
        yield from incident.quoted
    for card in section.cards:
        # the spotlight's large words are a name; its number stands in the line below
        yield Quoted(fact=card.fact, text=card.source if section.kind == "spotlight" else card.number)
    for tile in section.tiles:
        yield Quoted(fact=tile.fact, text=tile.number)
        yield Quoted(fact=tile.fact, text=tile.context)
        yield Quoted(fact=tile.fact, text=tile.previous, of="month_before")
        yield Quoted(fact=tile.fact, text=tile.history.caption if tile.history else "", of="earlier_months")
    for row in section.services:
        yield Quoted(fact=row.fact, text=row.result, before=row.name)
        yield Quoted(fact=row.fact, text=row.previous, of="month_before")
        yield Quoted(fact=row.fact, text=row.remark)
        yield Quoted(fact=row.fact, text=row.budget)
    for target in section.targets:
        yield Quoted(fact=target.fact, text=target.result, before=target.service)
        yield Quoted(fact=target.fact, text=target.down)
    yield from section.quoted
