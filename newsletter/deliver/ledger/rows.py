"""What both databases share: how a row becomes a value and back, and the words of their errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from newsletter.deliver.ledger.protocol import (
    STATES,
    Bounce,
    Delivery,
    FrozenEdition,
    Hold,
    HoldState,
    RowsLostError,
    Summary,
    Suppression,
)
from newsletter.errors import DeliveryError, LedgerError

_FIELDS = (
    "id",
    "address",
    "name",
    "variant",
    "message_id",
    "state",
    "attempts",
    "next_try_at",
    "deferred_since",
    "code",
    "reply",
)
COLUMNS = ", ".join(_FIELDS)
"""Of a delivery, in the order in which `delivery` takes them."""


def delivery(row: Sequence[Any], fence: int = 0) -> Delivery:
    """A row of COLUMNS as a value."""
    return Delivery(**dict(zip(_FIELDS, row, strict=True)), fence=fence)


def frozen(edition_id: str, date: str, variants: Iterable[tuple[str, str]]) -> FrozenEdition:
    """What was frozen, from its date as text and (variant, digest)."""
    return FrozenEdition(id=edition_id, date=datetime.fromisoformat(date), variants=dict(variants))


def edition_row(edition: FrozenEdition) -> tuple[str, str, str]:
    """Id, date, and the time of now."""
    return edition.id, edition.date.isoformat(), datetime.now(UTC).isoformat(timespec="seconds")


def summary(row: tuple[str, str, float], counts: Mapping[str, int], hold: Hold | None) -> Summary:
    """An edition of the past: its id, when it was frozen, when it changed (seconds since the epoch)."""
    edition_id, created, changed = row
    return Summary(
        id=edition_id,
        frozen_at=datetime.fromisoformat(created),
        changed_at=datetime.fromtimestamp(changed, UTC),
        counts=counts,
        hold=hold,
    )


def counts(by_state: Mapping[str, int]) -> dict[str, int]:
    """`total`, then the number of rows in each state, with 0 where there are none."""
    numbers: dict[str, int] = {state: by_state.get(state, 0) for state in STATES}
    return {"total": sum(numbers.values()), **numbers}


def hold(row: Sequence[Any] | None) -> Hold | None:
    """State, since, actor."""
    return None if row is None else Hold(state=row[0], since=datetime.fromisoformat(row[1]), actor=row[2])


def hold_row(edition_id: str, state: HoldState, actor: str) -> tuple[str, str, str, str]:
    """A hold that begins now."""
    return edition_id, state, datetime.now(UTC).isoformat(timespec="seconds"), actor


def suppression(row: Sequence[str]) -> Suppression:
    """Address, reason, since."""
    return Suppression(address=row[0], reason=row[1], since=datetime.fromisoformat(row[2]))


def suppression_row(one: Suppression) -> tuple[str, str, str, str]:
    """Key, address, reason, since."""
    return one.address.casefold(), one.address, one.reason, one.since.isoformat()


def bounce_row(bounce: Bounce) -> tuple[int, str, str, str, str]:
    """Row, kind, status, words, at."""
    at = bounce.at.isoformat(timespec="seconds")
    return bounce.id, "hard" if bounce.hard else "soft", bounce.status, bounce.words, at


def bounce_reason(bounce: Bounce) -> str:
    """Why its address is suppressed."""
    return f"bounced: {bounce.status or 'no code'}"


def by_token(found: Iterable[Delivery]) -> dict[str, Delivery]:
    """Rows by what stands in their Message-ID before its @."""
    return {one.message_id.removeprefix("<").partition("@")[0]: one for one in found}


# --- the words of errors ----------------------------------------------------------------------


def nothing_there(place: object) -> LedgerError:
    """Somebody looks before anything was sent."""
    return LedgerError(f"there is no ledger at {place} yet", "`newsletter send` creates it.")


def other_version(place: object, found: object, known: int) -> LedgerError:
    """Another version of the program wrote it."""
    return LedgerError(f"{place} has version {found}, this program knows {known}", "Use the version that wrote it.")


def changed_by_others(place: object) -> RowsLostError:
    """A row is not its owner's any more (I3)."""
    return RowsLostError(f"{place}: a row was changed by somebody else", "Run the same command again.")


def runs_already(place: object, runner: str = "") -> DeliveryError:
    """Another process holds the run lock; `runner` tells which."""
    who = f" ({runner})" if runner else ""
    hint = "Wait for it; `newsletter status` tells how far it is."
    return DeliveryError(f"another send is running on {place}{who}", hint)
