"""What a ledger promises, whatever database keeps it.

    pending -> claimed -> sending -> accepted | refused | in_doubt | deferred
    claimed, sending -> pending    only if it is proved that the final dot was never sent
    deferred -> claimed            at the next try; refused when it was put off for too long
    in_doubt -> accepted, pending  only when a person (or the relay's log) says so
    pending, deferred, claimed -> suppressed, cancelled    when a person says so

Invariants, each with tests of that number:
    I1   All rows of an edition are created by one transaction, before its first mail; their number never changes.
    I2   No data is sent before `sending` is committed.
    I3   Only the owner who began a delivery records its outcome.
    I4   accepted, refused, suppressed and cancelled are final.
    I5   The Message-ID is fixed when the edition is frozen.
    I6   A begun delivery goes back to pending only if its final dot certainly never left.
    I7   Whether an owner lives is told by the kernel's lock, never by a clock.
    I8   A pause or cancellation is read when a window begins: no window begins after it.
    I9   The states add up to the total; a send ends with 0 only if nothing is left to do.
    I10  No address stands in the name or content of a lock or journal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self, get_args

from msgspec import Struct

from newsletter.errors import LedgerError

State = Literal[
    "accepted", "deferred", "refused", "in_doubt", "pending", "claimed", "sending", "suppressed", "cancelled"
]
STATES: tuple[State, ...] = get_args(State)
UNSETTLED: tuple[State, ...] = ("pending", "deferred", "claimed", "sending")
"""States that another run will move on."""

LONGEST_WAIT_S = 172_800.0
"""No row is put off for longer: a next try beyond it was written under a clock that was wrong."""

HoldState = Literal["paused", "cancelled"]


class Planned(Struct, frozen=True, kw_only=True):
    """One copy to be frozen. `key` is the address as it is compared."""

    address: str
    key: str
    name: str
    variant: str
    message_id: str


class FrozenEdition(Struct, frozen=True, kw_only=True):
    """What was decided before the first mail. `date` is the Date header of every copy."""

    id: str
    date: datetime
    variants: Mapping[str, str]  # variant -> digest of its compiled message


class Difference(Struct, frozen=True, kw_only=True):
    """How a list differs from the frozen one: for each kind the number of people, and some of their addresses.

    Args:
        added: on the list, but not frozen.
        removed: frozen, but not on the list any more.
        changed: with another name or variant (language, audience) than the frozen one.
    """

    added: tuple[int, tuple[str, ...]] = (0, ())
    removed: tuple[int, tuple[str, ...]] = (0, ())
    changed: tuple[int, tuple[str, ...]] = (0, ())


class Hold(Struct, frozen=True, kw_only=True):
    """Somebody paused or cancelled an edition."""

    state: HoldState
    since: datetime
    actor: str


class Suppression(Struct, frozen=True, kw_only=True):
    """An address that gets no mail of any edition."""

    address: str
    reason: str
    since: datetime


class Bounce(Struct, frozen=True, kw_only=True):
    """A copy that came back after the relay had accepted it.

    Args:
        id: its row.
        hard: whether the address takes no mail at all, so that it must get none any more.
        status: the enhanced status code (RFC 3463), or nothing.
        words: of the system that returned it.
        at: when this was read (aware).
    """

    id: int
    hard: bool
    status: str
    words: str
    at: datetime


class Delivery(Struct, frozen=True, kw_only=True):
    """One row: a copy for one address.

    Args:
        id: its number in the ledger.
        address: where it goes.
        name: whom it greets.
        variant: which variant.
        message_id: with angle brackets.
        state: where it stands.
        attempts: how often it was tried.
        next_try_at: when it may be tried again (seconds since the epoch); None = at once.
        deferred_since: when the relay put it off for the first time (seconds since the epoch).
        code: the relay's last code about it.
        reply: the relay's last words about it.
        fence: which claim of the row this is, where several processes may claim it.
    """

    id: int
    address: str
    name: str
    variant: str
    message_id: str
    state: State
    attempts: int = 0
    next_try_at: float | None = None
    deferred_since: float | None = None
    code: int | None = None
    reply: str = ""
    fence: int = 0


class Outcome(Struct, frozen=True, kw_only=True):
    """How one try ended.

    Args:
        id: the row.
        state: its new state.
        code: the relay's code.
        reply: the relay's words.
        next_try_at: holds a pending or deferred row back until then (seconds since the epoch).
        tried: whether anything was said to the relay; False for what was only claimed or begun.
        fence: the claim that it is the end of; None where a person says so.
    """

    id: int
    state: State
    code: int | None = None
    reply: str = ""
    next_try_at: float | None = None
    tried: bool = True
    fence: int | None = None


class Summary(Struct, frozen=True, kw_only=True):
    """An edition of the past: when it was frozen, when a row changed last, counts as of `Ledger.counts`."""

    id: str
    frozen_at: datetime
    changed_at: datetime
    counts: Mapping[str, int]
    hold: Hold | None


class RowsLostError(LedgerError):
    """A row is not its owner's any more: another run, or a person, has settled it."""


class LockLostError(LedgerError):
    """The run lock is gone for good: nothing more may be sent."""


class RunLock(Protocol):
    """The right to send, while it is held."""

    def require(self) -> None:
        """Return while the lock is held; cheap enough to be asked before each mail.

        Where a connection to a server holds it, and broke, this waits until the lock is back.

        Raises:
            LockLostError: it does not come back, or somebody else has had it meanwhile.
        """


class _Held:
    """A lock that the kernel keeps for as long as the process lives."""

    def require(self) -> None:
        """See `RunLock.require`."""


HELD: RunLock = _Held()


class Ledger(Protocol):
    """All methods may be called from several threads; each is one committed transaction.

    Every method raises LedgerError if the database cannot be read or written.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def close(self) -> None:
        """Let go of the database."""

    def secret(self) -> bytes:
        """A random key that never leaves the ledger; Message-IDs are made with it."""

    def freeze(self, edition: FrozenEdition, planned: Iterable[Planned]) -> bool:
        """Write an edition and all its rows at once (I1); False if it was frozen before.

        `planned` is read once, row by row. Suppressed addresses get a row in that state.
        """

    def compare(self, edition_id: str, planned: Iterable[Planned], *, examples: int) -> Difference:
        """How `planned` differs from what was frozen; nothing changes."""

    def edition(self, edition_id: str) -> FrozenEdition | None:
        """What was frozen, or None."""

    def editions(self) -> list[Summary]:
        """Every frozen edition, oldest first."""

    def counts(self, edition_id: str) -> dict[str, int]:
        """`total`, then the number of rows in each of STATES; they add up (I9)."""

    def variant_counts(self, edition_id: str) -> dict[str, int]:
        """The number of rows of each variant, whatever their state."""

    def left_since(self, since: float) -> list[float]:
        """When copies of any edition were accepted, or may have been, after `since` (seconds since the epoch), sorted."""

    def deliveries(self, edition_id: str, states: Iterable[State], *, limit: int | None = None) -> list[Delivery]:
        """The first `limit` rows in any of `states`, in frozen order."""

    def find(self, edition_id: str, key: str) -> Delivery | None:
        """The row of one address, given as it is compared."""

    def hold(self, edition_id: str) -> Hold | None:
        """Whether somebody paused or cancelled the edition."""

    def pause(self, edition_id: str, actor: str) -> None:
        """Let no further window begin (I8), in this and every later run, until `resume`."""

    def resume(self, edition_id: str) -> None:
        """Take a pause back."""

    def cancel(self, edition_id: str, actor: str) -> int:
        """Let no further window begin, for good; how many waiting rows are cancelled now."""

    def suppress(self, suppressions: Sequence[Suppression]) -> int:
        """Never mail these addresses again, rows that wait included; how many are new."""

    def unsuppress(self, keys: Sequence[str]) -> int:
        """Forget suppressions; how many there were. Rows that are suppressed stay so (I4)."""

    def by_tokens(self, tokens: Collection[str]) -> Mapping[str, Delivery]:
        """The rows whose Message-ID has one of `tokens` before its @, by token."""

    def bounced(self, bounce: Bounce) -> bool:
        """Record that a copy came back, and suppress the address if that is for good; False if it was known."""

    def bounces(self, edition_id: str) -> tuple[int, int]:
        """How many copies came back for good, and how many for now."""

    def suppressions(self) -> list[Suppression]:
        """All of them, by address."""

    def suppression(self, key: str) -> Suppression | None:
        """That of one address, given as it is compared; None if there is none."""

    def exclusive(self) -> AbstractContextManager[RunLock]:
        """Hold the run lock: one send at a time.

        Raises:
            DeliveryError: another process holds it.
        """

    def is_running(self) -> bool:
        """Whether a process holds the run lock."""

    def journal_path(self, owner: str) -> Path:
        """Where the receipt journal of `owner` stands, on a local disk."""

    def journal_paths(self) -> list[Path]:
        """Every journal there is."""

    def claim(self, edition_id: str, owner: str, limit: int, now: float) -> list[Delivery]:
        """Take up to `limit` rows that are due at `now` (seconds since the epoch) for `owner`."""

    def begin(self, owner: str, rows: Sequence[Delivery]) -> frozenset[int]:
        """Turn rows into `sending` as `owner` claimed them (I2); the ids that may now be sent.

        None of an edition on hold (I8).
        """

    def record(self, owner: str, outcomes: Sequence[Outcome], now: float) -> None:
        """Write how tries of `owner` ended (I3).

        Also of rows that were taken for being in doubt meanwhile: who began them knows better.

        Raises:
            RowsLostError: a row is not `owner`'s any more, or its `fence` is another; the others are written.
        """

    def unfinished(self, owner: str) -> list[Delivery]:
        """Every claimed or sending row of `owner`; those in doubt, too, where another machine may have judged them."""

    def owners(self) -> list[str]:
        """Who holds claimed or sending rows."""

    def next_due(self, edition_id: str) -> float | None:
        """When the next pending or deferred row is due (0 = now), None if there is none."""

    def retry_now(self, edition_id: str, states: Sequence[State]) -> None:
        """Make every row in these of the waiting states due."""

    def resolve(self, edition_id: str, outcomes: Sequence[Outcome]) -> int:
        """Settle rows in doubt as accepted or pending, because a person or the relay's log says so; how many."""

    def release_in_doubt(self, edition_id: str) -> int:
        """Make all rows in doubt pending, because a person said so; how many."""
