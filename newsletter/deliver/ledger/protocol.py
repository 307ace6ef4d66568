"""What a ledger promises, whatever database keeps it.

    pending -> claimed -> sending -> accepted | refused | in_doubt | deferred
    claimed, sending -> pending    only if it is proved that the final dot was never sent
    deferred -> claimed            at the next try
    in_doubt -> pending            only when a person says so

Invariants:
    I1  All rows of an edition are created by one transaction, before its first mail.
    I2  No data is sent before `sending` is committed.
    I3  Only the owner who began a delivery records its outcome.
    I4  accepted, refused, suppressed and cancelled are final.
    I5  The Message-ID is fixed when the edition is frozen.
    I6  The states add up to the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, get_args

State = Literal[
    "accepted", "deferred", "refused", "in_doubt", "pending", "claimed", "sending", "suppressed", "cancelled"
]
STATES: tuple[State, ...] = get_args(State)
UNSETTLED: tuple[State, ...] = ("pending", "deferred", "claimed", "sending")
"""States that another run will move on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One copy to be frozen. `state` is pending or suppressed."""

    address: str
    key: str
    name: str
    variant: str
    message_id: str
    state: State = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenEdition:
    """What was decided before the first mail. `date` is the Date header of every copy."""

    id: str
    date: datetime
    variants: Mapping[str, str]  # variant -> digest of its compiled message


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row: a copy for one address. `code` and `reply` are the relay's last words about it."""

    id: int
    address: str
    name: str
    variant: str
    message_id: str
    state: State
    code: int | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one try ended. `retry_at` (seconds since the epoch) holds pending and deferred rows back."""

    id: int
    state: State
    code: int | None = None
    reply: str = ""
    retry_at: float | None = None


class Ledger(Protocol):
    """All methods may be called from several threads; each is one committed transaction.

    Every method raises LedgerError if the database cannot be read or written.
    """

    def secret(self) -> bytes:
        """A random key that never leaves the ledger; Message-IDs are made with it."""

    def freeze(self, edition: FrozenEdition, planned: Sequence[Planned]) -> bool:
        """Write an edition and all its rows at once (I1); False if it was frozen before."""

    def edition(self, edition_id: str) -> FrozenEdition | None:
        """What was frozen, or None."""

    def addresses(self, edition_id: str) -> Mapping[str, str]:
        """Every frozen address, by the key it is compared with."""

    def counts(self, edition_id: str) -> dict[str, int]:
        """`total`, then the number of rows in each of STATES; they add up (I6)."""

    def deliveries(self, edition_id: str, states: Iterable[State]) -> list[Delivery]:
        """The rows in any of `states`, in frozen order."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold the run lock: one send at a time.

        Raises:
            DeliveryError: another process holds it.
        """

    def journal_path(self, owner: str) -> Path:
        """Where the receipt journal of `owner` stands, on a local disk."""

    def journal_paths(self) -> list[Path]:
        """Every journal there is."""

    def claim(self, edition_id: str, owner: str, limit: int, now: float) -> list[Delivery]:
        """Take up to `limit` rows that are due at `now` (seconds since the epoch) for `owner`."""

    def begin(self, owner: str, ids: Sequence[int]) -> frozenset[int]:
        """Turn claimed rows into `sending` (I2); the ids that may now be sent."""

    def record(self, owner: str, outcomes: Sequence[Outcome]) -> None:
        """Write how tries of `owner` ended (I3)."""

    def unfinished(self, owner: str | None = None) -> list[tuple[int, str, State]]:
        """(id, owner, state) of every claimed or sending row, of `owner` or of all."""

    def next_due(self, edition_id: str) -> float | None:
        """When the next pending or deferred row is due (0 = now), None if there is none."""

    def retry_now(self, edition_id: str) -> None:
        """Make every pending and deferred row due."""

    def release_in_doubt(self, edition_id: str) -> int:
        """Make in_doubt rows pending, because a person said so; how many."""
